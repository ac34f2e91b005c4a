//! Programs that start another one: looked through where they change nothing that matters, refused where they do.

use super::dispatch::{Call, classify};
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Region, Slot, flags, inline, read, row, takes, values,
};
use crate::judge::{Case, Class, paths, rules};
use crate::text;

/// Wrappers that are looked through: what they set (priority, limits, buffering, a secret store) is not the server's identity.
pub(crate) const NAMES: &[&str] = &[
    "nice",
    "ionice",
    "timeout",
    "gtimeout",
    "nohup",
    "stdbuf",
    "gstdbuf",
    "setarch",
    "linux32",
    "linux64",
    "i386",
    "x86_64",
    "arch",
    "taskset",
    "chrt",
    "setsid",
    "time",
    "caffeinate",
    "unbuffer",
    "op",
    "doppler",
    "infisical",
    "dotenvx",
    "dotenv",
    "aws-vault",
    "chamber",
    "envchain",
    "wsl",
    "teller",
];
/// Wrappers whose work a launch cannot do without: they bring secrets, or start the program in another system. Judged
/// like the others, but nothing can stand in for them when the program is started directly.
pub(crate) const NEEDED: &[&str] = &[
    "op",
    "doppler",
    "infisical",
    "dotenvx",
    "dotenv",
    "aws-vault",
    "chamber",
    "envchain",
    "teller",
    "wsl",
];
/// Wrappers that change who the program runs as.
pub(crate) const PRIVILEGED: &[&str] = &[
    "sudo", "doas", "su", "runuser", "pkexec", "gosu", "su-exec", "setpriv", "run0", "sg", "runas",
    "gsudo", "please",
];
/// Wrappers that watch or control another program, or run it many times.
pub(crate) const TRACERS: &[&str] = &[
    "strace", "ltrace", "xargs", "parallel", "watch", "script", "expect", "entr",
];

struct Wrapper {
    names: &'static [&'static str],
    /// A word that has to come first, `run` or `exec`.
    subcommand: &'static str,
    /// Operands before the command.
    operands: usize,
    table: OptionTable,
}

const fn table(rows: &'static [&'static [Opt]]) -> OptionTable {
    OptionTable { style: GNU, rows }
}

static WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["wsl"],
        subcommand: "",
        operands: 0,
        table: table(&[&[values(&["-d", "--distribution"]), flags(&["-e", "--exec"])]]),
    },
    Wrapper {
        names: &["nice"],
        subcommand: "",
        operands: 0,
        table: table(&[&[
            values(&["-n", "--adjustment"]),
            flags(&["-0", "-5", "-10", "-15", "-19"]),
        ]]),
    },
    Wrapper {
        names: &["ionice"],
        subcommand: "",
        operands: 0,
        table: table(&[&[
            values(&["-c", "--class", "-n", "--classdata"]),
            flags(&["-t", "--ignore"]),
        ]]),
    },
    Wrapper {
        names: &["timeout", "gtimeout"],
        subcommand: "",
        operands: 1,
        table: table(&[&[
            values(&["-k", "--kill-after", "-s", "--signal"]),
            flags(&["--preserve-status", "--foreground", "-v", "--verbose"]),
        ]]),
    },
    Wrapper {
        names: &["nohup", "unbuffer"],
        subcommand: "",
        operands: 0,
        table: table(&[&[flags(&["-p"])]]),
    },
    Wrapper {
        names: &["stdbuf", "gstdbuf"],
        subcommand: "",
        operands: 0,
        table: table(&[&[values(&[
            "-i", "--input", "-o", "--output", "-e", "--error",
        ])]]),
    },
    Wrapper {
        names: &["setarch", "linux32", "linux64", "i386", "x86_64", "arch"],
        subcommand: "",
        operands: 0,
        table: table(&[&[
            flags(&[
                "-R",
                "--addr-no-randomize",
                "-3",
                "--3gb",
                "-L",
                "--addr-compat-layout",
                "-B",
                "--32bit",
                "-v",
                "--verbose",
                "-x86_64",
                "-arm64",
                "-arm64e",
                "-i386",
            ]),
            values(&["-arch"]),
        ]]),
    },
    Wrapper {
        names: &["taskset"],
        subcommand: "",
        operands: 1,
        table: table(&[&[flags(&["-c", "--cpu-list"])]]),
    },
    Wrapper {
        names: &["chrt"],
        subcommand: "",
        operands: 1,
        table: table(&[&[flags(&["-b", "-i", "-o", "-r", "-f", "-R"])]]),
    },
    Wrapper {
        names: &["setsid"],
        subcommand: "",
        operands: 0,
        table: table(&[&[flags(&["-w", "--wait", "-c", "--ctty", "-f", "--fork"])]]),
    },
    Wrapper {
        names: &["time"],
        subcommand: "",
        operands: 0,
        table: table(&[&[flags(&["-p", "-v", "-q", "-l"])]]),
    },
    Wrapper {
        names: &["caffeinate"],
        subcommand: "",
        operands: 0,
        table: table(&[&[flags(&["-d", "-i", "-m", "-s", "-u"])]]),
    },
    Wrapper {
        names: &["op"],
        subcommand: "run",
        operands: 0,
        table: table(&[&[
            flags(&["--no-masking", "--cache"]),
            takes(Slot::Env, &["--env-file"]),
            values(&["--account", "--environment"]),
        ]]),
    },
    Wrapper {
        names: &["doppler", "infisical", "teller"],
        subcommand: "run",
        operands: 0,
        table: table(&[&[
            flags(&["--silent", "--no-fallback", "--preserve-env", "--recursive"]),
            values(&[
                "-p",
                "--project",
                "-c",
                "--config",
                "-e",
                "--env",
                "--path",
                "--projectId",
                "--scope",
            ]),
            row(Arity::Value, Effect::Inline, &["--command"]),
            row(
                Arity::Value,
                Effect::Noted(rules::READS_SETTINGS),
                &["--api-host", "--domain", "--fallback", "--mount"],
            ),
        ]]),
    },
    Wrapper {
        names: &["dotenvx"],
        subcommand: "run",
        operands: 0,
        table: table(&[&[
            flags(&["--quiet", "-q", "--overload", "-o"]),
            takes(Slot::Env, &["-f", "--env-file", "-fk"]),
            values(&["--convention"]),
        ]]),
    },
    Wrapper {
        names: &["dotenv"],
        subcommand: "",
        operands: 0,
        table: table(&[&[
            flags(&["-o"]),
            takes(Slot::Env, &["-e", "-f", "-p"]),
            inline(&["-c"]),
        ]]),
    },
    Wrapper {
        names: &["aws-vault", "chamber"],
        subcommand: "exec",
        operands: 1,
        table: table(&[&[
            flags(&["-n", "--no-session", "--json", "--debug"]),
            values(&["-d", "--duration", "--region", "--backend"]),
        ]]),
    },
    Wrapper {
        names: &["envchain"],
        subcommand: "",
        operands: 1,
        table: table(&[&[]]),
    },
];

/// Looks through a wrapper: `timeout 30 npx …`, `op run --env-file F -- uvx …`.
pub(crate) fn wrapper(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let Some(known) = WRAPPERS
        .iter()
        .find(|known| known.names.contains(&call.name))
    else {
        return case.unknown(
            rules::RUNS_PROGRAMS,
            format!("`{}` runs other programs", text::excerpt(call.command)),
        );
    };
    let mut words = call.args;
    // wsl hands its words to a shell of the other system.
    let shell_reads =
        |word: &String| text::has_shell_syntax(word) || word.contains(['$', '\'', '"']);
    if call.name == "wsl" && words.iter().any(shell_reads) {
        return case.inline("wsl");
    }
    if !known.subcommand.is_empty() {
        match words.split_first() {
            Some((first, rest)) if first == known.subcommand => words = rest,
            _ => {
                return case.unknown(
                    rules::UNKNOWN_LAUNCHER,
                    format!("this use of `{}` starts no server", call.name),
                );
            }
        }
    }
    let region = read(&known.table, words, case);
    if !region.understood() {
        return if region.inline {
            Class::InlineCode
        } else {
            Class::Unknown
        };
    }
    for file in region.all(Slot::Env) {
        if paths::is_temporary(file) || paths::is_stream(file) {
            case.note(
                rules::READS_SETTINGS,
                format!("variables are read from `{}`", text::excerpt(file)),
            );
        } else {
            case.note(
                rules::SECRET_PROVIDER,
                format!("variables are read from `{}`", text::excerpt(file)),
            );
        }
    }
    let operands = region.rest.iter().take(known.operands);
    let named = !known.subcommand.is_empty() || known.names.contains(&"envchain");
    if operands.clone().any(|word| {
        word.starts_with('-') || !(named || word.starts_with(|c: char| c.is_ascii_digit()))
    }) {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`{}` is given a word that it does not take", call.name),
        );
    }
    let rest = behind_operands(known, &region);
    case.wrappers.push(call.name.to_owned());
    inner(call, rest, case)
}

