//! Claude Code and Claude Desktop.

use super::super::shapes::{
    BUNDLE, CLAUDE_AGENT, CLAUDE_DESKTOP as DESKTOP_SHAPE, CLAUDE_JSON, CLAUDE_PLUGIN,
    CLAUDE_SETTINGS, EXTENSION_SETTINGS, PLUGIN_JSON, PROJECT_MCP,
};
use super::{ALL, Client, DESKTOP, LINUX, MACOS, Place, Scope, WINDOWS, common, moved, place};
use crate::document::Format::{Bundle, FrontMatter, Json};

pub(super) const CLAUDE_CODE: Client = Client {
    id: "claude-code",
    name: "Claude Code",
    places: &[
        moved(
            place(Scope::User, ALL, "{home}/.claude.json", Json, &CLAUDE_JSON),
            CONFIG,
            ".claude.json",
        ),
        moved(
            place(
                Scope::User,
                ALL,
                "{home}/.claude/settings.json",
                Json,
                &CLAUDE_SETTINGS,
            ),
            CONFIG,
            "settings.json",
        ),
        place(
            Scope::Project,
            ALL,
            "{ancestors}/.mcp.json",
            Json,
            &PROJECT_MCP,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.claude/settings.json",
            Json,
            &CLAUDE_SETTINGS,
        ),
        place(
            Scope::Local,
            ALL,
            "{project}/.claude/settings.local.json",
            Json,
            &CLAUDE_SETTINGS,
        ),
        moved(
            plugin("{home}/.claude/plugins/cache/**/.mcp.json"),
            CONFIG,
            "plugins/cache/**/.mcp.json",
        ),
        moved(
            plugin("{home}/.claude/plugins/repos/**/.mcp.json"),
            CONFIG,
            "plugins/repos/**/.mcp.json",
        ),
        moved(
            plugin("{home}/.claude/plugins/marketplaces/**/.mcp.json"),
            CONFIG,
            "plugins/marketplaces/**/.mcp.json",
        ),
        moved(
            manifest("{home}/.claude/plugins/cache/**/.claude-plugin/plugin.json"),
            CONFIG,
            "plugins/cache/**/.claude-plugin/plugin.json",
        ),
        moved(
            manifest("{home}/.claude/plugins/repos/**/.claude-plugin/plugin.json"),
            CONFIG,
            "plugins/repos/**/.claude-plugin/plugin.json",
        ),
        manifest("{project}/.claude-plugin/plugin.json"),
        moved(
            agent("{home}/.claude/agents/**/*.md"),
            CONFIG,
            "agents/**/*.md",
        ),
        agent("{project}/.claude/agents/**/*.md"),
        managed(LINUX, "{system}/etc/claude-code/managed-mcp.json"),
        managed(
            MACOS,
            "{system}/Library/Application Support/ClaudeCode/managed-mcp.json",
        ),
        managed(
            WINDOWS,
            "{system}/Program Files/ClaudeCode/managed-mcp.json",
        ),
        managed(WINDOWS, "{system}/ProgramData/ClaudeCode/managed-mcp.json"),
        policy(LINUX, "{system}/etc/claude-code/managed-settings.json"),
        policy(LINUX, "{system}/etc/claude-code/managed-settings.d/*.json"),
        policy(
            MACOS,
            "{system}/Library/Application Support/ClaudeCode/managed-settings.json",
        ),
        policy(
            WINDOWS,
            "{system}/Program Files/ClaudeCode/managed-settings.json",
        ),
        policy(
            WINDOWS,
            "{system}/ProgramData/ClaudeCode/managed-settings.json",
        ),
    ],
};

const CONFIG: &str = "CLAUDE_CONFIG_DIR";

const fn plugin(path: &'static str) -> Place {
    place(Scope::Plugin, ALL, path, Json, &CLAUDE_PLUGIN)
}

const fn manifest(path: &'static str) -> Place {
    place(Scope::Plugin, ALL, path, Json, &PLUGIN_JSON)
}

const fn agent(path: &'static str) -> Place {
    place(Scope::Agent, ALL, path, FrontMatter, &CLAUDE_AGENT)
}

const fn managed(os: &'static [super::Os], path: &'static str) -> Place {
    place(Scope::Managed, os, path, Json, &PROJECT_MCP)
}

const fn policy(os: &'static [super::Os], path: &'static str) -> Place {
    place(Scope::Managed, os, path, Json, &CLAUDE_SETTINGS)
}

pub(super) const CLAUDE_DESKTOP: Client = Client {
    id: "claude-desktop",
    name: "Claude Desktop",
    places: &[
        place(
            Scope::User,
            ALL,
            "{appdata}/Claude/claude_desktop_config.json",
            Json,
            &DESKTOP_SHAPE,
        ),
        place(
            Scope::User,
            LINUX,
            "{config}/claude/claude_desktop_config.json",
            Json,
            &DESKTOP_SHAPE,
        ),
        // The build from the Microsoft Store keeps its own view of %APPDATA%.
        place(
            Scope::User,
            WINDOWS,
            "{home}/AppData/Local/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
            Json,
            &DESKTOP_SHAPE,
        ),
        bundle(
            DESKTOP,
            "{appdata}/Claude/Claude Extensions/*/manifest.json",
        ),
        bundle(LINUX, "{config}/Claude/Claude Extensions/*/manifest.json"),
        settings(
            DESKTOP,
            "{appdata}/Claude/Claude Extensions Settings/*.json",
        ),
        settings(LINUX, "{config}/Claude/Claude Extensions Settings/*.json"),
        common(bundle(ALL, "{project}/manifest.json")),
        archive("{project}/*.mcpb"),
        archive("{project}/*.dxt"),
        archive("{home}/Downloads/*.mcpb"),
        archive("{home}/Downloads/*.dxt"),
    ],
};

const fn bundle(os: &'static [super::Os], path: &'static str) -> Place {
    place(Scope::Extension, os, path, Json, &BUNDLE)
}

const fn settings(os: &'static [super::Os], path: &'static str) -> Place {
    place(Scope::Extension, os, path, Json, &EXTENSION_SETTINGS)
}

const fn archive(path: &'static str) -> Place {
    place(Scope::Extension, ALL, path, Bundle, &BUNDLE)
}
