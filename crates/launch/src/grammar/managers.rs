//! Environment and version managers: they find a project's or a version's program and run it.
//!
//! The command behind them is judged as if it stood alone, within the project that they were given.

use super::dispatch::{Call, classify};
use super::names::plain_name;
use super::options::{Arity, Effect, GNU, Opt, OptionTable, Slot, flags, read, row, takes, values};
use super::package::note_version;
use super::uv::environment_command;
use crate::judge::{Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, paths, rules};
use crate::text;

/// The managers of this file.
pub(crate) const NAMES: &[&str] = &[
    "poetry",
    "hatch",
    "rye",
    "pdm",
    "pipenv",
    "conda",
    "mamba",
    "micromamba",
    "pixi",
    "mise",
    "rtx",
    "volta",
    "fnm",
    "asdf",
    "nix",
    "direnv",
];

static ROWS: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "-n",
        "--no-interaction",
        "--no-ansi",
        "--no-capture-output",
        "--live-stream",
        "--locked",
        "--frozen",
        "--no-plugins",
        "--no-install",
        "-y",
        "--yes",
        "--no-color",
        "--offline",
        "--as-is",
        "--no-deps",
        "--raw",
        "--silent",
    ]),
    values(&[
        "-n",
        "--name",
        "-e",
        "--env",
        "--environment",
        "--node",
        "--npm",
        "--yarn",
        "--pnpm",
        "--using",
        "-j",
        "--jobs",
        "--log-level",
    ]),
    takes(
        Slot::Directory,
        &[
            "-C",
            "-P",
            "-p",
            "--directory",
            "--project",
            "--prefix",
            "--cwd",
            "--manifest-path",
            "--cd",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--config",
            "--settings-file",
            "--root-prefix",
            "--rc-file",
            "--fnm-dir",
        ],
    ),
    row(Arity::Value, Effect::Inline, &["-c", "--command"]),
];
static MANAGER: OptionTable = OptionTable {
    style: GNU,
    rows: &[ROWS],
};

/// conda reads `-n NAME`; poetry's `-n` stands alone.
static CONDA_ROWS: &[Opt] = &[
    values(&["-n", "--name"]),
    takes(Slot::Directory, &["-p", "--prefix"]),
];
static CONDA: OptionTable = OptionTable {
    style: GNU,
    rows: &[CONDA_ROWS, ROWS],
};

/// The subcommand that runs a program, by manager.
fn run_word(name: &str) -> &'static [&'static str] {
    match name {
        "mise" | "rtx" => &["exec", "x"],
        "fnm" | "asdf" | "direnv" => &["exec"],
        _ => &["run"],
    }
}

/// `poetry -C DIR run NAME`, `conda run -n ENV python -m x`, `mise exec node@22 -- npx …`, `nix run REF -- …`.
pub(crate) fn manager(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    if call.name == "nix" {
        return nix(call, case);
    }
    let table = if matches!(call.name, "conda" | "mamba" | "micromamba") {
        &CONDA
    } else {
        &MANAGER
    };
    let head = read(table, call.args, case);
    let Some((command, rest)) = head.rest.split_first().filter(|(command, _)| {
        head.understood() && run_word(call.name).contains(&command.as_str())
    }) else {
        return if head.inline {
            Class::InlineCode
        } else {
            case.unknown(
                rules::UNKNOWN_LAUNCHER,
                format!("this use of `{}` starts no server", call.name),
            )
        };
    };
    let _ = command;
    let region = read(table, rest, case);
    if !region.understood() {
        return if region.inline {
            Class::InlineCode
        } else {
            Class::Unknown
        };
    }
    let words = skip_versions(call.name, region.rest);
    let Some((program, args)) = words.split_first() else {
        return case.unknown(
            rules::NO_PROGRAM,
            format!("`{}` is given nothing to start", call.name),
        );
    };
    let directory = region.last(Slot::Directory).or(head.last(Slot::Directory));
    let manages_versions = matches!(
        call.name,
        "mise" | "rtx" | "volta" | "fnm" | "asdf" | "conda" | "mamba" | "micromamba"
    );
    if manages_versions {
        if let Some(directory) = directory.filter(|d| paths::is_temporary(d)) {
            case.note(
                rules::CWD_TEMPORARY,
                format!("`{}` lies where anyone may write", text::excerpt(directory)),
            );
        }
        return classify(program, args, case);
    }
    let runner = format!("{} run", call.name);
    // `hatch run env:command` names an environment first.
    let program = if call.name == "hatch" {
        program.rsplit(':').next().unwrap_or(program)
    } else {
        program
    };
    environment_command(&runner, program, args, directory, Vec::new(), case)
}

