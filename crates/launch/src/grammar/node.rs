//! node, and the runners of TypeScript that wrap it.
//!
//! Options from `node --help` of node 24 and older releases in use. Everything that loads code, opens a debugger, reads
//! settings or writes files is a reason; what is not here is unknown.

use super::dispatch::Call;
use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, Style, flags, inline, read, row, takes, values,
};
use super::script::Script;
use crate::judge::{Case, Class, CwdRole, ScriptKind, paths, rules};
use crate::text;

static HARMLESS: &[Opt] = &[
    flags(&[
        "--no-warnings",
        "--trace-warnings",
        "--no-deprecation",
        "--trace-deprecation",
        "--throw-deprecation",
        "--pending-deprecation",
        "--enable-source-maps",
        "--experimental-vm-modules",
        "--experimental-modules",
        "--experimental-json-modules",
        "--experimental-fetch",
        "--no-experimental-fetch",
        "--experimental-strip-types",
        "--no-experimental-strip-types",
        "--experimental-transform-types",
        "--no-strip-types",
        "--experimental-websocket",
        "--experimental-sqlite",
        "--no-experimental-sqlite",
        "--experimental-webstorage",
        "--experimental-global-webcrypto",
        "--experimental-import-meta-resolve",
        "--experimental-require-module",
        "--no-experimental-require-module",
        "--experimental-detect-module",
        "--experimental-wasm-modules",
        "--experimental-top-level-await",
        "--experimental-worker",
        "--experimental-eventsource",
        "--experimental-permission",
        "--permission",
        "--no-addons",
        "--preserve-symlinks",
        "--preserve-symlinks-main",
        "--expose-gc",
        "--abort-on-uncaught-exception",
        "--trace-uncaught",
        "--frozen-intrinsics",
        "--force-context-aware",
        "--no-global-search-paths",
        "--no-network-family-autoselection",
        "--use-system-ca",
        "--use-bundled-ca",
        "--use-openssl-ca",
        "--harmony",
        "--no-opt",
        "--jitless",
        "--zero-fill-buffers",
        "--no-node-snapshot",
        "--allow-wasi",
        "--entry-url",
        "--disable-wasm-trap-handler",
        "--trace-exit",
        "--trace-sigint",
        "--verify-base-objects",
        "--no-verify-base-objects",
        "--tls-min-v1.2",
        "--tls-min-v1.3",
        "--tls-max-v1.3",
        "--tls-max-v1.2",
        "--interpreted-frames-native-stack",
        "--insecure-http-parser",
    ]),
    values(&[
        "--max-old-space-size",
        "--max-semi-space-size",
        "--max_old_space_size",
        "--stack-trace-limit",
        "--stack-size",
        "--max-http-header-size",
        "--disable-warning",
        "--unhandled-rejections",
        "--input-type",
        "--experimental-default-type",
        "--dns-result-order",
        "--conditions",
        "-C",
        "--experimental-specifier-resolution",
        "--es-module-specifier-resolution",
        "--title",
        "--network-family-autoselection-attempt-timeout",
        "--v8-pool-size",
        "--allow-fs-read",
        "--max-old-space-size-percentage",
        "--secure-heap",
        "--tls-cipher-list",
    ]),
    row(
        Arity::Value,
        Effect::Noted(rules::BROAD_PERMISSIONS),
        &["--allow-fs-write"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::BROAD_PERMISSIONS),
        &[
            "--allow-child-process",
            "--allow-worker",
            "--allow-addons",
            "--allow-net",
        ],
    ),
];

