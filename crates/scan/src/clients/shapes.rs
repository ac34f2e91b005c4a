//! Where each kind of file keeps its servers and its switches.

use super::entries;
use super::place::Scope;
use super::shape::{Layout, Root, Shape, SwitchRule};
use crate::server::SwitchKind;

/// A map of names to entries at `path`.
const fn map(path: &'static [&'static str]) -> Root {
    Root {
        path,
        layout: Layout::Map,
        loose: false,
        scope: None,
    }
}

/// A map at `path` that holds other things too.
const fn loose(path: &'static [&'static str]) -> Root {
    Root {
        path,
        layout: Layout::Map,
        loose: true,
        scope: None,
    }
}

const fn switch(kind: SwitchKind, path: &'static [&'static str]) -> SwitchRule {
    SwitchRule { kind, path }
}

const MCP_SERVERS: &[Root] = &[map(&["mcpServers"])];

/// Declares a shape whose servers are a map under `mcpServers` and which has no switches of its own.
macro_rules! plain {
    ($($name:ident = $id:literal $fields:ident,)+) => {
        $(pub(super) static $name: Shape = Shape {
            id: $id,
            roots: MCP_SERVERS,
            fields: &entries::$fields,
            switches: &[],
        };)+
    };
}

plain! {
    COMMON = "common" COMMON,
    CLAUDE_DESKTOP = "claude-desktop" CLAUDE_DESKTOP,
    CURSOR = "cursor" CURSOR,
    WINDSURF = "windsurf" WINDSURF,
    CLINE = "cline" CLINE,
    ROO = "roo" ROO,
    COPILOT = "copilot-cli" COPILOT,
    LM_STUDIO = "lm-studio" COMMON,
    LIBRECHAT = "librechat" LIBRECHAT,
    MCPO = "mcpo" MCPO,
    ANTIGRAVITY = "antigravity" ANTIGRAVITY,
    MCPORTER = "mcporter" MCPORTER,
}

/// `.mcp.json` of a project, which several clients read.
pub(super) static PROJECT_MCP: Shape = Shape {
    id: "project-mcp",
    roots: MCP_SERVERS,
    fields: &entries::CLAUDE_CODE,
    switches: &[],
};

/// `~/.claude.json`: one user's servers, and those of one user in one project.
pub(super) static CLAUDE_JSON: Shape = Shape {
    id: "claude-json",
    roots: &[
        map(&["mcpServers"]),
        Root {
            path: &["projects", "*", "mcpServers"],
            layout: Layout::Map,
            loose: false,
            scope: Some(Scope::Local),
        },
    ],
    fields: &entries::CLAUDE_CODE,
    switches: &[
        switch(
            SwitchKind::EnableProjectServers,
            &["projects", "*", "enableAllProjectMcpServers"],
        ),
        switch(
            SwitchKind::EnabledByName,
            &["projects", "*", "enabledMcpjsonServers"],
        ),
        switch(
            SwitchKind::DisabledByName,
            &["projects", "*", "disabledMcpjsonServers"],
        ),
        switch(SwitchKind::AllowRule, &["projects", "*", "allowedTools"]),
    ],
};

/// `settings.json` of Claude Code in its scopes, which starts no servers but decides which need no asking.
pub(super) static CLAUDE_SETTINGS: Shape = Shape {
    id: "claude-settings",
    roots: &[],
    fields: &entries::CLAUDE_CODE,
    switches: &[
        switch(
            SwitchKind::EnableProjectServers,
            &["enableAllProjectMcpServers"],
        ),
        switch(SwitchKind::EnabledByName, &["enabledMcpjsonServers"]),
        switch(SwitchKind::DisabledByName, &["disabledMcpjsonServers"]),
        switch(SwitchKind::Restriction, &["allowedMcpServers"]),
        switch(SwitchKind::Restriction, &["deniedMcpServers"]),
        switch(SwitchKind::Restriction, &["allowManagedMcpServersOnly"]),
        switch(SwitchKind::AllowRule, &["permissions", "allow"]),
        switch(SwitchKind::AutoRun, &["permissions", "defaultMode"]),
        switch(SwitchKind::AutoRun, &["skipDangerousModePermissionPrompt"]),
        switch(SwitchKind::Sandbox, &["sandbox", "enabled"]),
        switch(
            SwitchKind::AutoApprove,
            &["sandbox", "autoAllowBashIfSandboxed"],
        ),
        switch(SwitchKind::RunsProgram, &["hooks"]),
        switch(SwitchKind::RunsProgram, &["apiKeyHelper"]),
        switch(SwitchKind::RunsProgram, &["awsAuthRefresh"]),
        switch(SwitchKind::RunsProgram, &["awsCredentialExport"]),
        switch(SwitchKind::RunsProgram, &["otelHeadersHelper"]),
    ],
};

