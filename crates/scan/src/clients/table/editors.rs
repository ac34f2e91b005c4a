//! Editors and desktop programs with files of their own.

use super::super::shapes::{
    ANTIGRAVITY as ANTIGRAVITY_SHAPE, CLAUDE_PLUGIN, COMMON, CONTINUE as CONTINUE_SHAPE,
    CONTINUE_JSON, CURSOR as CURSOR_SHAPE, CURSOR_PERMISSIONS, LM_STUDIO as LM_STUDIO_SHAPE,
    PROJECT_MCP, WINDSURF as WINDSURF_SHAPE, ZED as ZED_SHAPE,
};
use super::{ALL, Client, LINUX, Place, Scope, UNIX, WINDOWS, moved, place};
use crate::document::Format::{Json, Jsonc, Yaml};

pub(super) const CURSOR: Client = Client {
    id: "cursor",
    name: "Cursor",
    places: &[
        place(
            Scope::User,
            ALL,
            "{home}/.cursor/mcp.json",
            Json,
            &CURSOR_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.cursor/mcp.json",
            Json,
            &CURSOR_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.mcp.json",
            Json,
            &PROJECT_MCP,
        ),
        permissions(Scope::User, "{home}/.cursor/permissions.json"),
        permissions(Scope::User, "{home}/.cursor/cli-config.json"),
        permissions(Scope::Project, "{project}/.cursor/cli.json"),
        plugin("{home}/.cursor/plugins/cache/**/mcp.json"),
        plugin("{home}/.cursor/plugins/cache/**/.mcp.json"),
        plugin("{home}/.cursor/plugins/local/**/mcp.json"),
        plugin("{home}/.cursor/plugins/local/**/.mcp.json"),
    ],
};

const fn permissions(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Json, &CURSOR_PERMISSIONS)
}

const fn plugin(path: &'static str) -> Place {
    place(Scope::Plugin, ALL, path, Json, &CLAUDE_PLUGIN)
}

pub(super) const WINDSURF: Client = Client {
    id: "windsurf",
    name: "Windsurf",
    places: &[
        windsurf("{home}/.codeium/windsurf/mcp_config.json"),
        windsurf("{home}/.codeium/windsurf-next/mcp_config.json"),
        windsurf("{home}/.codeium/mcp_config.json"),
        place(
            Scope::Project,
            ALL,
            "{project}/.windsurf/mcp.json",
            Json,
            &WINDSURF_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.mcp.json",
            Json,
            &PROJECT_MCP,
        ),
    ],
};

const fn windsurf(path: &'static str) -> Place {
    place(Scope::User, ALL, path, Json, &WINDSURF_SHAPE)
}

pub(super) const CONTINUE: Client = Client {
    id: "continue",
    name: "Continue",
    places: &[
        moved(
            place(
                Scope::User,
                ALL,
                "{home}/.continue/config.yaml",
                Yaml,
                &CONTINUE_SHAPE,
            ),
            "CONTINUE_GLOBAL_DIR",
            "config.yaml",
        ),
        moved(
            place(
                Scope::User,
                ALL,
                "{home}/.continue/config.json",
                Jsonc,
                &CONTINUE_JSON,
            ),
            "CONTINUE_GLOBAL_DIR",
            "config.json",
        ),
        yaml(Scope::User, "{home}/.continue/mcpServers/*.yaml"),
        yaml(Scope::User, "{home}/.continue/mcpServers/*.yml"),
        json(Scope::User, "{home}/.continue/mcpServers/*.json"),
        yaml(Scope::Project, "{project}/.continue/mcpServers/*.yaml"),
        yaml(Scope::Project, "{project}/.continue/mcpServers/*.yml"),
        json(Scope::Project, "{project}/.continue/mcpServers/*.json"),
    ],
};

const fn yaml(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Yaml, &CONTINUE_SHAPE)
}

const fn json(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Json, &CONTINUE_JSON)
}