static LOADS_CODE: &[Opt] = &[
    inline(&["-e", "--eval", "-p", "--print", "-pe", "-ep", "-pr"]),
    row(
        Arity::Flag,
        Effect::Noted(rules::STDIN_PROGRAM),
        &["-i", "--interactive"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--experimental-loader",
            "--test-reporter",
            "--snapshot-blob",
            "--openssl-config",
            "--experimental-sea-config",
            "--build-snapshot-config",
            "--experimental-policy",
            "--test-global-setup",
            "--run",
            "--localstorage-file",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::PRELOAD),
        &[
            "--test",
            "--test-only",
            "--watch",
            "--build-snapshot",
            "--openssl-legacy-provider",
            "--openssl-shared-config",
            "--experimental-test-coverage",
            "--allow-natives-syntax",
            "--expose-internals",
            "--experimental-network-inspection",
            "-c",
            "--check",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--env-file",
            "--env-file-if-exists",
            "--experimental-config-file",
            "--experimental-default-config-file",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::DEBUGGER),
        &[
            "--inspect",
            "--inspect-brk",
            "--inspect-wait",
            "--inspect-port",
            "--debug-port",
            "--debug",
            "--debug-brk",
            "--inspect-publish-uid",
        ],
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
            "--heap-prof-name",
            "--diagnostic-dir",
            "--report-dir",
            "--report-directory",
            "--report-filename",
            "--report-on-fatalerror",
            "--report-on-signal",
            "--report-uncaught-exception",
            "--redirect-warnings",
            "--trace-event-file-pattern",
            "--trace-events-enabled",
            "--trace-event-categories",
            "--prof",
            "--logfile",
            "--heapsnapshot-signal",
            "--heapsnapshot-near-heap-limit",
            "--test-reporter-destination",
            "--tls-keylog",
            "--perf-prof",
            "--perf-basic-prof",
            "--log",
            "--icu-data-dir",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &[
            "-v",
            "--version",
            "-h",
            "--help",
            "--v8-options",
            "--completion-bash",
        ],
    ),
];

/// node joins values of long options only, and its short options do not combine.
const NODE_STYLE: Style = Style {
    clusters: false,
    ..GNU
};
static NODE: OptionTable = OptionTable {
    style: NODE_STYLE,
    rows: &[HARMLESS, LOADS_CODE],
};

static RUNNER_ROWS: &[Opt] = &[
    flags(&[
        "--no-cache",
        "--clear-screen=false",
        "--esm",
        "-T",
        "--transpile-only",
        "--transpileOnly",
        "--files",
        "--swc",
        "-s",
        "--script-mode",
        "--log-error",
        "--prefer-ts-exts",
        "--pretty",
    ]),
    takes(
        Slot::Directory,
        &["--tsconfig", "-P", "--project", "--config"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-C",
            "--compiler",
            "-O",
            "--compiler-options",
            "--compilerOptions",
            "--cwd",
            "--dir",
        ],
    ),
    row(Arity::Flag, Effect::Noted(rules::PRELOAD), &["watch"]),
];
static RUNNER: OptionTable = OptionTable {
    style: NODE_STYLE,
    rows: &[RUNNER_ROWS, HARMLESS, LOADS_CODE],
};

const EXTENSIONS: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", ""];

/// `node [options] script [args]`.
pub(crate) fn node(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    run(call, &NODE, CwdRole::Shadows, case)
}

/// `tsx script [args]`, `ts-node script [args]`.
pub(crate) fn script_runner(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    run(call, &RUNNER, CwdRole::Shadows, case)
}

fn run(call: &Call<'_>, table: &OptionTable, cwd: CwdRole, case: &mut Case<'_>) -> Class {
    let region = read(table, call.args, case);
    if region.inline {
        return Class::InlineCode;
    }
    let Some((path, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(
                rules::STDIN_PROGRAM,
                format!(
                    "`{}` without a script reads its program from the client",
                    text::excerpt(call.command)
                ),
            );
        }
        return Class::Unknown;
    };
    if matches!(path.as_str(), "inspect" | "debug" | "watch") {
        return case.unknown(
            rules::DEBUGGER,
            format!("`{} {path}` is no server", text::excerpt(call.command)),
        );
    }
    if let Some(config) = region
        .last(Slot::Directory)
        .filter(|config| paths::is_temporary(config))
    {
        case.note(
            rules::READS_SETTINGS,
            format!("settings are read from `{}`", text::excerpt(config)),
        );
    }
    Script {
        interpreter: call.command,
        kind: ScriptKind::File,
        path,
        extensions: EXTENSIONS,
        project: None,
        options: region.kept,
        with: Vec::new(),
        args,
        cwd,
    }
    .judge(case)
}

/// The value of NODE_OPTIONS or of npm's `node-options`: node options separated by space.
pub(crate) fn judge_node_options(value: &str, case: &mut Case<'_>) {
    if value.contains(['"', '\'', '\\']) {
        return case.note(
            rules::PRELOAD,
            format!("node options `{}` are quoted", text::excerpt(value)),
        );
    }
    let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    let mut rest: &[String] = &words;
    while !rest.is_empty() {
        let region = read(&NODE, rest, case);
        match region.rest.split_first() {
            Some((operand, _)) if !text::is_variable(operand) => {
                return case.note(
                    rules::UNKNOWN_OPTION,
                    format!("`{}` is no node option", text::excerpt(operand)),
                );
            }
            Some((_, after)) => rest = after,
            None => break,
        }
    }
}
