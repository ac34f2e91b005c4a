//! Clients for the terminal.

use super::super::shapes::{
    AMAZON_Q as AMAZON_Q_SHAPE, AMAZON_Q_AGENT, AMP as AMP_SHAPE, CLAUDE_PLUGIN,
    CODEX as CODEX_SHAPE, COMMON, COPILOT, COPILOT_CONFIG, CRUSH as CRUSH_SHAPE, GEMINI,
    GEMINI_FOLDERS, GOOSE as GOOSE_SHAPE, KIRO as KIRO_SHAPE, MCPORTER as MCPORTER_SHAPE,
    OPENCODE as OPENCODE_SHAPE, PROJECT_MCP, VIBE, WARP as WARP_SHAPE,
};
use super::{ALL, Client, DESKTOP, LINUX, MACOS, Os, Place, Scope, UNIX, WINDOWS, moved, place};
use crate::document::Format::{Json, Jsonc, Toml, Yaml};

pub(super) const GEMINI_CLI: Client = Client {
    id: "gemini-cli",
    name: "Gemini CLI",
    places: &[
        gemini(Scope::User, ALL, "{home}/.gemini/settings.json"),
        place(
            Scope::User,
            ALL,
            "{home}/.gemini/trustedFolders.json",
            Jsonc,
            &GEMINI_FOLDERS,
        ),
        gemini(
            Scope::Extension,
            ALL,
            "{home}/.gemini/extensions/*/gemini-extension.json",
        ),
        gemini(Scope::Project, ALL, "{project}/.gemini/settings.json"),
        gemini(Scope::Extension, ALL, "{project}/gemini-extension.json"),
        gemini(
            Scope::Managed,
            LINUX,
            "{system}/etc/gemini-cli/settings.json",
        ),
        gemini(
            Scope::Managed,
            LINUX,
            "{system}/etc/gemini-cli/system-defaults.json",
        ),
        gemini(
            Scope::Managed,
            MACOS,
            "{system}/Library/Application Support/GeminiCli/settings.json",
        ),
        gemini(
            Scope::Managed,
            MACOS,
            "{system}/Library/Application Support/GeminiCli/system-defaults.json",
        ),
        gemini(
            Scope::Managed,
            WINDOWS,
            "{system}/ProgramData/gemini-cli/settings.json",
        ),
        gemini(
            Scope::Managed,
            WINDOWS,
            "{system}/ProgramData/gemini-cli/system-defaults.json",
        ),
    ],
};

const fn gemini(scope: Scope, os: &'static [Os], path: &'static str) -> Place {
    place(scope, os, path, Jsonc, &GEMINI)
}

pub(super) const CODEX: Client = Client {
    id: "codex",
    name: "Codex",
    places: &[
        moved(
            codex(Scope::User, ALL, "{home}/.codex/config.toml"),
            "CODEX_HOME",
            "config.toml",
        ),
        moved(
            codex(Scope::User, ALL, "{home}/.codex/*.config.toml"),
            "CODEX_HOME",
            "*.config.toml",
        ),
        codex(Scope::Project, ALL, "{project}/.codex/config.toml"),
        codex(Scope::Managed, UNIX, "{system}/etc/codex/config.toml"),
        codex(
            Scope::Managed,
            UNIX,
            "{system}/etc/codex/managed_config.toml",
        ),
        codex(
            Scope::Managed,
            WINDOWS,
            "{system}/ProgramData/OpenAI/Codex/config.toml",
        ),
        moved(
            place(
                Scope::Plugin,
                ALL,
                "{home}/.codex/plugins/**/.mcp.json",
                Json,
                &CLAUDE_PLUGIN,
            ),
            "CODEX_HOME",
            "plugins/**/.mcp.json",
        ),
    ],
};

const fn codex(scope: Scope, os: &'static [Os], path: &'static str) -> Place {
    place(scope, os, path, Toml, &CODEX_SHAPE)
}

pub(super) const GOOSE: Client = Client {
    id: "goose",
    name: "Goose",
    places: &[
        place(
            Scope::User,
            LINUX,
            "{config}/goose/config.yaml",
            Yaml,
            &GOOSE_SHAPE,
        ),
        place(
            Scope::User,
            MACOS,
            "{home}/.config/goose/config.yaml",
            Yaml,
            &GOOSE_SHAPE,
        ),
        place(
            Scope::User,
            WINDOWS,
            "{appdata}/Block/goose/config/config.yaml",
            Yaml,
            &GOOSE_SHAPE,
        ),
    ],
};