/// A plugin's `.mcp.json`: one flat map, or wrapped as elsewhere.
pub(super) static CLAUDE_PLUGIN: Shape = Shape {
    id: "plugin-mcp",
    roots: &[map(&["mcpServers"]), loose(&[])],
    fields: &entries::CLAUDE_CODE,
    switches: &[],
};

/// A plugin's `plugin.json`, where `mcpServers` may also be the path of a file.
pub(super) static PLUGIN_JSON: Shape = Shape {
    id: "plugin-json",
    roots: &[loose(&["mcpServers"])],
    fields: &entries::CLAUDE_CODE,
    switches: &[switch(SwitchKind::RunsProgram, &["hooks"])],
};

/// The front matter of an agent of Claude Code.
pub(super) static CLAUDE_AGENT: Shape = Shape {
    id: "claude-agent",
    roots: &[Root {
        path: &["mcpServers"],
        layout: Layout::Mixed,
        loose: true,
        scope: None,
    }],
    fields: &entries::CLAUDE_CODE,
    switches: &[
        switch(SwitchKind::AutoRun, &["permissionMode"]),
        switch(SwitchKind::RunsProgram, &["hooks"]),
    ],
};

/// The manifest of an MCPB bundle.
pub(super) static BUNDLE: Shape = Shape {
    id: "bundle",
    roots: &[Root {
        path: &["server", "mcp_config"],
        layout: Layout::One { name: &["name"] },
        loose: false,
        scope: None,
    }],
    fields: &entries::BUNDLE,
    switches: &[],
};

/// `mcp.json` of VS Code.
pub(super) static VSCODE_MCP: Shape = Shape {
    id: "vscode-mcp",
    roots: &[map(&["servers"])],
    fields: &entries::VSCODE,
    switches: &[],
};

/// `package.json` of an extension of VS Code, which has to declare servers that its code brings: what they are stands in the code alone.
pub(super) static VSCODE_EXTENSION: Shape = Shape {
    id: "vscode-extension",
    roots: &[Root {
        path: &["contributes", "mcpServerDefinitionProviders"],
        layout: Layout::List {
            name: &[&["label"], &["id"]],
        },
        loose: false,
        scope: None,
    }],
    fields: &entries::VSCODE_EXTENSION,
    switches: &[],
};

/// `settings.json` of VS Code: servers as it wrote them before it had `mcp.json`.
pub(super) static VSCODE_SETTINGS: Shape = Shape {
    id: "vscode-settings",
    roots: &[map(&["mcp", "servers"]), map(&["mcp.servers"])],
    fields: &entries::VSCODE,
    switches: VSCODE_SWITCHES,
};

const VSCODE_SWITCHES: &[SwitchRule] = &[
    switch(SwitchKind::Discovery, &["chat.mcp.discovery.enabled"]),
    switch(SwitchKind::AutoStart, &["chat.mcp.autostart"]),
    switch(SwitchKind::Restriction, &["chat.mcp.access"]),
    switch(SwitchKind::Restriction, &["chat.mcp.allowedServers"]),
    switch(SwitchKind::Restriction, &["chat.mcp.deniedServers"]),
    switch(SwitchKind::AutoRun, &["chat.tools.autoApprove"]),
    switch(SwitchKind::AutoRun, &["chat.tools.global.autoApprove"]),
    switch(SwitchKind::AutoRun, &["chat.tools.terminal.autoApprove"]),
];

/// A workspace file: settings one level down.
pub(super) static VSCODE_WORKSPACE: Shape = Shape {
    id: "vscode-workspace",
    roots: &[
        map(&["settings", "mcp", "servers"]),
        map(&["settings", "mcp.servers"]),
        map(&["mcp", "servers"]),
    ],
    fields: &entries::VSCODE,
    switches: &[
        switch(
            SwitchKind::Discovery,
            &["settings", "chat.mcp.discovery.enabled"],
        ),
        switch(SwitchKind::AutoStart, &["settings", "chat.mcp.autostart"]),
        switch(SwitchKind::AutoRun, &["settings", "chat.tools.autoApprove"]),
        switch(
            SwitchKind::AutoRun,
            &["settings", "chat.tools.global.autoApprove"],
        ),
        switch(
            SwitchKind::AutoRun,
            &["settings", "chat.tools.terminal.autoApprove"],
        ),
    ],
};

