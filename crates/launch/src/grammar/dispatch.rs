//! From a command's name to the grammar that reads its arguments.

use super::names::{is_utility, plain_name, without_version};
use super::{
    binary, bun, compiled, container, deno, dotnet, interpreters, java, managers, node, npm,
    python, remote, shell, source, source_word::SourceWord, tools, uv, windows, wrappers,
};
use crate::address::SCHEME;
use crate::judge::{Case, Class, paths, rules};
use crate::text;

/// One command with its arguments: the request itself, or a command inside another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// As written.
    pub(crate) command: &'a str,
    /// The launcher's name in lower case, without path, suffix and version.
    pub(crate) name: &'a str,
    pub(crate) args: &'a [String],
}

/// Reads one launcher's arguments.
pub(crate) type Grammar = fn(&Call<'_>, &mut Case<'_>) -> Class;

/// Every launcher that has a grammar. Names are lower case and without a version.
pub(crate) const LAUNCHERS: &[(&[&str], Grammar)] = &[
    (&["npx", "pnpx"], npm::npx),
    (&["npm"], npm::npm),
    (&["pnpm"], npm::pnpm),
    (&["yarn", "yarnpkg"], npm::yarn),
    (&["corepack"], npm::corepack),
    (&["bunx"], bun::bunx),
    (&["bun"], bun::bun),
    (&["deno"], deno::deno),
    (&["node", "nodejs"], node::node),
    (
        &["tsx", "ts-node", "ts-node-esm", "esno", "vite-node", "jiti"],
        node::script_runner,
    ),
    (
        &["python", "pythonw", "pypy", "py", "micropython", "graalpy"],
        python::python,
    ),
    (&["uvx"], uv::uvx),
    (&["uv"], uv::uv),
    (&["pipx"], uv::pipx),
    (&["docker", "podman", "nerdctl"], container::engine),
    (&["java", "javaw"], java::java),
    (&["jbang"], java::jbang),
    (&["dotnet"], dotnet::dotnet),
    (&["dnx"], dotnet::dnx),
    (&["go"], compiled::go),
    (&["cargo"], compiled::cargo),
    (&["bundle", "bundler"], interpreters::bundle),
    (interpreters::NAMES, interpreters::interpreter),
    (managers::NAMES, managers::manager),
    (wrappers::NAMES, wrappers::wrapper),
    (wrappers::PRIVILEGED, wrappers::privileged),
    (wrappers::TRACERS, wrappers::tracer),
    (&["env"], wrappers::env),
    (&["cmd"], windows::cmd),
    (&["powershell", "pwsh"], windows::powershell),
    (tools::NAMES, tools::tool),
];

fn grammar_of(name: &str) -> Option<(&'static str, Grammar)> {
    let find = |wanted: &str| {
        LAUNCHERS.iter().find_map(|(names, grammar)| {
            names
                .iter()
                .find(|known| **known == wanted)
                .map(|known| (*known, *grammar))
        })
    };
    find(name).or_else(|| find(without_version(name)))
}

/// Whether a name is that of a launcher, an interpreter, a shell or a tool: something that starts other things.
pub(crate) fn starts_others(name: &str) -> bool {
    grammar_of(name).is_some() || super::is_shell(name) || is_utility(name)
}

/// Says what a command with its arguments would start.
pub(crate) fn classify(command: &str, args: &[String], case: &mut Case<'_>) -> Class {
    if !case.enter() {
        return Class::Unknown;
    }
    if let Some(url) = command.strip_prefix(SCHEME) {
        return remote::remote(url, args, case);
    }
    // Its words hold what no program's name does.
    if SourceWord::is_one(command) {
        let name = "";
        return source::source(
            &Call {
                command,
                name,
                args,
            },
            case,
        );
    }
    if let Some(reference) = command.strip_prefix(container::SCHEME) {
        return container::image(reference, args, case);
    }
    if let Some(class) = refuse_odd_command(command, case) {
        return class;
    }
    let name = plain_name(command);
    let name = name.strip_suffix('.').unwrap_or(&name);
    if let Some((known, grammar)) = grammar_of(name) {
        judge_place(command, case);
        return grammar(
            &Call {
                command,
                name: known,
                args,
            },
            case,
        );
    }
    if super::is_shell(name) {
        judge_place(command, case);
        return shell::shell(
            &Call {
                command,
                name,
                args,
            },
            case,
        );
    }
    if is_utility(name) {
        return case.unknown(
            rules::SYSTEM_UTILITY,
            format!(
                "`{}` is a general program, not an MCP server",
                text::excerpt(command)
            ),
        );
    }
    binary::binary(
        &Call {
            command,
            name,
            args,
        },
        case,
    )
}

/// Commands that are not a name or a path of a program.
fn refuse_odd_command(command: &str, case: &mut Case<'_>) -> Option<Class> {
    let shown = text::excerpt(command);
    if command.trim() != command || command.is_empty() {
        return Some(case.unknown(
            rules::PADDED_COMMAND,
            format!("the command `{shown}` is empty or has space around it"),
        ));
    }
    if paths::is_url(command) {
        return Some(case.unknown(
            rules::REMOTE_CODE,
            format!("the command `{shown}` is an address"),
        ));
    }
    if is_packed(command) {
        let hint = "give the program as `command` and each word after it as one of `args`";
        return Some(case.unknown(
            rules::PACKED_COMMAND,
            format!("`{shown}` holds more than a program; {hint}"),
        ));
    }
    let name = paths::base_name(command);
    if text::is_mixed_script(name) || (!name.is_ascii() && !paths::is_path(command)) {
        return Some(case.unknown(
            rules::LOOK_ALIKE,
            format!("`{shown}` has letters that look like others"),
        ));
    }
    if matches!(name, "" | "." | "..") || command.starts_with('-') {
        return Some(case.unknown(rules::NO_PROGRAM, format!("`{shown}` names no program")));
    }
    None
}

/// Whether a command holds arguments or shell syntax. A path may have spaces in it; a name may not, and neither may
/// be followed by something that looks like an option.
fn is_packed(command: &str) -> bool {
    if text::is_variable(command) {
        return false;
    }
    if command.contains([';', '|', '&', '`', '"', '\'', '\n', '*', '?']) || command.contains("$(") {
        return true;
    }
    let mut words = command.split(' ');
    let first = words.next().unwrap_or(command);
    let spaced = command.contains(' ') || command.contains('=');
    let rest_is_args = words.any(|word| word.starts_with(['-', '@', '/']) || word.contains("://"));
    spaced && (!paths::is_absolute(first) || rest_is_args) && !command.contains('<')
}

/// A launcher named by path is only believed where launchers are installed.
fn judge_place(command: &str, case: &mut Case<'_>) {
    if !paths::is_path(command) {
        return;
    }
    let shown = text::excerpt(command);
    if !paths::is_absolute(command) {
        case.note(
            rules::RELATIVE_PROGRAM,
            format!("`{shown}` is another program in every directory"),
        );
    } else if !paths::is_program_place(command) {
        case.note(
            rules::MISPLACED_LAUNCHER,
            format!("`{shown}` has a launcher's name but is not where launchers are installed"),
        );
    }
}