/// `mise exec node@22 python@3.12 -- command`: the tools before `--`.
fn skip_versions<'a>(name: &str, words: &'a [String]) -> &'a [String] {
    if !matches!(name, "mise" | "rtx") {
        return words
            .split_first()
            .filter(|(first, _)| *first == "--")
            .map_or(words, |(_, rest)| rest);
    }
    let tools = words
        .iter()
        .take_while(|word| word.contains('@') && !paths::is_path(word))
        .count();
    let rest = words.get(tools..).unwrap_or(&[]);
    rest.split_first()
        .filter(|(first, _)| *first == "--")
        .map_or(rest, |(_, rest)| rest)
}

static NIX_ROWS: &[Opt] = &[
    flags(&[
        "--quiet",
        "-v",
        "--verbose",
        "--refresh",
        "--offline",
        "--no-write-lock-file",
        "-L",
        "--print-build-logs",
    ]),
    values(&[
        "--log-format",
        "--experimental-features",
        "--extra-experimental-features",
    ]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-f",
            "--file",
            "--override-input",
            "--inputs-from",
            "--option",
            "--builders",
            "--store",
            "--arg",
            "--argstr",
            "--expr",
            "--include",
            "-I",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::PRELOAD),
        &["--impure", "--accept-flake-config"],
    ),
];
static NIX: OptionTable = OptionTable {
    style: GNU,
    rows: &[NIX_ROWS],
};

/// `nix run nixpkgs#name`, `nix run github:owner/repo[/rev][#name]`.
fn nix(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let head = read(&NIX, call.args, case);
    let Some((_, rest)) = head
        .rest
        .split_first()
        .filter(|(run, _)| *run == "run" && !head.unknown)
    else {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            "this use of `nix` starts no server",
        );
    };
    let region = read(&NIX, rest, case);
    let Some((reference, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        return case.unknown(
            rules::NO_PROGRAM,
            "`nix run` is given nothing that is understood",
        );
    };
    case.judge_cwd(CwdRole::Shadows);
    let plain = reference.bytes().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'#' | b'+')
    });
    let published = ["nixpkgs#", "nixpkgs/", "github:", "gitlab:"]
        .iter()
        .any(|prefix| reference.starts_with(prefix));
    if !plain || !published || reference.contains("..") {
        return case.unknown(
            rules::LOCAL_PACKAGE,
            format!("`{}` is not a published flake", text::excerpt(reference)),
        );
    }
    case.note(
        rules::VCS_SOURCE,
        format!("`{}` is built from a repository", text::excerpt(reference)),
    );
    note_version(false, reference, case);
    let args = args
        .split_first()
        .filter(|(first, _)| *first == "--")
        .map_or(args, |(_, rest)| rest);
    Class::Package(PackageRef {
        ecosystem: Ecosystem::Nix,
        runner: "nix run".to_owned(),
        name: plain_reference(reference).to_owned(),
        spec: None,
        bin: reference.split_once('#').map(|(_, name)| plain_name(name)),
        extras: Vec::new(),
        with: Vec::new(),
        source: Some(reference.clone()),
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: args.to_vec(),
    })
}

fn plain_reference(reference: &str) -> &str {
    reference.split('#').next().unwrap_or(reference)
}
