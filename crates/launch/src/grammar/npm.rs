//! npx, npm, pnpm, yarn and corepack: a package by name, or a script of a project.

use super::dispatch::{Call, classify, starts_others};
use super::names::plain_name;
use super::node::judge_node_options;
use super::npm_options::{NPM, NPX, PNPM, YARN};
use super::options::{OptionTable, Region, Slot, read, read_everywhere};
use super::package;
use super::script::{Script, judge_project};
use crate::judge::{Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, rules};
use crate::text;

/// `npx [options] package [args]`: npx reads options up to the first operand.
pub(crate) fn npx(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let runner = if call.name == "pnpx" {
        "pnpm dlx"
    } else {
        "npx"
    };
    let table = if call.name == "pnpx" { &PNPM } else { &NPX };
    let region = read(table, call.args, case);
    let operands = region.rest.to_vec();
    run_package(runner, &region, &operands, case)
}

/// `npm exec` looks for its options among all words before `--`; `npm run` names a script of a project.
pub(crate) fn npm(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let head = read(&NPM, call.args, case);
    let Some((command, rest)) = head.rest.split_first().filter(|_| head.understood()) else {
        return unfinished(&head, call, case);
    };
    match command.as_str() {
        "exec" | "x" => {
            if let Some(directory) = head.last(Slot::Directory) {
                case.note(
                    rules::CWD_SHADOWS,
                    format!("`{}` can replace what is named", text::excerpt(directory)),
                );
            }
            let (region, operands) = read_everywhere(&NPX, rest, case);
            let region = region.after(head);
            run_package("npm exec", &region, &operands, case)
        }
        "run" | "run-script" | "rum" | "start" | "restart" | "test" | "t" => {
            let (region, mut operands) = read_everywhere(&NPM, rest, case);
            if matches!(command.as_str(), "start" | "restart" | "test" | "t") {
                operands.insert(0, command.clone());
            }
            let directory = region.last(Slot::Directory).or(head.last(Slot::Directory));
            if !region.understood() {
                return unfinished(&region, call, case);
            }
            run_script("npm run", directory, &operands, case)
        }
        _ => other_subcommand("npm", command, case),
    }
}

/// `pnpm [options] dlx|exec|run|SCRIPT …`.
pub(crate) fn pnpm(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    with_subcommands(call, &PNPM, "pnpm", case)
}

/// `yarn [options] dlx|run|SCRIPT …`.
pub(crate) fn yarn(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    with_subcommands(call, &YARN, "yarn", case)
}

/// Subcommands that fetch, build or change things, or run words as commands.
const NO_SCRIPTS: &[&str] = &[
    "install",
    "i",
    "add",
    "create",
    "init",
    "import",
    "link",
    "publish",
    "rebuild",
    "rb",
    "update",
    "up",
    "upgrade",
    "remove",
    "rm",
    "node",
    "config",
    "set",
    "setup",
    "env",
    "store",
    "patch",
    "deploy",
    "workspace",
    "workspaces",
    "global",
    "plugin",
    "exec",
    "npm",
    "pack",
    "unplug",
    "ci",
];

/// Scripts that package managers know by name.
const SCRIPTS: &[&str] = &["start", "test", "stop", "restart"];

fn with_subcommands(
    call: &Call<'_>,
    table: &OptionTable,
    tool: &str,
    case: &mut Case<'_>,
) -> Class {
    let head = read(table, call.args, case);
    let Some((command, rest)) = head.rest.split_first().filter(|_| head.understood()) else {
        return unfinished(&head, call, case);
    };
    match command.as_str() {
        "dlx" => {
            let region = read(table, rest, case).after(head);
            let operands = region.rest.to_vec();
            run_package(
                if tool == "yarn" {
                    "yarn dlx"
                } else {
                    "pnpm dlx"
                },
                &region,
                &operands,
                case,
            )
        }
        "run" | "run-script" => {
            let region = read(table, rest, case);
            if !region.understood() {
                return unfinished(&region, call, case);
            }
            let directory = region.last(Slot::Directory).or(head.last(Slot::Directory));
            run_script(
                if tool == "yarn" {
                    "yarn run"
                } else {
                    "pnpm run"
                },
                directory,
                region.rest,
                case,
            )
        }
        "exec" => project_command(&head, rest, table, case),
        other if NO_SCRIPTS.contains(&other) => other_subcommand(tool, other, case),
        // A word that is no script is looked up among programs.
        other if !SCRIPTS.contains(&other) && starts_others(&plain_name(other)) => {
            other_subcommand(tool, other, case)
        }
        _ => run_script(
            if tool == "yarn" {
                "yarn run"
            } else {
                "pnpm run"
            },
            head.last(Slot::Directory),
            head.rest,
            case,
        ),
    }
}