pub(super) const ZED: Client = Client {
    id: "zed",
    name: "Zed",
    places: &[
        // Linux and macOS alike; only Windows has it elsewhere.
        place(
            Scope::User,
            LINUX,
            "{config}/zed/settings.json",
            Jsonc,
            &ZED_SHAPE,
        ),
        place(
            Scope::User,
            super::MACOS,
            "{home}/.config/zed/settings.json",
            Jsonc,
            &ZED_SHAPE,
        ),
        place(
            Scope::User,
            LINUX,
            "{home}/.var/app/dev.zed.Zed/config/zed/settings.json",
            Jsonc,
            &ZED_SHAPE,
        ),
        place(
            Scope::User,
            WINDOWS,
            "{appdata}/Zed/settings.json",
            Jsonc,
            &ZED_SHAPE,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.zed/settings.json",
            Jsonc,
            &ZED_SHAPE,
        ),
    ],
};

pub(super) const JETBRAINS: Client = Client {
    id: "jetbrains",
    name: "JetBrains AI Assistant and Junie",
    places: &[
        place(
            Scope::User,
            ALL,
            "{home}/.junie/mcp/mcp.json",
            Json,
            &COMMON,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.junie/mcp/mcp.json",
            Json,
            &COMMON,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.ai/mcp/mcp.json",
            Json,
            &COMMON,
        ),
        place(
            Scope::User,
            UNIX,
            "{home}/.config/github-copilot/intellij/mcp.json",
            Jsonc,
            &super::super::shapes::VSCODE_MCP,
        ),
    ],
};

pub(super) const LM_STUDIO: Client = Client {
    id: "lm-studio",
    name: "LM Studio",
    places: &[
        place(
            Scope::User,
            ALL,
            "{home}/.lmstudio/mcp.json",
            Json,
            &LM_STUDIO_SHAPE,
        ),
        place(
            Scope::User,
            ALL,
            "{home}/.cache/lm-studio/mcp.json",
            Json,
            &LM_STUDIO_SHAPE,
        ),
    ],
};

pub(super) const ANTIGRAVITY: Client = Client {
    id: "antigravity",
    name: "Antigravity",
    places: &[
        antigravity(Scope::User, "{home}/.gemini/antigravity/mcp_config.json"),
        antigravity(Scope::User, "{home}/.gemini/config/mcp_config.json"),
        antigravity(
            Scope::Plugin,
            "{home}/.gemini/config/plugins/*/mcp_config.json",
        ),
        antigravity(Scope::Plugin, "{home}/.gemini/config/plugins/*/mcp.json"),
        place(
            Scope::Plugin,
            ALL,
            "{home}/.gemini/config/plugins/*/.mcp.json",
            Json,
            &CLAUDE_PLUGIN,
        ),
    ],
};

const fn antigravity(scope: Scope, path: &'static str) -> Place {
    place(scope, ALL, path, Json, &ANTIGRAVITY_SHAPE)
}

pub(super) const TRAE: Client = Client {
    id: "trae",
    name: "Trae",
    places: &[
        place(
            Scope::User,
            ALL,
            "{appdata}/Trae/User/mcp.json",
            Json,
            &COMMON,
        ),
        place(
            Scope::User,
            ALL,
            "{appdata}/Trae CN/User/mcp.json",
            Json,
            &COMMON,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.trae/mcp.json",
            Json,
            &COMMON,
        ),
    ],
};

pub(super) const QODER: Client = Client {
    id: "qoder",
    name: "Qoder",
    places: &[place(
        Scope::User,
        ALL,
        "{home}/.qoder/mcp.json",
        Json,
        &COMMON,
    )],
};

pub(super) const SEMA4: Client = Client {
    id: "sema4",
    name: "Sema4.ai Studio",
    places: &[place(
        Scope::User,
        ALL,
        "{home}/.sema4ai/sema4ai-studio/mcp_servers.json",
        Json,
        &COMMON,
    )],
};
