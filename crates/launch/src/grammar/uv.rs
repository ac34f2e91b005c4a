//! uvx, uv and pipx: a package of the Python Package Index, or a command in a project's environment.

use super::dispatch::{Call, classify, starts_others};
use super::names::plain_name;
use super::npm::judge_executable;
use super::options::{OptionTable, Region, Slot, read};
use super::python::{judge_module, module_class};
use super::requirement;
use super::script::{Script, judge_project, refuse_odd_path};
use super::uv_options::{PIPX, UV, UV_RUN, UVX};
use crate::judge::{Case, Class, CwdRole, Ecosystem, PackageRef, ScriptKind, paths, rules};
use crate::text;

/// `uvx [options] command [args]`.
pub(crate) fn uvx(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    tool_run("uvx", &UVX, call.args, case)
}

/// `uv [options] run …` and `uv [options] tool run …`.
pub(crate) fn uv(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let head = read(&UV, call.args, case);
    if head.unknown {
        return Class::Unknown;
    }
    let Some((command, rest)) = head.rest.split_first() else {
        return case.unknown(rules::NO_PROGRAM, "`uv` is given nothing to start");
    };
    match command.as_str() {
        "run" => project_run(head.last(Slot::Directory), rest, case),
        "x" => tool_run("uvx", &UVX, rest, case),
        "tool" => {
            let inner = read(&UV, rest, case);
            match inner.rest.split_first() {
                Some((run, rest)) if run == "run" && !inner.unknown => {
                    if let Some(directory) = head.last(Slot::Directory) {
                        case.note(
                            rules::CWD_SHADOWS,
                            format!("`{}` can replace what is named", text::excerpt(directory)),
                        );
                    }
                    tool_run("uvx", &UVX, rest, case)
                }
                _ => case.unknown(
                    rules::UNKNOWN_LAUNCHER,
                    "`uv tool` without `run` starts no server",
                ),
            }
        }
        other => case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`uv {}` starts no server", text::excerpt(other)),
        ),
    }
}

/// `pipx run [options] package [args]`.
pub(crate) fn pipx(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    match call.args.split_first() {
        Some((run, rest)) if run == "run" => tool_run("pipx run", &PIPX, rest, case),
        _ => case.unknown(
            rules::UNKNOWN_LAUNCHER,
            "`pipx` without `run` starts no server",
        ),
    }
}

fn tool_run(runner: &str, table: &OptionTable, args: &[String], case: &mut Case<'_>) -> Class {
    let region = read(table, args, case);
    let Some((command, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, format!("`{runner}` is given no package"));
        }
        return Class::Unknown;
    };
    case.judge_cwd(CwdRole::Shadows);
    if let Some(directory) = region.last(Slot::Directory) {
        case.note(
            rules::CWD_SHADOWS,
            format!(
                "files in `{}` can take the place of what is named",
                text::excerpt(directory)
            ),
        );
    }
    judge_python_version(&region, case);
    if let Some(class) = judge_executable(runner, command, args, case) {
        return class;
    }
    let with = judge_with(&region, case);
    let from = region.last(Slot::Package);
    let spec = requirement::python(from.unwrap_or(command), case);
    if from.is_some() && !is_command_name(command) {
        case.note(
            rules::BAD_PACKAGE_NAME,
            format!("`{}` is no command of a package", text::excerpt(command)),
        );
    }
    let Some(spec) = spec else {
        return Class::Unknown;
    };
    if spec.source.is_some() {
        refuse_not_to_build(&region, from.unwrap_or(command), case);
    }
    Class::Package(PackageRef {
        ecosystem: Ecosystem::PyPi,
        runner: runner.to_owned(),
        name: spec.name,
        spec: spec.version,
        bin: from.map(|_| command.clone()),
        extras: spec.extras,
        with,
        source: spec.source,
        project: spec.project,
        interpreter_args: Vec::new(),
        interpreter_version: region.last(Slot::Python).map(str::to_owned),
        args: args.to_vec(),
    })
}

/// A repository is there as sources only. Which package `--no-build-package` means of it is known when it was built, and that is too late.
fn refuse_not_to_build(region: &Region<'_>, repository: &str, case: &mut Case<'_>) {
    if region.all(Slot::NoBuild).next().is_none() {
        return;
    }
    case.note(
        rules::GIT_PACKAGE,
        format!(
            "`{}` has to be built, and `--no-build` says that it is not; leave that out, or name a release of it",
            text::excerpt(repository)
        ),
    );
}

fn is_command_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Packages put beside the one that runs: registry packages only, comma-separated or repeated.
fn judge_with(region: &Region<'_>, case: &mut Case<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for value in region.all(Slot::With) {
        for requirement in split_requirements(value) {
            if requirement::python(requirement, case).is_some() {
                out.push(requirement.to_owned());
            }
        }
    }
    out
}

