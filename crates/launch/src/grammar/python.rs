//! python and its kin: a script, a module, an installed tool.
//!
//! Options from `python --help-all` of CPython 3.14 and older releases in use.

use super::dispatch::Call;
use super::names::is_python_tool_module;
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, ends, flags, inline, judged, read, row, values,
};
use super::script::Script;
use crate::judge::{Case, Class, CwdRole, ScriptKind, ScriptRef, rules};
use crate::text;

static ROWS: &[Opt] = &[
    flags(&[
        "-u", "-B", "-E", "-I", "-s", "-S", "-O", "-q", "-v", "-b", "-d", "-P", "-R", "-OO", "-bb",
    ]),
    values(&["--check-hash-based-pycs"]),
    judged(judge_warnings, &["-W"]),
    judged(judge_x, &["-X"]),
    inline(&["-c"]),
    ends(Slot::Module, &["-m"]),
    row(Arity::Flag, Effect::Noted(rules::STDIN_PROGRAM), &["-i"]),
    row(
        Arity::Flag,
        Effect::Noted(rules::UNKNOWN_OPTION),
        &["-x", "-t", "-J"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &[
            "-h",
            "-?",
            "--help",
            "--help-env",
            "--help-xoptions",
            "--help-all",
            "-V",
            "--version",
        ],
    ),
];
static PYTHON: OptionTable = OptionTable {
    style: GNU,
    rows: &[ROWS],
};

const EXTENSIONS: &[&str] = &["py", "pyw"];

/// `python [options] script|-m module [args]`.
pub(crate) fn python(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let args = match call.args.split_first() {
        Some((first, rest)) if call.name == "py" && is_version_choice(first) => rest,
        _ => call.args,
    };
    let region = read(&PYTHON, args, case);
    if region.inline {
        return Class::InlineCode;
    }
    if region.unknown {
        return Class::Unknown;
    }
    if let Some(module) = region.last(Slot::Module) {
        return match judge_module(module, case) {
            Some(class) => class,
            None => {
                case.judge_cwd(CwdRole::Shadows);
                let mut class = module_class(
                    call.command,
                    ScriptKind::Module,
                    module,
                    None,
                    Vec::new(),
                    region.rest,
                );
                if let Class::Script(script) = &mut class {
                    script.options = region.kept;
                }
                class
            }
        };
    }
    let Some((path, args)) = region.rest.split_first() else {
        return case.unknown(
            rules::STDIN_PROGRAM,
            format!(
                "`{}` without a script reads its program from the client",
                text::excerpt(call.command)
            ),
        );
    };
    Script {
        interpreter: call.command,
        kind: ScriptKind::File,
        path,
        extensions: EXTENSIONS,
        project: None,
        options: region.kept,
        with: Vec::new(),
        args,
        cwd: CwdRole::Shadows,
    }
    .judge(case)
}

/// The launcher of Windows picks a version first: `py -3.12 -m server`.
fn is_version_choice(word: &str) -> bool {
    let version = word
        .strip_prefix("-V:")
        .or_else(|| word.strip_prefix('-'))
        .unwrap_or("");
    version.starts_with(|c: char| c.is_ascii_digit())
        && version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'/'))
}

/// Judges a module's name. A class when it cannot be a server.
pub(crate) fn judge_module(module: &str, case: &mut Case<'_>) -> Option<Class> {
    let shown = text::excerpt(module);
    let plain = !module.is_empty()
        && module.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        })
        && !module.starts_with(['-', '.']);
    if !plain && !text::is_variable(module) {
        return Some(case.unknown(
            rules::BAD_PACKAGE_NAME,
            format!("`{shown}` is no module's name"),
        ));
    }
    is_python_tool_module(module).then(|| {
        case.unknown(
            rules::RUNS_PROGRAMS,
            format!("the module `{shown}` is a tool, not a server"),
        )
    })
}

/// A module or an entry of a project, whose place is not a path.
pub(crate) fn module_class(
    interpreter: &str,
    kind: ScriptKind,
    path: &str,
    project: Option<&str>,
    with: Vec<String>,
    args: &[String],
) -> Class {
    Class::Script(ScriptRef {
        interpreter: interpreter.to_owned(),
        kind,
        path: path.to_owned(),
        project: project.map(str::to_owned),
        options: Vec::new(),
        with,
        args: args.to_vec(),
    })
}

/// Actions of Python's warnings filter that stand alone. With a category, Python imports the category's module.
const WARNING_ACTIONS: &[&str] = &[
    "default", "error", "always", "all", "module", "once", "ignore", "d", "e", "a", "m", "o", "i",
    "",
];
/// Categories that are built in, lower case.
const WARNING_CATEGORIES: &[&str] = &[
    "",
    "deprecationwarning",
    "userwarning",
    "futurewarning",
    "resourcewarning",
    "runtimewarning",
    "syntaxwarning",
    "importwarning",
    "pendingdeprecationwarning",
    "unicodewarning",
    "byteswarning",
    "encodingwarning",
    "warning",
];

/// `-W` and PYTHONWARNINGS: `action:message:category:module:line`, comma-separated.
pub(crate) fn judge_warnings(value: &str, case: &mut Case<'_>) {
    let fine = value.split(',').all(|filter| {
        let mut parts = filter.trim().split(':');
        let action = parts.next().unwrap_or("");
        let category = parts.nth(1).unwrap_or("").to_ascii_lowercase();
        WARNING_ACTIONS.contains(&action) && WARNING_CATEGORIES.contains(&category.trim())
    });
    if !fine {
        case.note(
            rules::PRELOAD,
            format!(
                "the warnings filter `{}` imports a module",
                text::excerpt(value)
            ),
        );
    }
}

/// `-X` settings that change nothing about which code runs.
const X_SETTINGS: &[&str] = &[
    "utf8",
    "dev",
    "faulthandler",
    "importtime",
    "no_debug_ranges",
    "frozen_modules",
    "tracemalloc",
    "showrefcount",
    "warn_default_encoding",
    "int_max_str_digits",
    "gil",
    "thread_inherit_context",
    "context_aware_warnings",
    "cpu_count",
];

fn judge_x(value: &str, case: &mut Case<'_>) {
    let name = value.split('=').next().unwrap_or(value);
    if !X_SETTINGS.contains(&name) {
        case.note(
            rules::UNKNOWN_OPTION,
            format!("`-X {}` is not known here", text::excerpt(value)),
        );
    }
}