fn behind_operands<'a>(known: &Wrapper, region: &Region<'a>) -> &'a [String] {
    let mut rest = region.rest.get(known.operands..).unwrap_or(&[]);
    // `setarch x86_64 -R program` names an architecture first.
    let architecture = [
        "x86_64", "i386", "i686", "linux32", "linux64", "aarch64", "arm64",
    ];
    if known.names.contains(&"setarch")
        && rest
            .first()
            .is_some_and(|word| architecture.contains(&word.as_str()))
    {
        rest = rest.get(1..).unwrap_or(&[]);
        rest = rest
            .iter()
            .position(|word| !word.starts_with('-'))
            .and_then(|at| rest.get(at..))
            .unwrap_or(&[]);
    }
    rest.split_first()
        .filter(|(first, _)| *first == "--")
        .map_or(rest, |(_, rest)| rest)
}

fn inner(call: &Call<'_>, rest: &[String], case: &mut Case<'_>) -> Class {
    match rest.split_first() {
        Some((command, args)) => classify(command, args, case),
        None => case.unknown(
            rules::NO_PROGRAM,
            format!("`{}` is given nothing to start", call.name),
        ),
    }
}

static ENV_ROWS: &[Opt] = &[
    flags(&[
        "-i",
        "--ignore-environment",
        "-0",
        "--null",
        "-v",
        "--debug",
    ]),
    takes(Slot::Unset, &["-u", "--unset"]),
    inline(&["-S", "--split-string", "-vS"]),
    row(
        Arity::Value,
        Effect::Noted(rules::CWD_SHADOWS),
        &["-C", "--chdir", "-P"],
    ),
    row(
        Arity::Joined,
        Effect::Fine,
        &["--default-signal", "--ignore-signal", "--block-signal"],
    ),
];
static ENV: OptionTable = OptionTable {
    style: GNU,
    rows: &[ENV_ROWS],
};

/// `env [options] [NAME=value]… command [args]`: the variables become the request's.
pub(crate) fn env(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let region = read(&ENV, call.args, case);
    if !region.understood() {
        return if region.inline {
            Class::InlineCode
        } else {
            Class::Unknown
        };
    }
    let mut rest = region.rest;
    if rest.first().is_some_and(|first| first == "-") {
        rest = rest.get(1..).unwrap_or(&[]);
    }
    while let Some(((name, value), after)) = rest
        .split_first()
        .and_then(|(first, after)| Some((first.split_once('=')?, after)))
    {
        crate::environment::judge_variable(name, value, case);
        case.env.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    case.wrappers.push("env".to_owned());
    inner(call, rest, case)
}

/// Nothing starts with more rights than the client has.
pub(crate) fn privileged(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    case.unknown(
        rules::PRIVILEGE,
        format!(
            "`{}` changes who the program runs as",
            text::excerpt(call.command)
        ),
    )
}

/// Nothing is traced, repeated or driven at launch.
pub(crate) fn tracer(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    case.unknown(
        rules::RUNS_PROGRAMS,
        format!(
            "`{}` runs and controls other programs",
            text::excerpt(call.command)
        ),
    )
}
