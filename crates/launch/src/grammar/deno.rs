//! deno run. Options from `deno run --help` of Deno 2.5.
//!
//! `-A` is accepted with a warning, because published configurations use it and the sandbox contains it; a named
//! `--allow-run` or `--allow-ffi` is refused, because it asks for exactly what defeats deno's own sandbox (decision record 0003).

use super::dispatch::Call;
use super::options::{Arity, Effect, GNU, Opt, OptionTable, flags, read, row, values};
use super::package;
use super::script::Script;
use crate::judge::{Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, rules};
use crate::text;

static ROWS: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--cached-only",
        "--no-npm",
        "--no-remote",
        "--no-check",
        "--check",
        "--no-code-cache",
        "--unstable",
        "--no-clear-screen",
        "--unstable-sloppy-imports",
        "--unstable-kv",
        "--unstable-net",
        "--unstable-cron",
        "--unstable-temporal",
        "--unstable-worker-options",
        "--unstable-node-globals",
        "--unstable-npm-lazy-caching",
        "--unstable-detect-cjs",
        "--unstable-bare-node-builtins",
        "--unstable-byonm",
        "--unstable-webgpu",
        "--unstable-http",
        "--unstable-otel",
        "--unstable-fs",
        "--frozen",
    ]),
    values(&["-L", "--log-level", "--seed", "--location", "--conditions"]),
    row(
        Arity::Joined,
        Effect::Fine,
        &[
            "-r",
            "--reload",
            "--node-modules-dir",
            "--vendor",
            "-N",
            "--allow-net",
            "-E",
            "--allow-env",
            "--allow-sys",
            "-S",
            "--allow-import",
            "-I",
            "--allow-hrtime",
            "--deny-read",
            "--deny-write",
            "--deny-net",
            "--deny-env",
            "--deny-run",
            "--deny-ffi",
            "--deny-sys",
            "--deny-import",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Fine,
        &["-R", "--allow-read", "-W", "--allow-write"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::BROAD_PERMISSIONS),
        &["-A", "--allow-all"],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::WIDENS_PERMISSIONS),
        &[
            "--allow-run",
            "--allow-ffi",
            "--unstable-ffi",
            "-P",
            "--permission-set",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--preload",
            "--import",
            "--require",
            "--import-map",
            "--ext",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &["-c", "--config", "--cert", "--lock"],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--env-file",
            "--env",
            "--unsafely-ignore-certificate-errors",
            "--v8-flags",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::DEBUGGER),
        &[
            "--inspect",
            "--inspect-brk",
            "--inspect-wait",
            "--strace-ops",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::PRELOAD),
        &["--watch", "--watch-hmr", "--watch-exclude"],
    ),
];
static DENO: OptionTable = OptionTable {
    style: GNU,
    rows: &[ROWS],
};

/// `deno [run] [options] module [args]`.
pub(crate) fn deno(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let args = match call.args.split_first() {
        Some((command, rest)) if command == "run" => rest,
        Some((command, _)) if command == "eval" => return case.inline("deno eval"),
        _ => call.args,
    };
    let region = read(&DENO, args, case);
    let Some((module, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, "`deno` is given nothing to run");
        }
        return Class::Unknown;
    };
    let registry = [("npm:", Ecosystem::Npm), ("jsr:", Ecosystem::Jsr)]
        .into_iter()
        .find_map(|(prefix, ecosystem)| {
            module
                .strip_prefix(prefix)
                .map(|name| (name.trim_start_matches('/'), ecosystem))
        });
    if let Some((name, ecosystem)) = registry {
        case.judge_cwd(CwdRole::Shadows);
        return registry_module(name, ecosystem, region.kept, args, case);
    }
    if !module.contains(['.', '/', '\\']) && !text::is_variable(module) && module != "-" {
        return case.unknown(
            rules::UNKNOWN_LAUNCHER,
            format!("`deno {}` starts no server", text::excerpt(module)),
        );
    }
    if case.cwd.is_some() {
        case.judge_cwd(CwdRole::Shadows);
    }
    Script {
        interpreter: call.command,
        kind: ScriptKind::File,
        path: module,
        extensions: &["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"],
        project: None,
        options: region.kept,
        with: Vec::new(),
        args,
        cwd: CwdRole::Shadows,
    }
    .judge(case)
}

/// `npm:@scope/name@version/path` and `jsr:@scope/name@version/path`.
fn registry_module(
    name: &str,
    ecosystem: Ecosystem,
    options: Vec<String>,
    args: &[String],
    case: &mut Case<'_>,
) -> Class {
    let scope_end = if name.starts_with('@') {
        name.find('/').map_or(name.len(), |at| at + 1)
    } else {
        0
    };
    let (scope, rest) = name.split_at_checked(scope_end).unwrap_or(("", name));
    let (last, path) = rest
        .split_once('/')
        .map_or((rest, None), |(last, path)| (last, Some(path.to_owned())));
    let Some(spec) = package::npm(&format!("{scope}{last}"), case) else {
        return Class::Unknown;
    };
    Class::Package(PackageRef {
        ecosystem,
        runner: "deno run".to_owned(),
        name: spec.name,
        spec: spec.version,
        bin: path,
        extras: Vec::new(),
        with: Vec::new(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: options,
        interpreter_version: None,
        args: args.to_vec(),
    })
}