/// `devcontainer.json`.
pub(super) static DEVCONTAINER: Shape = Shape {
    id: "devcontainer",
    roots: &[
        map(&["customizations", "*", "mcp", "servers"]),
        map(&["customizations", "*", "settings", "mcp", "servers"]),
        map(&["customizations", "*", "settings", "mcp.servers"]),
    ],
    fields: &entries::VSCODE,
    switches: &[switch(
        SwitchKind::AutoRun,
        &["customizations", "*", "settings", "chat.tools.autoApprove"],
    )],
};

/// `config.yaml` of Continue.
pub(super) static CONTINUE: Shape = Shape {
    id: "continue",
    roots: &[Root {
        path: &["mcpServers"],
        layout: Layout::List { name: &[&["name"]] },
        loose: false,
        scope: None,
    }],
    fields: &entries::CONTINUE,
    switches: &[],
};

/// `config.json` of Continue, as it was before YAML, and JSON that other clients wrote.
pub(super) static CONTINUE_JSON: Shape = Shape {
    id: "continue-json",
    roots: &[
        map(&["mcpServers"]),
        Root {
            path: &["experimental", "modelContextProtocolServers"],
            layout: Layout::List { name: &[&["name"]] },
            loose: false,
            scope: None,
        },
        loose(&[]),
    ],
    fields: &entries::CONTINUE_JSON,
    switches: &[],
};

/// `settings.json` of Zed.
pub(super) static ZED: Shape = Shape {
    id: "zed",
    roots: &[map(&["context_servers"])],
    fields: &entries::ZED,
    switches: &[
        switch(
            SwitchKind::EnableProjectServers,
            &["agent", "profiles", "*", "enable_all_context_servers"],
        ),
        switch(SwitchKind::AutoRun, &["agent", "always_allow_tool_actions"]),
    ],
};

/// `settings.json` of Gemini CLI and of what was made from it.
pub(super) static GEMINI: Shape = Shape {
    id: "gemini-cli",
    roots: MCP_SERVERS,
    fields: &entries::GEMINI,
    switches: &[
        switch(SwitchKind::Restriction, &["mcp", "allowed"]),
        switch(SwitchKind::DisabledByName, &["mcp", "excluded"]),
        switch(SwitchKind::RunsProgram, &["mcp", "serverCommand"]),
        switch(SwitchKind::RunsProgram, &["mcpServerCommand"]),
        switch(SwitchKind::AllowRule, &["tools", "allowed"]),
        switch(SwitchKind::AutoRun, &["general", "defaultApprovalMode"]),
        switch(SwitchKind::AutoRun, &["autoAccept"]),
        switch(SwitchKind::AutoRun, &["tools", "autoAccept"]),
        switch(SwitchKind::RunsProgram, &["tools", "discoveryCommand"]),
        switch(SwitchKind::RunsProgram, &["tools", "callCommand"]),
        switch(SwitchKind::RunsProgram, &["hooks"]),
    ],
};

/// Folders that Gemini CLI trusts.
pub(super) static GEMINI_FOLDERS: Shape = Shape {
    id: "gemini-folders",
    roots: &[],
    fields: &entries::GEMINI,
    switches: &[switch(SwitchKind::TrustedFolder, &["*"])],
};

/// `config.toml` of Codex.
pub(super) static CODEX: Shape = Shape {
    id: "codex",
    roots: &[map(&["mcp_servers"])],
    fields: &entries::CODEX,
    switches: &[
        switch(SwitchKind::AutoRun, &["approval_policy"]),
        switch(SwitchKind::AutoRun, &["profiles", "*", "approval_policy"]),
        switch(SwitchKind::Sandbox, &["sandbox_mode"]),
        switch(SwitchKind::Sandbox, &["profiles", "*", "sandbox_mode"]),
        switch(SwitchKind::TrustedFolder, &["projects", "*", "trust_level"]),
        switch(SwitchKind::RunsProgram, &["notify"]),
    ],
};

/// `config.yaml` of Goose.
pub(super) static GOOSE: Shape = Shape {
    id: "goose",
    roots: &[map(&["extensions"])],
    fields: &entries::GOOSE,
    switches: &[switch(SwitchKind::AutoRun, &["GOOSE_MODE"])],
};

/// `mcp.json` of Amazon Q.
pub(super) static AMAZON_Q: Shape = Shape {
    id: "amazon-q",
    roots: MCP_SERVERS,
    fields: &entries::AMAZON_Q,
    switches: &[],
};

