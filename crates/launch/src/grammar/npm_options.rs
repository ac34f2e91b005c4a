//! Option tables of npm's family, from the documentation of npm 11 (`npm help config`, `npm help exec`), pnpm 10
//! (`pnpm help dlx`) and Yarn 4 (`yarn dlx --help`).

use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, chooses, flags, inline, judged, row, takes, values,
};
use super::registry::judge_registry;
use crate::judge::rules;

/// Settings of npm that can stand on every npm and npx command line.
static NPM_SETTINGS: &[Opt] = &[
    flags(&[
        "-y",
        "--yes",
        "-q",
        "--quiet",
        "-s",
        "--silent",
        "-d",
        "-dd",
        "-ddd",
        "--verbose",
        "--offline",
        "--prefer-offline",
        "--prefer-online",
        "--no-install",
        "--ignore-existing",
        "--audit",
        "--no-audit",
        "--fund",
        "--no-fund",
        "--update-notifier",
        "--no-update-notifier",
        "--ignore-scripts",
        "--strict-peer-deps",
        "--no-color",
        "--progress",
        "--no-progress",
        "--no-package-lock",
        "--no",
        "--no-yes",
        "--force",
        "-f",
        "--foreground-scripts",
        "--unicode",
        "--no-unicode",
        "--timing",
        "--no-workspaces",
        "--strict-ssl",
        "--long",
        "-l",
        "--no-save",
    ]),
    row(
        Arity::Flag,
        Effect::Chooses,
        &["--legacy-peer-deps", "--no-optional", "--prefer-dedupe"],
    ),
    chooses(&[
        "--include",
        "--omit",
        "--before",
        "--cpu",
        "--os",
        "--libc",
        "--tag",
    ]),
    values(&[
        "--loglevel",
        "--fetch-retries",
        "--fetch-timeout",
        "--fetch-retry-mintimeout",
        "--fetch-retry-maxtimeout",
        "--maxsockets",
        "--logs-max",
    ]),
    row(Arity::Joined, Effect::Fine, &["--color"]),
    takes(Slot::Package, &["-p", "--package"]),
    takes(Slot::NodeOptions, &["--node-options"]),
    judged(judge_registry, &["--registry", "--reg"]),
    inline(&["-c", "--call"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--script-shell",
            "--shell",
            "-n",
            "--node-arg",
            "--init-module",
            "--git",
            "--viewer",
            "--editor",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::PRELOAD),
        &["--shell-auto-fallback"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--userconfig",
            "--globalconfig",
            "--cafile",
            "--ca",
            "--npm",
            "--location",
            "--proxy",
            "--https-proxy",
            "--noproxy",
            "--cert",
            "--key",
            "--local-address",
            "--auth-type",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::WRITES_FILES),
        &["--cache", "--logs-dir", "--pack-destination", "--tmp"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::READS_SETTINGS),
        &["--no-strict-ssl"],
    ),
];

/// What npx leaves to npm's settings minus the directories that npm itself can be pointed at.
static NPX_DIRECTORIES: &[Opt] = &[
    row(
        Arity::Value,
        Effect::Noted(rules::CWD_SHADOWS),
        &["--prefix", "-C", "-w", "--workspace"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::CWD_SHADOWS),
        &["--workspaces", "-ws", "-g", "--global"],
    ),
];

static NPM_DIRECTORIES: &[Opt] = &[
    takes(Slot::Directory, &["--prefix", "-C"]),
    values(&["-w", "--workspace"]),
    flags(&["--if-present"]),
];

/// `npx` and `npm exec`.
pub(crate) static NPX: OptionTable = OptionTable {
    style: GNU,
    rows: &[NPM_SETTINGS, NPX_DIRECTORIES],
};
/// `npm` before and after `run`, `start` and the like.
pub(crate) static NPM: OptionTable = OptionTable {
    style: GNU,
    rows: &[NPM_SETTINGS, NPM_DIRECTORIES],
};

static PNPM_ROWS: &[Opt] = &[
    flags(&[
        "-s",
        "--silent",
        "--no-color",
        "--color",
        "--offline",
        "--prefer-offline",
        "--ignore-scripts",
        "--if-present",
        "--use-stderr",
        "--aggregate-output",
        "-y",
        "--yes",
        "--ignore-workspace",
        "--no-bail",
    ]),
    values(&[
        "--reporter",
        "--loglevel",
        "--allow-build",
        "--network-concurrency",
        "--fetch-timeout",
        "--fetch-retries",
        "--stream",
    ]),
    takes(Slot::Directory, &["-C", "--dir"]),
    takes(Slot::Package, &["--package"]),
    values(&["-F", "--filter"]),
    judged(judge_registry, &["--registry"]),
    row(Arity::Flag, Effect::Inline, &["-c", "--shell-mode"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--script-shell",
            "--global-dir",
            "--config-dir",
            "--node-options",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::WRITES_FILES),
        &[
            "--store-dir",
            "--cache-dir",
            "--state-dir",
            "--virtual-store-dir",
            "--modules-dir",
        ],
    ),
];
/// `pnpm` and its subcommands.
pub(crate) static PNPM: OptionTable = OptionTable {
    style: GNU,
    rows: &[PNPM_ROWS],
};

static YARN_ROWS: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "-s",
        "--silent",
        "--offline",
        "--prefer-offline",
        "--non-interactive",
        "--no-progress",
        "-T",
        "--top-level",
    ]),
    takes(Slot::Directory, &["--cwd"]),
    takes(Slot::Package, &["-p", "--package"]),
    judged(judge_registry, &["--registry"]),
    row(
        Arity::Flag,
        Effect::Noted(rules::DEBUGGER),
        &["--inspect", "--inspect-brk"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "--require",
            "--use-yarnrc",
            "--script-shell",
            "--modules-folder",
            "--cache-folder",
            "--global-folder",
        ],
    ),
];
/// `yarn` and its subcommands.
pub(crate) static YARN: OptionTable = OptionTable {
    style: GNU,
    rows: &[YARN_ROWS],
};
