//! The grammars of launchers: what a command line of each of them means.
//!
//! One file a family. Options are data (tables with arity and effect, read by one region parser); code says only
//! what the operands mean. A launcher that is not here is a plain program.

mod binary;
mod bun;
mod compiled;
mod container;
mod container_options;
mod deno;
mod dispatch;
mod dotnet;
mod forge;
mod interpreters;
mod java;
mod managers;
mod mount;
mod names;
mod node;
mod normal_form;
mod npm;
mod npm_options;
mod options;
mod package;
mod popular;
mod python;
mod registry;
mod remote;
mod requirement;
mod script;
mod shell;
mod source;
mod source_word;
mod tools;
mod uv;
mod uv_options;
mod windows;
pub(crate) mod wrappers;

pub(crate) use dispatch::{classify, starts_others};
pub use forge::{at_commit, in_own_word};
pub(crate) use java::judge_java_options;
pub(crate) use names::{is_shell, plain_name};
pub(crate) use node::judge_node_options;
pub use popular::{looks_like, skeleton};
pub(crate) use python::judge_warnings;
pub(crate) use registry::judge_registry;
pub(crate) use source_word::is_commit;
pub use source_word::{SourceKind, SourceWord, SourceWordError};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::options::OptionTable;
    use super::{container_options, npm_options, uv_options};

    /// A name in two rows would make the second a dead letter.
    #[test]
    fn no_table_has_a_name_twice() {
        let tables: [(&str, &OptionTable); 10] = [
            ("npx", &npm_options::NPX),
            ("npm", &npm_options::NPM),
            ("pnpm", &npm_options::PNPM),
            ("yarn", &npm_options::YARN),
            ("uv", &uv_options::UV),
            ("uvx", &uv_options::UVX),
            ("uv run", &uv_options::UV_RUN),
            ("pipx", &uv_options::PIPX),
            ("docker run", &container_options::RUN),
            ("gateway", &container_options::GATEWAY),
        ];
        for (launcher, table) in tables {
            let mut seen = HashSet::new();
            for name in table.names() {
                assert!(name.starts_with('-'), "{launcher} {name}");
                assert!(seen.insert(name), "{launcher} has {name} twice");
            }
        }
    }
}
