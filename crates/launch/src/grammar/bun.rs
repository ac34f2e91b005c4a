//! bun and bunx. Options from `bun --help`, `bun run --help` and `bun x --help` of Bun 1.3.

use super::dispatch::Call;
use super::npm::{judge_carrier, judge_executable};
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, flags, inline, read, row, takes, values,
};
use super::package;
use super::script::Script;
use crate::judge::{
    Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, paths, rules,
};
use crate::text;

static BUNX_ROWS: &[Opt] = &[
    flags(&[
        "-y",
        "--yes",
        "--bun",
        "-b",
        "--verbose",
        "--silent",
        "--no-install",
    ]),
    takes(Slot::Package, &["-p", "--package"]),
];
static BUNX: OptionTable = OptionTable {
    style: GNU,
    rows: &[BUNX_ROWS],
};

static BUN_ROWS: &[Opt] = &[
    flags(&[
        "--silent",
        "--smol",
        "--bun",
        "-b",
        "--no-clear-screen",
        "--prefer-offline",
        "--no-install",
        "--expose-gc",
        "--no-deprecation",
        "--throw-deprecation",
        "--if-present",
        "--no-addons",
        "--no-orphans",
        "--preserve-symlinks",
        "--quiet",
        "--use-system-ca",
        "--no-env-file",
    ]),
    values(&[
        "--install",
        "--title",
        "--unhandled-rejections",
        "--conditions",
        "--max-http-header-size",
        "--dns-result-order",
        "--elide-lines",
        "--port",
    ]),
    takes(Slot::Directory, &["--cwd"]),
    inline(&["-e", "--eval", "-p", "--print"]),
    row(
        Arity::Flag,
        Effect::Noted(rules::PRELOAD),
        &["-i", "--hot", "--watch"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-r",
            "--preload",
            "--require",
            "--import",
            "--shell",
            "-F",
            "--filter",
            "--main-fields",
            "--extension-order",
            "--loader",
            "-l",
            "--tsconfig-override",
            "-d",
            "--define",
            "--jsx-factory",
            "--jsx-runtime",
            "--jsx-import-source",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::READS_SETTINGS),
        &["-c", "--config"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &["--env-file"],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::DEBUGGER),
        &["--inspect", "--inspect-wait", "--inspect-brk"],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::WRITES_FILES),
        &[
            "--cpu-prof",
            "--cpu-prof-dir",
            "--cpu-prof-name",
            "--heap-prof",
            "--heap-prof-dir",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &["-h", "--help", "-v", "--version", "--revision"],
    ),
];
static BUN: OptionTable = OptionTable {
    style: GNU,
    rows: &[BUN_ROWS],
};

/// `bunx [options] package [args]`.
pub(crate) fn bunx(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    package_run(call.args, case)
}

fn package_run(args: &[String], case: &mut Case<'_>) -> Class {
    let region = read(&BUNX, args, case);
    let Some((command, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, "`bunx` is given no package");
        }
        return Class::Unknown;
    };
    case.judge_cwd(CwdRole::Shadows);
    if let Some(class) = judge_executable("bunx", command, args, case) {
        return class;
    }
    let package = region.last(Slot::Package);
    judge_carrier(package.unwrap_or(command), args, case);
    let Some(spec) = package::npm(package.unwrap_or(command), case) else {
        return Class::Unknown;
    };
    Class::Package(PackageRef {
        ecosystem: Ecosystem::Npm,
        runner: "bunx".to_owned(),
        name: spec.name,
        spec: spec.version,
        bin: package.map(|_| command.clone()),
        extras: Vec::new(),
        with: Vec::new(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: args.to_vec(),
    })
}

/// Subcommands of bun that start no server.
const OTHERS: &[&str] = &[
    "install",
    "i",
    "add",
    "a",
    "remove",
    "rm",
    "update",
    "link",
    "unlink",
    "pm",
    "build",
    "init",
    "create",
    "c",
    "upgrade",
    "repl",
    "test",
    "exec",
    "publish",
    "patch",
    "audit",
    "outdated",
    "info",
    "why",
    "completions",
    "discord",
    "help",
    "ci",
    "getcompletes",
];

/// `bun [run] script [args]`, `bun x package [args]`.
pub(crate) fn bun(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let head = read(&BUN, call.args, case);
    if !head.understood() {
        return if head.inline {
            Class::InlineCode
        } else {
            Class::Unknown
        };
    }
    match head.rest.split_first() {
        Some((command, rest)) if command == "x" => package_run(rest, case),
        Some((command, _)) if OTHERS.contains(&command.as_str()) => {
            if command == "exec" {
                return case.inline("bun exec");
            }
            case.unknown(
                rules::UNKNOWN_LAUNCHER,
                format!("`bun {}` starts no server", text::excerpt(command)),
            )
        }
        Some((command, rest)) if command == "run" => {
            let region = read(&BUN, rest, case);
            if !region.understood() {
                return if region.inline {
                    Class::InlineCode
                } else {
                    Class::Unknown
                };
            }
            let project = region.last(Slot::Directory).or(head.last(Slot::Directory));
            run_operand(call, region.rest, project, region.kept, case)
        }
        Some(_) => run_operand(call, head.rest, head.last(Slot::Directory), head.kept, case),
        None => case.unknown(rules::NO_PROGRAM, "`bun` is given nothing to start"),
    }
}

/// A file, or a script of the project's package.json.
fn run_operand(
    call: &Call<'_>,
    operands: &[String],
    project: Option<&str>,
    options: Vec<String>,
    case: &mut Case<'_>,
) -> Class {
    let Some((path, args)) = operands.split_first() else {
        return case.unknown(rules::NO_PROGRAM, "`bun run` is given nothing to start");
    };
    let file = paths::is_path(path) || path.contains('.') || path == "-" || text::is_variable(path);
    if !file && project.is_none() && case.cwd.is_none() {
        return case.unknown(
            rules::NO_PROGRAM,
            format!(
                "`bun run {}` names no project, so any directory decides what runs",
                text::excerpt(path)
            ),
        );
    }
    let (kind, role) = if file {
        (ScriptKind::File, CwdRole::Shadows)
    } else {
        (ScriptKind::Project, CwdRole::Project)
    };
    if let Some(cwd) = case.cwd.filter(|cwd| paths::is_temporary(cwd)) {
        case.note(
            rules::CWD_TEMPORARY,
            format!("bun reads bunfig.toml of `{}`", text::excerpt(cwd)),
        );
    }
    Script {
        interpreter: call.command,
        kind,
        path,
        extensions: if file {
            &["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", ""]
        } else {
            &[]
        },
        project,
        options,
        with: Vec::new(),
        args,
        cwd: role,
    }
    .judge(case)
}
