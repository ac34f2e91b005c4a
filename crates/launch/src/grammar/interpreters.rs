//! Ruby, Bundler, PHP, Perl and other interpreters that run a file: one table of options each, one reading for all.

use super::dispatch::{Call, starts_others};
use super::names::plain_name;
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, flags, inline, judged, read, row, takes, values,
};
use super::script::Script;
use super::uv::environment_command;
use crate::judge::{Case, Class, CwdRole, ScriptKind, rules};
use crate::text;

/// The interpreters of this file, without versions.
pub(crate) const NAMES: &[&str] = &[
    "ruby",
    "jruby",
    "truffleruby",
    "php",
    "perl",
    "lua",
    "luajit",
    "rscript",
    "julia",
    "elixir",
    "swift",
    "groovy",
    "kotlin",
    "scala",
    "crystal",
    "racket",
    "raku",
    "tclsh",
    "wish",
    "octave",
    "gjs",
    "guile",
    "clojure",
    "clj",
    "bb",
    "ghci",
    "runghc",
    "runhaskell",
    "ocaml",
    "swipl",
    "sbcl",
    "clisp",
    "jshell",
    "jrunscript",
    "fennel",
    "janet",
];

struct Interpreter {
    names: &'static [&'static str],
    table: OptionTable,
    extensions: &'static [&'static str],
}

static RUBY: &[Opt] = &[
    flags(&[
        "-w",
        "-W0",
        "-W1",
        "-W2",
        "-v",
        "--yjit",
        "--jit",
        "--disable-gems",
        "--disable-did_you_mean",
        "-U",
        "--enable-frozen-string-literal",
    ]),
    values(&[
        "-E",
        "--encoding",
        "--external-encoding",
        "--internal-encoding",
    ]),
    row(Arity::Joined, Effect::Fine, &["-W", "-K"]),
    inline(&["-e"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &["-r", "-I", "-C", "-x", "-F"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::STDIN_PROGRAM),
        &["-n", "-p", "-a", "-l", "-s", "-S", "-i"],
    ),
];
static PHP: &[Opt] = &[
    flags(&["-n", "-q", "-H", "--no-header"]),
    takes(Slot::Main, &["-f", "--file"]),
    judged(judge_php_setting, &["-d", "--define"]),
    inline(&[
        "-r",
        "--run",
        "-B",
        "-R",
        "-E",
        "--process-begin",
        "--process-code",
        "--process-end",
    ]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-c",
            "--php-ini",
            "-z",
            "--zend-extension",
            "-F",
            "--process-file",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::UNKNOWN_OPTION),
        &["-S", "--server", "-t", "--docroot"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::STDIN_PROGRAM),
        &["-a", "--interactive"],
    ),
];
static PERL: &[Opt] = &[
    flags(&["-w", "-W", "-X", "-T", "-t", "-U", "-u"]),
    row(Arity::Joined, Effect::Fine, &["-C"]),
    inline(&["-e", "-E"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &["-M", "-m", "-I", "-d", "-D", "-x", "-F", "-V"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::STDIN_PROGRAM),
        &["-n", "-p", "-a", "-l", "-s", "-S", "-i", "-c"],
    ),
];
/// Interpreters whose options no server needs: only `FILE [args]` is understood.
static PLAIN: &[Opt] = &[
    flags(&[
        "--vanilla",
        "--no-save",
        "--no-restore",
        "--slave",
        "--quiet",
        "--startup-file=no",
    ]),
    inline(&["-e", "--eval", "-E", "--print"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &["-l", "-r", "-i", "-L", "--load", "--require"],
    ),
];

static INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: &["ruby", "jruby", "truffleruby"],
        table: OptionTable {
            style: GNU,
            rows: &[RUBY],
        },
        extensions: &["rb"],
    },
    Interpreter {
        names: &["php"],
        table: OptionTable {
            style: GNU,
            rows: &[PHP],
        },
        extensions: &["php"],
    },
    Interpreter {
        names: &["perl"],
        table: OptionTable {
            style: GNU,
            rows: &[PERL],
        },
        extensions: &["pl", "perl"],
    },
    Interpreter {
        names: &["lua", "luajit"],
        table: OptionTable {
            style: GNU,
            rows: &[PLAIN],
        },
        extensions: &["lua"],
    },
    Interpreter {
        names: &["rscript"],
        table: OptionTable {
            style: GNU,
            rows: &[PLAIN],
        },
        extensions: &["r"],
    },
    Interpreter {
        names: &["julia"],
        table: OptionTable {
            style: GNU,
            rows: &[PLAIN],
        },
        extensions: &["jl"],
    },
    Interpreter {
        names: &["elixir"],
        table: OptionTable {
            style: GNU,
            rows: &[PLAIN],
        },
        extensions: &["exs"],
    },
];

