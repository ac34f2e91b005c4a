//! Option tables of uv 0.9 (`uv help run`, `uv help tool run`) and pipx 1.8 (`pipx run --help`).

use super::options::{
    Arity, Effect, GNU, Opt, OptionTable, Slot, chooses, flags, judged, row, takes, values,
};
use super::registry::judge_registry;
use crate::judge::rules;

/// Options of every uv command.
static GLOBAL: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--offline",
        "--no-cache",
        "-n",
        "--no-cache-dir",
        "--no-progress",
        "--native-tls",
        "--no-native-tls",
        "--system-certs",
        "--no-config",
        "--no-python-downloads",
        "--managed-python",
        "--no-managed-python",
        "--allow-python-downloads",
        "--no-color",
    ]),
    values(&["--color", "--python-preference", "--python-fetch"]),
    takes(Slot::Directory, &["--directory", "--project"]),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--config-file",
            "--allow-insecure-host",
            "--trusted-host",
            "--keyring-provider",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::WRITES_FILES),
        &["--cache-dir"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &["-h", "--help", "-V", "--version"],
    ),
];

/// Resolution: which versions from where.
static RESOLVER: &[Opt] = &[
    flags(&[
        "--isolated",
        "--no-isolated",
        "--refresh",
        "--reinstall",
        "-U",
        "--upgrade",
        "--no-sources",
        "--compile-bytecode",
        "--compile",
        "--force-reinstall",
        "--no-env-file",
        "--lfs",
        "--show-resolution",
        "--no-verify-hashes",
        "--verify-hashes",
        "--require-hashes",
    ]),
    row(Arity::Flag, Effect::Chooses, &["--no-index", "--no-binary"]),
    chooses(&[
        "--prerelease",
        "--resolution",
        "--index-strategy",
        "--exclude-newer",
        "--exclude-newer-package",
        "--no-binary-package",
        "--python-platform",
        "--fork-strategy",
        "--torch-backend",
    ]),
    values(&[
        "--link-mode",
        "--refresh-package",
        "--reinstall-package",
        "-P",
        "--upgrade-package",
        "--no-sources-package",
    ]),
    row(Arity::Flag, Effect::Taken(Slot::NoBuild), &["--no-build"]),
    takes(Slot::NoBuild, &["--no-build-package"]),
    takes(Slot::With, &["-w", "--with"]),
    takes(Slot::Python, &["-p", "--python"]),
    judged(
        judge_registry,
        &[
            "-i",
            "--index-url",
            "--default-index",
            "--index",
            "--extra-index-url",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::REGISTRY_OVERRIDE),
        &["-f", "--find-links"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::LOCAL_PACKAGE),
        &[
            "--with-editable",
            "--with-requirements",
            "-c",
            "--constraints",
            "--constraint",
            "-b",
            "--build-constraints",
            "--build-constraint",
            "--overrides",
            "--override",
        ],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &[
            "--env-file",
            "-C",
            "--config-setting",
            "--config-settings",
            "--config-settings-package",
        ],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::READS_SETTINGS),
        &["--no-build-isolation"],
    ),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &["--no-build-isolation-package"],
    ),
];

static TOOL: &[Opt] = &[takes(Slot::Package, &["--from"])];

static PROJECT: &[Opt] = &[
    flags(&[
        "--all-extras",
        "--no-dev",
        "--dev",
        "--only-dev",
        "--no-default-groups",
        "--all-groups",
        "--no-editable",
        "--inexact",
        "--exact",
        "--frozen",
        "--locked",
        "--no-sync",
        "--no-project",
        "--active",
        "--all-packages",
        "-s",
        "--script",
        "--gui-script",
        "--no-install-project",
    ]),
    values(&[
        "--extra",
        "--no-extra",
        "--group",
        "--no-group",
        "--only-group",
        "--package",
    ]),
    super::options::ends(Slot::Module, &["-m", "--module"]),
];

/// `uv` before its subcommand.
pub(crate) static UV: OptionTable = OptionTable {
    style: GNU,
    rows: &[GLOBAL],
};
/// `uvx` and `uv tool run`.
pub(crate) static UVX: OptionTable = OptionTable {
    style: GNU,
    rows: &[TOOL, RESOLVER, GLOBAL],
};
/// `uv run`.
pub(crate) static UV_RUN: OptionTable = OptionTable {
    style: GNU,
    rows: &[PROJECT, RESOLVER, GLOBAL],
};

static PIPX_ROWS: &[Opt] = &[
    flags(&[
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--no-cache",
        "--pypackages",
        "--fetch-missing-python",
    ]),
    takes(Slot::Package, &["--spec"]),
    takes(Slot::With, &["--with"]),
    takes(Slot::Python, &["--python"]),
    judged(judge_registry, &["-i", "--index-url"]),
    row(
        Arity::Value,
        Effect::Noted(rules::READS_SETTINGS),
        &["--pip-args", "--backend"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::LOCAL_PACKAGE),
        &["--path", "-e", "--editable", "--system-site-packages"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::NO_PROGRAM),
        &["-h", "--help", "--version"],
    ),
];
/// `pipx run`.
pub(crate) static PIPX: OptionTable = OptionTable {
    style: GNU,
    rows: &[PIPX_ROWS],
};
