//! VS Code, and what lives in its storage.

use super::super::shapes::{
    CLINE as CLINE_SHAPE, COPILOT, DEVCONTAINER, PROJECT_MCP, ROO as ROO_SHAPE, VSCODE_EXTENSION,
    VSCODE_MCP, VSCODE_SETTINGS, VSCODE_WORKSPACE,
};
use super::{ALL, Client, LINUX, Place, Scope, common, moved, place};
use crate::document::Format::{Json, Jsonc};

/// The manifest of an extension; few bring servers.
const fn extension(path: &'static str) -> Place {
    common(place(Scope::Extension, ALL, path, Json, &VSCODE_EXTENSION))
}

pub(super) const VSCODE: Client = Client {
    id: "vscode",
    name: "VS Code",
    places: &[
        servers("{appdata}/Code/User/mcp.json"),
        servers("{appdata}/Code - Insiders/User/mcp.json"),
        servers("{appdata}/VSCodium/User/mcp.json"),
        servers("{appdata}/Code/User/profiles/*/mcp.json"),
        servers("{appdata}/Code - Insiders/User/profiles/*/mcp.json"),
        servers("{home}/.vscode-server/data/User/mcp.json"),
        servers("{home}/.vscode-server-insiders/data/User/mcp.json"),
        servers("{home}/.vscode-remote/data/User/mcp.json"),
        settings("{appdata}/Code/User/settings.json"),
        settings("{appdata}/Code - Insiders/User/settings.json"),
        settings("{appdata}/VSCodium/User/settings.json"),
        settings("{appdata}/Code/User/profiles/*/settings.json"),
        settings("{home}/.vscode-server/data/Machine/settings.json"),
        place(
            Scope::Extension,
            ALL,
            "{home}/.vscode/extensions/*/mcp.json",
            Jsonc,
            &VSCODE_MCP,
        ),
        place(
            Scope::Extension,
            ALL,
            "{home}/.vscode-server/extensions/*/mcp.json",
            Jsonc,
            &VSCODE_MCP,
        ),
        extension("{home}/.vscode/extensions/*/package.json"),
        extension("{home}/.vscode-server/extensions/*/package.json"),
        extension("{home}/.cursor/extensions/*/package.json"),
        place(
            Scope::Project,
            ALL,
            "{project}/.vscode/mcp.json",
            Jsonc,
            &VSCODE_MCP,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.vscode/settings.json",
            Jsonc,
            &VSCODE_SETTINGS,
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/*.code-workspace",
            Jsonc,
            &VSCODE_WORKSPACE,
        ),
        devcontainer("{project}/.devcontainer/devcontainer.json"),
        devcontainer("{project}/.devcontainer/*/devcontainer.json"),
        devcontainer("{project}/.devcontainer.json"),
        // The portable format, which it shares with others.
        place(
            Scope::Project,
            ALL,
            "{project}/.mcp.json",
            Json,
            &PROJECT_MCP,
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
    ],
};

const fn servers(path: &'static str) -> Place {
    place(Scope::User, ALL, path, Jsonc, &VSCODE_MCP)
}

const fn settings(path: &'static str) -> Place {
    place(Scope::User, ALL, path, Jsonc, &VSCODE_SETTINGS)
}

const fn devcontainer(path: &'static str) -> Place {
    place(Scope::Devcontainer, ALL, path, Jsonc, &DEVCONTAINER)
}

pub(super) const CLINE: Client = Client {
    id: "cline",
    name: "Cline",
    places: &[
        moved(
            cline("{home}/.cline/data/settings/cline_mcp_settings.json"),
            "CLINE_DIR",
            "data/settings/cline_mcp_settings.json",
        ),
        cline("{home}/.cline/mcp.json"),
        cline(
            "{appdata}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
        cline(
            "{appdata}/Code - Insiders/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
        cline(
            "{appdata}/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
        cline(
            "{home}/.vscode-server/data/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        ),
    ],
};

const fn cline(path: &'static str) -> Place {
    place(Scope::User, ALL, path, Json, &CLINE_SHAPE)
}

pub(super) const ROO: Client = Client {
    id: "roo",
    name: "Roo Code",
    places: &[
        roo(
            "{appdata}/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        ),
        roo(
            "{appdata}/Code - Insiders/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        ),
        roo(
            "{appdata}/Cursor/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        ),
        roo(
            "{home}/.vscode-server/data/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        ),
        place(
            Scope::Project,
            ALL,
            "{project}/.roo/mcp.json",
            Json,
            &ROO_SHAPE,
        ),
    ],
};

const fn roo(path: &'static str) -> Place {
    place(Scope::User, ALL, path, Json, &ROO_SHAPE)
}

pub(super) const KILO: Client = Client {
    id: "kilo",
    name: "Kilo Code",
    places: &[
        roo("{home}/.kilocode/cli/global/settings/mcp_settings.json"),
        roo("{appdata}/Code/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json"),
        place(
            Scope::Project,
            ALL,
            "{project}/.kilocode/mcp.json",
            Json,
            &ROO_SHAPE,
        ),
        place(
            Scope::User,
            LINUX,
            "{home}/.vscode-server/data/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json",
            Json,
            &ROO_SHAPE,
        ),
    ],
};