/// `pnpm exec tsx server.ts` in a named project: the command is judged as if it stood alone.
fn project_command(
    head: &Region<'_>,
    rest: &[String],
    table: &OptionTable,
    case: &mut Case<'_>,
) -> Class {
    let region = read(table, rest, case);
    match (
        region.rest.split_first(),
        head.last(Slot::Directory).or(region.last(Slot::Directory)),
    ) {
        (Some((command, args)), Some(directory)) if region.understood() => {
            judge_project(directory, case);
            classify(command, args, case)
        }
        _ => case.unknown(
            rules::NO_PROGRAM,
            "no project directory is named, so any directory decides what runs",
        ),
    }
}

/// `corepack pnpm dlx …`: the package manager of that name, perhaps with a version.
pub(crate) fn corepack(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let manager = call
        .args
        .split_first()
        .map(|(first, rest)| (first.split('@').next().unwrap_or(first), rest));
    match manager {
        Some((name @ ("npm" | "npx" | "pnpm" | "pnpx" | "yarn"), rest)) => {
            classify(name, rest, case)
        }
        _ => case.unknown(rules::NO_PROGRAM, "`corepack` starts no package here"),
    }
}

fn unfinished(region: &Region<'_>, call: &Call<'_>, case: &mut Case<'_>) -> Class {
    if region.inline {
        return Class::InlineCode;
    }
    if !region.unknown {
        case.note(
            rules::NO_PROGRAM,
            format!(
                "`{}` is given nothing to start",
                text::excerpt(call.command)
            ),
        );
    }
    Class::Unknown
}

fn other_subcommand(tool: &str, command: &str, case: &mut Case<'_>) -> Class {
    case.unknown(
        rules::UNKNOWN_LAUNCHER,
        format!("`{tool} {}` starts no server", text::excerpt(command)),
    )
}

/// A package that is fetched and run: by its own name, or by the first `--package` with a command of it.
fn run_package(
    runner: &str,
    region: &Region<'_>,
    operands: &[String],
    case: &mut Case<'_>,
) -> Class {
    if region.inline {
        return Class::InlineCode;
    }
    let Some((first, args)) = operands.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, format!("`{runner}` is given no package"));
        }
        return Class::Unknown;
    };
    case.judge_cwd(CwdRole::Shadows);
    let mut packages = region.all(Slot::Package);
    let (main, bin) = match packages.next() {
        Some(package) => (package, Some(first.as_str())),
        None => (first.as_str(), None),
    };
    if let Some(class) = judge_executable(runner, first, args, case) {
        return class;
    }
    let interpreter_args = node_options(region, case);
    let spec = package::npm_repository(main, case).or_else(|| package::npm(main, case));
    let with: Vec<String> = packages
        .filter(|extra| package::npm(extra, case).is_some())
        .map(str::to_owned)
        .collect();
    judge_carrier(main, args, case);
    match spec {
        Some(spec) => Class::Package(PackageRef {
            ecosystem: Ecosystem::Npm,
            runner: runner.to_owned(),
            name: spec.name,
            spec: spec.version,
            bin: bin.map(str::to_owned),
            extras: Vec::new(),
            with,
            source: spec.source,
            project: ProjectRef::default(),
            interpreter_args,
            interpreter_version: None,
            args: args.to_vec(),
        }),
        None => Class::Unknown,
    }
}

fn node_options(region: &Region<'_>, case: &mut Case<'_>) -> Vec<String> {
    let options: Vec<String> = region
        .all(Slot::NodeOptions)
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    for value in region.all(Slot::NodeOptions) {
        judge_node_options(value, case);
    }
    options
}

/// Runners of source files that are published as packages: judged by what they run.
const SCRIPT_RUNNERS: &[&str] = &[
    "tsx",
    "ts-node",
    "ts-node-esm",
    "esno",
    "vite-node",
    "jiti",
    "bun",
    "deno",
];

/// A package runner finds executables of the system under package names, so the operand can be any program.
pub(crate) fn judge_executable(
    runner: &str,
    operand: &str,
    args: &[String],
    case: &mut Case<'_>,
) -> Option<Class> {
    let name = plain_name(unversioned(operand));
    if operand.starts_with('@') || !starts_others(&name) {
        return None;
    }
    if SCRIPT_RUNNERS.contains(&name.as_str()) {
        return Some(classify(unversioned(operand), args, case));
    }
    let inner = classify(unversioned(operand), args, case);
    if matches!(inner, Class::Binary(_)) {
        // A general tool's own `mcp` command, published as a package too.
        return None;
    }
    case.note(
        rules::RUNS_PROGRAMS,
        format!(
            "`{runner}` would start `{}`, which runs other programs",
            text::excerpt(operand)
        ),
    );
    Some(if inner == Class::InlineCode {
        inner
    } else {
        Class::Unknown
    })
}