/// An agent of Amazon Q or Kiro.
pub(super) static AMAZON_Q_AGENT: Shape = Shape {
    id: "amazon-q-agent",
    roots: MCP_SERVERS,
    fields: &entries::AMAZON_Q,
    switches: &[
        switch(SwitchKind::AutoApprove, &["allowedTools"]),
        switch(SwitchKind::RunsProgram, &["hooks"]),
    ],
};

/// `opencode.json`.
pub(super) static OPENCODE: Shape = Shape {
    id: "opencode",
    roots: &[map(&["mcp"])],
    fields: &entries::OPENCODE,
    switches: &[switch(SwitchKind::AutoRun, &["permission"])],
};

/// `mcp.json` of Kiro.
pub(super) static KIRO: Shape = Shape {
    id: "kiro",
    roots: &[map(&["mcpServers"]), map(&["powers", "mcpServers"])],
    fields: &entries::KIRO,
    switches: &[],
};

/// `.mcp.json` of Warp: one flat map, or wrapped as elsewhere.
pub(super) static WARP: Shape = Shape {
    id: "warp",
    roots: &[map(&["mcpServers"]), loose(&[])],
    fields: &entries::WARP,
    switches: &[],
};

/// `settings.json` of Amp.
pub(super) static AMP: Shape = Shape {
    id: "amp",
    roots: &[map(&["amp.mcpServers"]), map(&["amp", "mcpServers"])],
    fields: &entries::COMMON,
    switches: &[
        switch(SwitchKind::AutoRun, &["amp.dangerouslyAllowAll"]),
        switch(SwitchKind::AllowRule, &["amp.mcpPermissions"]),
        switch(SwitchKind::AllowRule, &["amp.commands.allowlist"]),
    ],
};

/// `crush.json`.
pub(super) static CRUSH: Shape = Shape {
    id: "crush",
    roots: &[map(&["mcp"])],
    fields: &entries::CRUSH,
    switches: &[
        switch(SwitchKind::AllowRule, &["permissions", "allowed_tools"]),
        switch(SwitchKind::AutoRun, &["permissions", "skip_requests"]),
    ],
};

/// `config.toml` of Mistral Vibe: tables in a list.
pub(super) static VIBE: Shape = Shape {
    id: "mistral-vibe",
    roots: &[Root {
        path: &["mcp_servers"],
        layout: Layout::List { name: &[&["name"]] },
        loose: false,
        scope: None,
    }],
    fields: &entries::VIBE,
    switches: &[switch(SwitchKind::AutoRun, &["auto_approve"])],
};

/// `config.yaml` of LiteLLM.
pub(super) static LITELLM: Shape = Shape {
    id: "litellm",
    roots: &[
        map(&["mcp_servers"]),
        loose(&["litellm_settings", "mcp_servers"]),
    ],
    fields: &entries::LITELLM,
    switches: &[],
};

/// A file for LangChain's adapters, which is nobody's default place: a flat map, or wrapped.
pub(super) static LANGCHAIN: Shape = Shape {
    id: "langchain",
    roots: &[loose(&["mcpServers"]), loose(&[])],
    fields: &entries::LANGCHAIN,
    switches: &[],
};

/// `TOOL_SERVER_CONNECTIONS` of Open WebUI, kept in a file.
pub(super) static OPEN_WEBUI: Shape = Shape {
    id: "open-webui",
    roots: &[Root {
        path: &[],
        layout: Layout::List {
            name: &[&["info", "id"], &["info", "name"]],
        },
        loose: false,
        scope: None,
    }],
    fields: &entries::OPEN_WEBUI,
    switches: &[],
};

/// What Cursor does without asking.
pub(super) static CURSOR_PERMISSIONS: Shape = Shape {
    id: "cursor-permissions",
    roots: &[],
    fields: &entries::CURSOR,
    switches: &[
        switch(SwitchKind::AutoApprove, &["mcpAllowlist"]),
        switch(SwitchKind::AllowRule, &["terminalAllowlist"]),
        switch(SwitchKind::AllowRule, &["permissions", "allow"]),
    ],
};

/// `config.json` of Copilot CLI: folders that it trusts.
pub(super) static COPILOT_CONFIG: Shape = Shape {
    id: "copilot-config",
    roots: &[],
    fields: &entries::COPILOT,
    switches: &[
        switch(SwitchKind::TrustedFolder, &["trusted_folders"]),
        switch(SwitchKind::TrustedFolder, &["trustedFolders"]),
    ],
};

/// What a user set for one extension of Claude Desktop; whether it is on.
pub(super) static EXTENSION_SETTINGS: Shape = Shape {
    id: "extension-settings",
    roots: &[],
    fields: &entries::BUNDLE,
    switches: &[switch(SwitchKind::EnabledByName, &["isEnabled"])],
};