/// PHP settings that change limits and output only.
const PHP_SETTINGS: &[&str] = &[
    "memory_limit",
    "max_execution_time",
    "display_errors",
    "error_reporting",
    "log_errors",
    "html_errors",
    "date.timezone",
    "xdebug.mode",
    "output_buffering",
    "default_charset",
];

fn judge_php_setting(value: &str, case: &mut Case<'_>) {
    let name = value.split('=').next().unwrap_or(value);
    if !PHP_SETTINGS.contains(&name) {
        case.note(
            rules::PRELOAD,
            format!("the setting `{}` can load code", text::excerpt(value)),
        );
    }
}

/// `ruby file.rb [args]` and the like.
pub(crate) fn interpreter(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let Some(known) = INTERPRETERS
        .iter()
        .find(|known| known.names.contains(&call.name))
    else {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!(
                "`{}` runs source text in ways that are not known here",
                text::excerpt(call.command)
            ),
        );
    };
    let region = read(&known.table, call.args, case);
    if region.inline {
        return Class::InlineCode;
    }
    if region.unknown {
        return Class::Unknown;
    }
    let (path, args) = match (region.last(Slot::Main), region.rest.split_first()) {
        (Some(path), _) => (path, region.rest),
        (None, Some((path, args))) => (path.as_str(), args),
        (None, None) => {
            return case.unknown(
                rules::STDIN_PROGRAM,
                format!(
                    "`{}` without a script reads its program from the client",
                    text::excerpt(call.command)
                ),
            );
        }
    };
    // Laravel's and Symfony's console programs have no suffix.
    let console = call.name == "php"
        && matches!(
            plain_name(path).as_str(),
            "artisan" | "console" | "spark" | "hyperf.php"
        );
    Script {
        interpreter: call.command,
        kind: ScriptKind::File,
        path,
        extensions: if console { &[] } else { known.extensions },
        project: None,
        options: region.kept,
        with: Vec::new(),
        args,
        cwd: CwdRole::Project,
    }
    .judge(case)
}

/// `bundle exec ruby file.rb`: the command is judged as if it stood alone.
pub(crate) fn bundle(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let Some((exec, rest)) = call.args.split_first().filter(|(exec, _)| *exec == "exec") else {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            "`bundle` without `exec` starts no server",
        );
    };
    let _ = exec;
    let Some((command, args)) = rest
        .split_first()
        .filter(|(command, _)| !command.starts_with('-'))
    else {
        return case.unknown(
            rules::NO_PROGRAM,
            "`bundle exec` is given nothing that is understood",
        );
    };
    let name = plain_name(command);
    if starts_others(&name) && !matches!(name.as_str(), "ruby" | "jruby" | "truffleruby") {
        let class = super::classify(command, args, case);
        case.note(
            rules::RUNS_PROGRAMS,
            format!(
                "`bundle exec {}` runs other programs",
                text::excerpt(command)
            ),
        );
        return if class == Class::InlineCode {
            class
        } else {
            Class::Unknown
        };
    }
    if starts_others(&name) {
        return super::classify(command, args, case);
    }
    environment_command("bundle exec", command, args, None, Vec::new(), case)
}