/// Splits at commas that are not inside `[…]`.
fn split_requirements(value: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    value
        .split(move |c: char| {
            depth += match c {
                '[' => 1,
                ']' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// uv starts the interpreter that it is given, to ask for its version.
fn judge_python_version(region: &Region<'_>, case: &mut Case<'_>) {
    let Some(python) = region.last(Slot::Python) else {
        return;
    };
    let version = python.bytes().all(|b| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'.' | b'-' | b'+' | b'@' | b'>' | b'=' | b'<' | b',' | b'_'
            )
    });
    if !(version || (paths::is_path(python) && paths::is_program_place(python))) {
        case.note(
            rules::PRELOAD,
            format!(
                "`{}` would be started as the interpreter",
                text::excerpt(python)
            ),
        );
    }
}

/// `uv run [options] command [args]`: a script, a module or a command of the project's environment.
fn project_run(directory: Option<&str>, args: &[String], case: &mut Case<'_>) -> Class {
    let region = read(&UV_RUN, args, case);
    if region.unknown {
        return Class::Unknown;
    }
    let project = region.last(Slot::Directory).or(directory);
    judge_python_version(&region, case);
    let with = judge_with(&region, case);
    if let Some(module) = region.last(Slot::Module) {
        return match judge_module(module, case) {
            Some(class) => class,
            None => in_project(
                "uv run",
                ScriptKind::Module,
                module,
                project,
                region,
                with,
                case,
            ),
        };
    }
    let Some((command, rest)) = region.rest.split_first() else {
        return case.unknown(rules::NO_PROGRAM, "`uv run` is given nothing to start");
    };
    if let Some(class) = refuse_odd_path(command, case) {
        return class;
    }
    let lower = command.to_ascii_lowercase();
    if lower.ends_with(".py") || lower.ends_with(".pyw") || text::is_variable(command) {
        return in_project(
            "uv run",
            ScriptKind::File,
            command,
            project,
            region,
            with,
            case,
        );
    }
    environment_command("uv run", command, rest, project, with, case)
}

fn in_project(
    runner: &str,
    kind: ScriptKind,
    path: &str,
    project: Option<&str>,
    region: Region<'_>,
    with: Vec<String>,
    case: &mut Case<'_>,
) -> Class {
    let args = if kind == ScriptKind::Module {
        region.rest
    } else {
        region.rest.get(1..).unwrap_or(&[])
    };
    if paths::is_absolute(path) && paths::is_temporary(path) {
        case.note(
            rules::CWD_TEMPORARY,
            format!("settings beside `{}` decide what runs", text::excerpt(path)),
        );
    }
    Script {
        interpreter: runner,
        kind,
        path,
        extensions: &[],
        project,
        options: region.kept,
        with,
        args,
        cwd: CwdRole::Project,
    }
    .judge(case)
}

/// A command found in a project's environment (`uv run NAME`, `poetry run NAME`): interpreters by their own grammar, a
/// plain name as an entry of the project, anything else not at all.
pub(crate) fn environment_command(
    runner: &str,
    command: &str,
    args: &[String],
    project: Option<&str>,
    with: Vec<String>,
    case: &mut Case<'_>,
) -> Class {
    if let Some(project) = project {
        judge_project(project, case);
    }
    let name = plain_name(command);
    if paths::is_path(command) || starts_others(&name) {
        let hidden = project.map_or_else(|| case.cwd, |_| None);
        let outer = std::mem::replace(&mut case.cwd, hidden);
        let class = classify(command, args, case);
        case.cwd = outer;
        return class;
    }
    if !is_command_name(command) && !text::is_variable(command) {
        return case.unknown(
            rules::BAD_PACKAGE_NAME,
            format!("`{}` is no command name", text::excerpt(command)),
        );
    }
    if project.is_none() {
        case.judge_cwd(CwdRole::Project);
        if case.cwd.is_none() && with.is_empty() {
            case.note(
                rules::RELATIVE_SCRIPT,
                format!("`{runner}` names no project, so the directory it starts in decides"),
            );
        }
    }
    module_class(runner, ScriptKind::Project, command, project, with, args)
}

#[cfg(test)]
mod tests {
    use crate::judge::{Decision, judge};
    use crate::request::Request;

    #[test]
    fn a_repository_that_is_not_to_be_built_is_refused() {
        let from = "--from=git+https://github.com/o/r";
        for (words, refused) in [
            (&["uvx", "--no-build", from, "app"][..], true),
            (&["uvx", "--no-build-package", "x", from, "app"], true),
            (&["uv", "tool", "run", "--no-build=true", from, "app"], true),
            (&["uvx", "--no-build=false", from, "app"], false),
            (&["uvx", from, "app", "--no-build"], false),
            (&["uvx", "--no-build", "app"], false),
            (&["uvx", "--no-build-package=x", "app==1.0"], false),
        ] {
            let (command, args) = words.split_first().unwrap();
            let judgement = judge(&Request::new(*command, args.iter().copied()));
            let told = judgement.reasons.iter().any(|it| {
                it.code == "git-package" && it.text.contains("`--no-build` says that it is not")
            });
            assert_eq!(told, refused, "{words:?}");
            let asks = judgement.decision() == Decision::NeedsApproval;
            assert_eq!(asks, !refused, "{words:?}");
        }
    }
}