pub(super) const AMAZON_Q: Client = Client {
    id: "amazon-q",
    name: "Amazon Q CLI",
    places: &[
        place(
            Scope::User,
            ALL,
            "{home}/.aws/amazonq/mcp.json",
            Json,
            &AMAZON_Q_SHAPE,
        ),
        place(
            Scope::Agent,
            ALL,
            "{home}/.aws/amazonq/cli-agents/*.json",
            Json,
            &AMAZON_Q_AGENT,
        ),
        place(
            Scope::Agent,
            ALL,
            "{home}/.aws/amazonq/agents/*.json",
            Json,
            &AMAZON_Q_AGENT,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.amazonq/mcp.json",
            Json,
            &AMAZON_Q_SHAPE,
        ),
        place(
            Scope::Agent,
            ALL,
            "{project}/.amazonq/cli-agents/*.json",
            Json,
            &AMAZON_Q_AGENT,
        ),
    ],
};

pub(super) const COPILOT_CLI: Client = Client {
    id: "copilot-cli",
    name: "Copilot CLI",
    places: &[
        moved(
            place(
                Scope::User,
                ALL,
                "{home}/.copilot/config.json",
                Jsonc,
                &COPILOT_CONFIG,
            ),
            "COPILOT_HOME",
            "config.json",
        ),
        moved(
            place(
                Scope::User,
                ALL,
                "{home}/.copilot/mcp-config.json",
                Json,
                &COPILOT,
            ),
            "COPILOT_HOME",
            "mcp-config.json",
        ),
        place(
            Scope::User,
            LINUX,
            "{config}/copilot/mcp-config.json",
            Json,
            &COPILOT,
        ),
        place(
            Scope::User,
            LINUX,
            "{config}/.copilot/mcp-config.json",
            Json,
            &COPILOT,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.mcp.json",
            Json,
            &PROJECT_MCP,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.github/mcp.json",
            Json,
            &COPILOT,
        ),
        moved(
            place(
                Scope::Plugin,
                ALL,
                "{home}/.copilot/plugins/**/.mcp.json",
                Json,
                &CLAUDE_PLUGIN,
            ),
            "COPILOT_HOME",
            "plugins/**/.mcp.json",
        ),
        moved(
            place(
                Scope::Plugin,
                ALL,
                "{home}/.copilot/installed-plugins/**/.mcp.json",
                Json,
                &CLAUDE_PLUGIN,
            ),
            "COPILOT_HOME",
            "installed-plugins/**/.mcp.json",
        ),
        moved(
            place(
                Scope::Plugin,
                ALL,
                "{home}/.copilot/installed-plugins/**/mcp.json",
                Json,
                &CLAUDE_PLUGIN,
            ),
            "COPILOT_HOME",
            "installed-plugins/**/mcp.json",
        ),
    ],
};

pub(super) const OPENCODE: Client = Client {
    id: "opencode",
    name: "opencode",
    places: &[
        moved(
            opencode(Scope::User, LINUX, "{config}/opencode/opencode.json"),
            "OPENCODE_CONFIG",
            "",
        ),
        moved(
            opencode(Scope::User, LINUX, "{config}/opencode/opencode.jsonc"),
            "OPENCODE_CONFIG_DIR",
            "opencode.jsonc",
        ),
        opencode(Scope::User, LINUX, "{config}/opencode/config.json"),
        moved(
            opencode(
                Scope::User,
                DESKTOP,
                "{home}/.config/opencode/opencode.json",
            ),
            "OPENCODE_CONFIG",
            "",
        ),
        moved(
            opencode(
                Scope::User,
                DESKTOP,
                "{home}/.config/opencode/opencode.jsonc",
            ),
            "OPENCODE_CONFIG_DIR",
            "opencode.jsonc",
        ),
        moved(
            opencode(Scope::User, ALL, "{home}/.opencode/opencode.json"),
            "OPENCODE_CONFIG_DIR",
            "opencode.json",
        ),
        opencode(Scope::User, ALL, "{home}/.opencode/opencode.jsonc"),
        opencode(Scope::Project, ALL, "{ancestors}/opencode.json"),
        opencode(Scope::Project, ALL, "{ancestors}/opencode.jsonc"),
        opencode(Scope::Project, ALL, "{ancestors}/.opencode/opencode.json"),
        opencode(Scope::Project, ALL, "{ancestors}/.opencode/opencode.jsonc"),
        opencode(Scope::Managed, LINUX, "{system}/etc/opencode/opencode.json"),
        opencode(
            Scope::Managed,
            LINUX,
            "{system}/etc/opencode/opencode.jsonc",
        ),
        opencode(
            Scope::Managed,
            MACOS,
            "{system}/Library/Application Support/opencode/opencode.json",
        ),
        opencode(
            Scope::Managed,
            MACOS,
            "{system}/Library/Application Support/opencode/opencode.jsonc",
        ),
        opencode(
            Scope::Managed,
            WINDOWS,
            "{system}/ProgramData/opencode/opencode.json",
        ),
        opencode(
            Scope::Managed,
            WINDOWS,
            "{system}/ProgramData/opencode/opencode.jsonc",
        ),
    ],
};