fn unversioned(operand: &str) -> &str {
    operand
        .split('@')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(operand)
}

/// Packages with options that run text as a command.
const CARRIERS: &[(&str, &[&str])] = &[
    ("supergateway", &["--stdio"]),
    ("dotenv-cli", &["-c"]),
    ("start-server-and-test", &[""]),
    ("npm-run-all", &[""]),
    ("cross-env", &[""]),
    ("cross-env-shell", &[""]),
    ("zx", &[""]),
    ("shx", &[""]),
    ("execa-cli", &[""]),
    ("run-script-os", &[""]),
    ("onchange", &[""]),
    ("chokidar-cli", &[""]),
    ("wsrun", &[""]),
    ("degit", &[""]),
];

/// An empty option in [`CARRIERS`] means that every use does.
pub(crate) fn judge_carrier(package: &str, args: &[String], case: &mut Case<'_>) {
    let Some((name, options)) = CARRIERS
        .iter()
        .find(|(name, _)| *name == unversioned(package))
    else {
        return;
    };
    let carries = options.iter().any(|option| {
        option.is_empty()
            || args.iter().any(|arg| {
                arg == option
                    || arg
                        .strip_prefix(option)
                        .is_some_and(|rest| rest.starts_with('='))
            })
    });
    if carries {
        case.note(
            rules::RUNS_PROGRAMS,
            format!("`{name}` runs the commands that it is given"),
        );
    }
}

/// A script of a project's package.json: approved as a project, because its text is a shell command.
fn run_script(
    runner: &str,
    directory: Option<&str>,
    operands: &[String],
    case: &mut Case<'_>,
) -> Class {
    let Some((name, args)) = operands.split_first() else {
        return case.unknown(rules::NO_PROGRAM, format!("`{runner}` is given no script"));
    };
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.' | b'/'));
    if !plain {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`{runner} {}` names no script", text::excerpt(name)),
        );
    }
    if directory.is_none() && case.cwd.is_none() {
        return case.unknown(
            rules::NO_PROGRAM,
            format!(
                "`{runner} {}` names no project, so any directory decides what runs",
                text::excerpt(name)
            ),
        );
    }
    case.note(
        rules::SCRIPT_RUNNER,
        format!(
            "`{}` is a command line in the project's package.json",
            text::excerpt(name)
        ),
    );
    Script {
        interpreter: runner,
        kind: ScriptKind::Project,
        path: name,
        extensions: &[],
        project: directory,
        options: Vec::new(),
        with: Vec::new(),
        args,
        cwd: CwdRole::Project,
    }
    .judge(case)
}

#[cfg(test)]
mod tests {
    use crate::judge::{Class, judge};
    use crate::request::Request;

    /// The package with what stands beside it, the command, and the codes of the reasons that are no news of a floating version.
    fn check(words: &str, expected: &str) {
        let mut words = words.split(' ');
        let command = words.next().unwrap();
        let judged = judge(&Request::new(command, words));
        let mut found = match &judged.class {
            Class::Package(package) => {
                let bin = package.bin.as_deref().unwrap_or("-");
                let all = std::iter::once(&package.name).chain(&package.with);
                let all: Vec<&str> = all.map(String::as_str).collect();
                format!("{} {bin}", all.join("+"))
            }
            other => other.as_str().to_owned(),
        };
        for reason in &judged.reasons {
            if reason.code != "floating-version" {
                found = format!("{found} {}", reason.code);
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn what_stands_before_a_subcommand_counts() {
        for (words, expected) in [
            ("pnpm --package=a@1.0.0 dlx b", "a b"),
            ("pnpm --package=a --package c dlx b", "a+c b"),
            ("pnpm --package=a dlx --package c b", "a+c b"),
            ("pnpm dlx --package=a b", "a b"),
            ("npm --package=a exec -- b", "a b"),
            ("npm exec --package=a -- b", "a b"),
            ("npm --prefix /srv/x exec b", "b - cwd-shadows-code"),
            (
                "npm --node-options=--require=/tmp/x.js exec b",
                "b - preloads-code",
            ),
        ] {
            check(words, expected);
        }
    }

    #[test]
    fn what_would_choose_other_versions_is_told() {
        for (words, expected) in [
            ("npx -y --tag next a", "a - version-option"),
            ("npx -y --before=2026-01-01 a", "a - version-option"),
            ("npx -y --omit optional a", "a - version-option"),
            ("npx -y --legacy-peer-deps a", "a - version-option"),
            ("npx -y --loglevel error a", "a -"),
            ("uvx --prerelease=allow a", "a - version-option"),
            ("uvx --exclude-newer 2026-01-01 a", "a - version-option"),
            ("uvx --resolution lowest a", "a - version-option"),
            ("uvx --refresh --no-cache a", "a -"),
        ] {
            check(words, expected);
        }
    }
}
