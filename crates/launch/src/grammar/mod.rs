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
mod interpreters;
mod java;
mod managers;
mod mount;
mod names;
mod node;
mod npm;
mod npm_options;
mod options;
mod package;
mod python;
mod script;
mod shell;
mod tools;
mod uv;
mod uv_options;
mod windows;
mod wrappers;

pub(crate) use dispatch::classify;
pub(crate) use java::judge_java_options;
pub(crate) use names::is_shell;
pub(crate) use node::judge_node_options;
pub(crate) use package::judge_registry;
pub(crate) use python::judge_warnings;