const fn opencode(scope: Scope, os: &'static [Os], path: &'static str) -> Place {
    place(scope, os, path, Jsonc, &OPENCODE_SHAPE)
}

pub(super) const KIRO: Client = Client {
    id: "kiro",
    name: "Kiro",
    places: &[
        kiro(Scope::User, "{home}/.kiro/settings/mcp.json"),
        kiro(Scope::Project, "{project}/.kiro/settings/mcp.json"),
        place(
            Scope::Agent,
            ALL,
            "{home}/.kiro/agents/*.json",
            Json,
            &AMAZON_Q_AGENT,
        ),
        place(
            Scope::Agent,
            ALL,
            "{project}/.kiro/agents/*.json",
            Json,
            &AMAZON_Q_AGENT,
        ),
        kiro(Scope::Plugin, "{home}/.kiro/powers/installed/*/mcp.json"),
    ],
};

const fn kiro(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Json, &KIRO_SHAPE)
}

pub(super) const WARP: Client = Client {
    id: "warp",
    name: "Warp",
    places: &[
        place(
            Scope::User,
            ALL,
            "{home}/.warp/.mcp.json",
            Json,
            &WARP_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.warp/.mcp.json",
            Json,
            &WARP_SHAPE,
        ),
    ],
};

pub(super) const AMP: Client = Client {
    id: "amp",
    name: "Amp",
    places: &[
        place(
            Scope::User,
            LINUX,
            "{config}/amp/settings.json",
            Jsonc,
            &AMP_SHAPE,
        ),
        place(
            Scope::User,
            MACOS,
            "{home}/.config/amp/settings.json",
            Jsonc,
            &AMP_SHAPE,
        ),
        place(
            Scope::User,
            WINDOWS,
            "{appdata}/amp/settings.json",
            Jsonc,
            &AMP_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.amp/settings.json",
            Jsonc,
            &AMP_SHAPE,
        ),
    ],
};

pub(super) const CRUSH: Client = Client {
    id: "crush",
    name: "Crush",
    places: &[
        place(
            Scope::User,
            LINUX,
            "{config}/crush/crush.json",
            Json,
            &CRUSH_SHAPE,
        ),
        place(
            Scope::User,
            DESKTOP,
            "{home}/.config/crush/crush.json",
            Json,
            &CRUSH_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/crush.json",
            Json,
            &CRUSH_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.crush.json",
            Json,
            &CRUSH_SHAPE,
        ),
    ],
};

pub(super) const MISTRAL_VIBE: Client = Client {
    id: "mistral-vibe",
    name: "Mistral Vibe",
    places: &[
        moved(
            place(Scope::User, ALL, "{home}/.vibe/config.toml", Toml, &VIBE),
            "VIBE_HOME",
            "config.toml",
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.vibe/config.toml",
            Toml,
            &VIBE,
        ),
    ],
};

pub(super) const KIMI: Client = Client {
    id: "kimi",
    name: "Kimi",
    places: &[place(
        Scope::User,
        ALL,
        "{home}/.kimi/mcp.json",
        Json,
        &COMMON,
    )],
};

pub(super) const FACTORY: Client = Client {
    id: "factory",
    name: "Factory",
    places: &[
        place(Scope::User, ALL, "{home}/.factory/mcp.json", Json, &COMMON),
        place(
            Scope::Project,
            ALL,
            "{project}/.factory/mcp.json",
            Json,
            &COMMON,
        ),
    ],
};

pub(super) const MCPORTER: Client = Client {
    id: "mcporter",
    name: "MCPorter",
    places: &[
        mcporter(Scope::User, "{home}/.mcporter/mcporter.json"),
        mcporter(Scope::User, "{home}/.mcporter/mcporter.jsonc"),
        mcporter(Scope::Project, "{project}/config/mcporter.json"),
    ],
};

const fn mcporter(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Jsonc, &MCPORTER_SHAPE)
}
