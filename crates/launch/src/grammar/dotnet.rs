//! dotnet (an assembly, a project, a tool) and dnx. Options from `dotnet run --help`, `dotnet tool exec --help` and
//! `dotnet exec --help` of .NET 10.

use super::dispatch::Call;
use super::options::{
    Arity, Effect, Opt, OptionTable, SINGLE_DASH, Slot, flags, judged, read, read_everywhere, row,
    takes, values,
};
use super::package::note_version;
use super::registry::judge_registry;
use super::script::Script;
use crate::judge::{
    Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, paths, rules,
};
use crate::text;

static RUN_ROWS: &[Opt] = &[
    flags(&[
        "--no-build",
        "--no-restore",
        "--no-launch-profile",
        "--no-dependencies",
        "--no-self-contained",
        "--sc",
        "--self-contained",
        "--interactive",
        "--no-cache",
        "--force",
        "--disable-build-servers",
    ]),
    values(&[
        "-c",
        "--configuration",
        "-f",
        "--framework",
        "-r",
        "--runtime",
        "-v",
        "--verbosity",
        "-a",
        "--arch",
        "--os",
        "--tl",
        "-lp",
        "--launch-profile",
        "-e",
        "--environment",
    ]),
    takes(Slot::Directory, &["--project"]),
    takes(Slot::Main, &["--file"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &["-p", "--property", "--artifacts-path"],
    ),
];
static RUN: OptionTable = OptionTable {
    style: SINGLE_DASH,
    rows: &[RUN_ROWS],
};

static TOOL_ROWS: &[Opt] = &[
    flags(&[
        "-y",
        "--yes",
        "--prerelease",
        "--allow-roll-forward",
        "--interactive",
        "--ignore-failed-sources",
        "--disable-parallel",
        "--no-cache",
        "--no-http-cache",
    ]),
    values(&["-v", "--verbosity", "-f", "--framework"]),
    takes(Slot::With, &["--version"]),
    judged(judge_registry, &["--source", "--add-source"]),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &["--configfile", "--tool-manifest", "--tool-path"],
    ),
];
static TOOL: OptionTable = OptionTable {
    style: SINGLE_DASH,
    rows: &[TOOL_ROWS],
};

static HOST_ROWS: &[Opt] = &[
    values(&[
        "--fx-version",
        "--roll-forward",
        "--roll-forward-on-no-candidate-fx",
    ]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--additionalprobingpath",
            "--additional-deps",
            "--depsfile",
            "--runtimeconfig",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &[
            "-h",
            "--help",
            "--info",
            "--version",
            "--list-sdks",
            "--list-runtimes",
            "-d",
            "--diagnostics",
        ],
    ),
];
static HOST: OptionTable = OptionTable {
    style: SINGLE_DASH,
    rows: &[HOST_ROWS],
};

/// `dotnet file.dll`, `dotnet run --project DIR`, `dotnet tool exec PACKAGE`.
pub(crate) fn dotnet(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let region = read(&HOST, call.args, case);
    let Some((command, rest)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, "`dotnet` is given nothing to start");
        }
        return Class::Unknown;
    };
    match command.as_str() {
        "run" => run_project(call, rest, case),
        "exec" => match rest.split_first() {
            Some((path, args)) => assembly(call, path, args, case),
            None => case.unknown(rules::NO_PROGRAM, "`dotnet exec` lacks its assembly"),
        },
        "tool" => match rest.split_first() {
            Some((exec, rest)) if exec == "exec" || exec == "execute" => {
                tool("dotnet tool exec", rest, case)
            }
            Some((run, rest)) if run == "run" => local_tool(call, rest, case),
            _ => case.unknown(
                rules::UNKNOWN_LAUNCHER,
                "this use of `dotnet tool` starts no server",
            ),
        },
        "dnx" => tool("dnx", rest, case),
        path if path.to_ascii_lowercase().ends_with(".dll") || text::is_variable(path) => {
            assembly(call, path, rest, case)
        }
        other => case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`dotnet {}` starts no server", text::excerpt(other)),
        ),
    }
}

fn assembly(call: &Call<'_>, path: &str, args: &[String], case: &mut Case<'_>) -> Class {
    Script {
        interpreter: call.command,
        kind: ScriptKind::Archive,
        path,
        extensions: &["dll", "exe"],
        project: None,
        options: Vec::new(),
        with: Vec::new(),
        args,
        cwd: CwdRole::Shadows,
    }
    .judge(case)
}

fn run_project(call: &Call<'_>, rest: &[String], case: &mut Case<'_>) -> Class {
    let region = read(&RUN, rest, case);
    if region.unknown {
        return Class::Unknown;
    }
    let project = region.last(Slot::Directory).or(region.last(Slot::Main));
    if project.is_none() && case.cwd.is_none() {
        return case.unknown(
            rules::NO_PROGRAM,
            "`dotnet run` names no project, so any directory decides what runs",
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

/// `dotnet tool run NAME`: a tool of the manifest in the working directory.
fn local_tool(call: &Call<'_>, rest: &[String], case: &mut Case<'_>) -> Class {
    match rest.split_first() {
        Some((name, args))
            if case.cwd.is_some() && !name.starts_with('-') && !paths::is_path(name) =>
        {
            case.judge_cwd(CwdRole::Project);
            super::python::module_class(
                call.command,
                ScriptKind::Project,
                name,
                None,
                Vec::new(),
                args,
            )
        }
        _ => case.unknown(
            rules::NO_PROGRAM,
            "`dotnet tool run` names no project, so any directory decides what runs",
        ),
    }
}

/// `dnx PACKAGE[@VERSION] [options] [-- args]`.
pub(crate) fn dnx(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    tool("dnx", call.args, case)
}

fn tool(runner: &str, args: &[String], case: &mut Case<'_>) -> Class {
    let end = args
        .iter()
        .position(|arg| arg == "--")
        .unwrap_or(args.len());
    let (before, after) = args.split_at_checked(end).unwrap_or((args, &[]));
    let (region, mut operands) = read_everywhere(&TOOL, before, case);
    if region.unknown || operands.is_empty() {
        return case.unknown(
            rules::NO_PROGRAM,
            format!("`{runner}` is not given one package and options that are known"),
        );
    }
    case.judge_cwd(CwdRole::Shadows);
    let reference = operands.remove(0);
    let (name, version) = reference
        .split_once('@')
        .map_or((reference.as_str(), None), |(name, version)| {
            (name, Some(version))
        });
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !plain || name.starts_with(['.', '-']) {
        return case.unknown(
            rules::BAD_PACKAGE_NAME,
            format!("`{}` is no package of NuGet", text::excerpt(&reference)),
        );
    }
    let version = version.or(region.last(Slot::With));
    note_version(
        version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()) && !v.contains('*')),
        &reference,
        case,
    );
    operands.extend(after.iter().skip(1).cloned());
    Class::Package(PackageRef {
        ecosystem: Ecosystem::NuGet,
        runner: runner.to_owned(),
        name: name.to_owned(),
        spec: version.map(str::to_owned),
        bin: None,
        extras: Vec::new(),
        with: Vec::new(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: operands,
    })
}
