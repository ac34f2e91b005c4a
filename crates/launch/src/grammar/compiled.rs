//! go run and cargo run: a program built from source before it starts. Options from `go help build` of Go 1.25 and
//! `cargo run --help` of Cargo 1.90.

use super::dispatch::Call;
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, SINGLE_DASH, Slot, flags, read, row, takes, values,
};
use super::package::note_version;
use super::script::{Script, refuse_odd_path};
use crate::judge::{
    Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, paths, rules,
};
use crate::text;

static GO_ROWS: &[Opt] = &[
    flags(&[
        "-a",
        "-n",
        "-race",
        "-v",
        "-x",
        "-trimpath",
        "-work",
        "-buildvcs",
        "-modcacherw",
        "-linkshared",
        "-msan",
        "-asan",
    ]),
    values(&[
        "-p",
        "-tags",
        "-mod",
        "-buildmode",
        "-compiler",
        "-covermode",
    ]),
    takes(Slot::Directory, &["-C"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-exec",
            "-toolexec",
            "-overlay",
            "-modfile",
            "-ldflags",
            "-gcflags",
            "-asmflags",
            "-gccgoflags",
            "-pkgdir",
            "-installsuffix",
            "-pgo",
        ],
    ),
];
static GO: OptionTable = OptionTable {
    style: SINGLE_DASH,
    rows: &[GO_ROWS],
};

/// `go run [options] module@version|directory [args]`.
pub(crate) fn go(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let head = read(&GO, call.args, case);
    let Some((command, rest)) = head
        .rest
        .split_first()
        .filter(|(command, _)| !head.unknown && *command == "run")
    else {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            "`go` without `run` starts no server",
        );
    };
    let _ = command;
    let region = read(&GO, rest, case);
    let Some((target, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        return case.unknown(
            rules::NO_PROGRAM,
            "`go run` is given nothing that is understood",
        );
    };
    if let Some(class) = refuse_odd_path(target, case) {
        return class;
    }
    match target.split_once('@') {
        Some((module, version)) => go_module(module, version, args, case),
        None => {
            let project = region.last(Slot::Directory).or(head.last(Slot::Directory));
            Script {
                interpreter: call.command,
                kind: ScriptKind::Project,
                path: target,
                extensions: &[],
                project,
                options: region.kept,
                with: Vec::new(),
                args,
                cwd: CwdRole::Project,
            }
            .judge(case)
        }
    }
}

fn go_module(module: &str, version: &str, args: &[String], case: &mut Case<'_>) -> Class {
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'+'))
    };
    let host = module.split('/').next().unwrap_or("");
    if !host.contains('.')
        || !module.split('/').all(word)
        || module.contains("..")
        || !word(version)
    {
        return case.unknown(
            rules::BAD_PACKAGE_NAME,
            format!(
                "`{}@{}` is no module",
                text::excerpt(module),
                text::excerpt(version)
            ),
        );
    }
    case.judge_cwd(CwdRole::Shadows);
    note_version(
        version.starts_with('v') && version.matches('.').count() >= 2,
        &format!("{module}@{version}"),
        case,
    );
    Class::Package(PackageRef {
        ecosystem: Ecosystem::Go,
        runner: "go run".to_owned(),
        name: module.to_owned(),
        spec: Some(version.to_owned()),
        bin: None,
        extras: Vec::new(),
        with: Vec::new(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: args.to_vec(),
    })
}

static CARGO_ROWS: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "-r",
        "--release",
        "--all-features",
        "--no-default-features",
        "--offline",
        "--locked",
        "--frozen",
        "--keep-going",
        "--ignore-rust-version",
    ]),
    values(&[
        "-p",
        "--package",
        "--bin",
        "--example",
        "-F",
        "--features",
        "-j",
        "--jobs",
        "--profile",
        "--color",
        "--message-format",
    ]),
    takes(Slot::Directory, &["--manifest-path", "-C"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--config",
            "-Z",
            "--target",
            "--target-dir",
            "--artifact-dir",
            "--lockfile-path",
        ],
    ),
];
static CARGO: OptionTable = OptionTable {
    style: GNU,
    rows: &[CARGO_ROWS],
};

/// `cargo [+toolchain] run --manifest-path FILE [options] [-- args]`.
pub(crate) fn cargo(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let args = match call.args.split_first() {
        Some((first, rest)) if first.starts_with('+') && !paths::is_path(first) => rest,
        _ => call.args,
    };
    let head = read(&CARGO, args, case);
    let Some((command, rest)) = head.rest.split_first().filter(|_| !head.unknown) else {
        return case.unknown(rules::NO_PROGRAM, "`cargo` is given nothing to start");
    };
    if command != "run" && command != "r" {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`cargo {}` starts no server", text::excerpt(command)),
        );
    }
    let region = read(&CARGO, rest, case);
    let project = region.last(Slot::Directory).or(head.last(Slot::Directory));
    if region.unknown || (project.is_none() && case.cwd.is_none()) {
        return case.unknown(
            rules::NO_PROGRAM,
            "`cargo run` names no project, so any directory decides what runs",
        );
    }
    Script {
        interpreter: call.command,
        kind: ScriptKind::Project,
        path: "run",
        extensions: &[],
        project,
        options: region.kept.clone(),
        with: Vec::new(),
        args: region.rest,
        cwd: CwdRole::Project,
    }
    .judge(case)
}
