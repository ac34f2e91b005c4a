//! How each client writes an entry.

use super::fields::{CommandForm, Expansion, Fields, SwitchField};
use crate::server::{SwitchKind, Transport};

/// What most clients have in common, and nothing of what only some have.
const PLAIN: Fields = Fields {
    command: &["command"],
    command_form: CommandForm::Text,
    args: &["args"],
    env: &["env"],
    env_names: &[],
    env_file: &[],
    cwd: &[],
    url: &["url"],
    speaks: Transport::Http,
    headers: &["headers"],
    headers_helper: &[],
    credential: &[],
    credential_names: &[],
    transport: &["type"],
    local_words: &["stdio"],
    remote_words: &["http", "sse", "streamable-http"],
    builtin_words: &[],
    builtin_marks: &[],
    code: &[],
    nested: &[],
    enabled: &[],
    disabled: &[],
    switches: &[],
    expansion: Expansion::None,
    others: &["description", "timeout", "oauth", "auth"],
};

/// What many have besides.
const WITH_DISABLED: Fields = Fields {
    disabled: &["disabled"],
    ..PLAIN
};

/// A client of which no more is known than that it reads the common fields.
pub(super) static COMMON: Fields = Fields {
    cwd: &["cwd"],
    env_file: &["envFile"],
    enabled: &["enabled"],
    disabled: &["disabled"],
    switches: AUTO_APPROVE,
    ..PLAIN
};

const AUTO_APPROVE: &[SwitchField] = &[
    SwitchField {
        kind: SwitchKind::AutoApprove,
        path: &["autoApprove"],
    },
    SwitchField {
        kind: SwitchKind::AutoApprove,
        path: &["alwaysAllow"],
    },
];

pub(super) static CLAUDE_DESKTOP: Fields = PLAIN;

pub(super) static CLAUDE_CODE: Fields = Fields {
    cwd: &["cwd"],
    headers_helper: &["headersHelper"],
    remote_words: &["http", "sse", "ws", "streamable-http"],
    expansion: Expansion::Braces,
    others: &[
        "oauth",
        "alwaysLoad",
        "request_timeout_ms",
        "timeout",
        "description",
    ],
    ..PLAIN
};

pub(super) static CURSOR: Fields = Fields {
    cwd: &["cwd"],
    env_file: &["envFile"],
    expansion: Expansion::Editor,
    ..WITH_DISABLED
};

pub(super) static VSCODE: Fields = Fields {
    env_file: &["envFile"],
    cwd: &["cwd"],
    switches: &[
        SwitchField {
            kind: SwitchKind::Sandbox,
            path: &["sandboxEnabled"],
        },
        SwitchField {
            kind: SwitchKind::RunsProgram,
            path: &["dev", "watch"],
        },
    ],
    expansion: Expansion::Editor,
    others: &[
        "gallery",
        "version",
        "sandbox",
        "dev",
        "oauth",
        "name",
        "timeout",
        "description",
    ],
    ..PLAIN
};

/// What an extension of VS Code declares that it starts from its own code: a name and no more.
pub(super) static VSCODE_EXTENSION: Fields = Fields {
    command: &[],
    args: &[],
    env: &[],
    url: &[],
    headers: &[],
    builtin_marks: &["id"],
    others: &["id", "label", "when"],
    ..PLAIN
};

pub(super) static WINDSURF: Fields = Fields {
    url: &["serverUrl", "url"],
    switches: AUTO_APPROVE,
    expansion: Expansion::Editor,
    others: &["disabledTools", "timeout", "description"],
    ..WITH_DISABLED
};

pub(super) static CLINE: Fields = Fields {
    cwd: &["cwd"],
    speaks: Transport::Sse,
    remote_words: &["sse", "streamableHttp"],
    nested: &["transport"],
    switches: AUTO_APPROVE,
    others: &["timeout", "oauth", "metadata", "transportType"],
    ..WITH_DISABLED
};

pub(super) static ROO: Fields = Fields {
    cwd: &["cwd"],
    remote_words: &["sse", "streamable-http"],
    switches: AUTO_APPROVE,
    expansion: Expansion::Editor,
    others: &["disabledTools", "timeout", "watchPaths"],
    ..WITH_DISABLED
};

const CONTINUE_CONST: Fields = Fields {
    cwd: &["cwd"],
    env_file: &["envFile"],
    headers: &["requestOptions.headers", "headers"],
    credential: &["apiKey"],
    expansion: Expansion::Secrets,
    others: &[
        "name",
        "connectionTimeout",
        "requestOptions",
        "faviconUrl",
        "sourceFile",
    ],
    ..PLAIN
};

pub(super) static CONTINUE: Fields = CONTINUE_CONST;

/// JSON in Continue's directory, which other clients may have written.
pub(super) static CONTINUE_JSON: Fields = Fields {
    nested: &["transport"],
    ..CONTINUE_CONST
};

pub(super) static ZED: Fields = Fields {
    command_form: CommandForm::TextOrMap,
    transport: &["source"],
    local_words: &["custom"],
    remote_words: &[],
    builtin_words: &["extension"],
    enabled: &["enabled"],
    builtin_marks: &["settings"],
    others: &["timeout", "remote", "oauth"],
    ..PLAIN
};

pub(super) static GEMINI: Fields = Fields {
    cwd: &["cwd"],
    url: &["httpUrl", "url"],
    speaks: Transport::Sse,
    switches: &[SwitchField {
        kind: SwitchKind::Trust,
        path: &["trust"],
    }],
    expansion: Expansion::Shell,
    others: &[
        "timeout",
        "includeTools",
        "excludeTools",
        "oauth",
        "authProviderType",
        "description",
        "targetAudience",
        "targetServiceAccount",
        "extension",
    ],
    ..PLAIN
};

pub(super) static CODEX: Fields = Fields {
    env_names: &["env_vars"],
    cwd: &["cwd"],
    headers: &["http_headers"],
    headers_helper: &["http_headers_helper"],
    credential: &["bearer_token"],
    credential_names: &["bearer_token_env_var", "env_http_headers"],
    transport: &[],
    enabled: &["enabled"],
    switches: &[
        SwitchField {
            kind: SwitchKind::AutoApprove,
            path: &["default_tools_approval_mode"],
        },
        SwitchField {
            kind: SwitchKind::AutoApprove,
            path: &["tools", "*", "approval_mode"],
        },
    ],
    others: &[
        "required",
        "startup_timeout_sec",
        "startup_timeout_ms",
        "tool_timeout_sec",
        "enabled_tools",
        "disabled_tools",
        "scopes",
        "oauth",
        "oauth_resource",
        "experimental_environment",
    ],
    ..PLAIN
};

pub(super) static GOOSE: Fields = Fields {
    command: &["cmd"],
    env: &["envs"],
    env_names: &["env_keys"],
    url: &["uri"],
    local_words: &["stdio", "inline_python"],
    remote_words: &["streamable_http", "sse"],
    builtin_words: &["builtin", "platform", "frontend"],
    code: &["code"],
    enabled: &["enabled"],
    others: &[
        "name",
        "description",
        "display_name",
        "timeout",
        "bundled",
        "available_tools",
        "dependencies",
        "tools",
        "instructions",
    ],
    ..PLAIN
};

pub(super) static AMAZON_Q: Fields = Fields {
    switches: AUTO_APPROVE,
    expansion: Expansion::Editor,
    others: &["timeout", "oauthScopes", "oauth", "disabledTools"],
    ..WITH_DISABLED
};

pub(super) static COPILOT: Fields = Fields {
    cwd: &["cwd"],
    local_words: &["local", "stdio"],
    remote_words: &["http", "sse"],
    expansion: Expansion::Braces,
    others: &[
        "tools",
        "deferTools",
        "auth",
        "oauthClientId",
        "oauthPublicClient",
        "timeout",
        "filterMapping",
        "isDefaultServer",
        "source",
        "sourcePath",
    ],
    ..PLAIN
};

pub(super) static LIBRECHAT: Fields = Fields {
    cwd: &["cwd"],
    headers: &["headers", "requestHeaders"],
    credential: &["apiKey.key"],
    remote_words: &["websocket", "sse", "streamable-http", "http"],
    expansion: Expansion::Braces,
    others: &[
        "stderr",
        "timeout",
        "initTimeout",
        "serverInstructions",
        "customUserVars",
        "oauth",
        "obo",
        "apiKey",
        "chatMenu",
        "startup",
        "title",
        "description",
        "iconPath",
    ],
    ..PLAIN
};

pub(super) static LITELLM: Fields = Fields {
    headers: &["static_headers", "headers"],
    credential: &["auth_value", "authentication_token", "credentials"],
    transport: &["transport"],
    remote_words: &["http", "sse", "streamable_http", "streamable-http"],
    expansion: Expansion::OsEnviron,
    others: &[
        "auth_type",
        "description",
        "spec_version",
        "spec_path",
        "extra_headers",
        "allowed_tools",
        "disallowed_tools",
        "access_groups",
        "alias",
        "mcp_info",
        "server_id",
        "name",
        "allow_all_keys",
        "available_on_public_internet",
        "authorization_url",
        "token_url",
        "registration_url",
        "scopes",
        "client_id",
        "client_secret",
    ],
    ..PLAIN
};

pub(super) static LANGCHAIN: Fields = Fields {
    cwd: &["cwd"],
    transport: &["transport"],
    remote_words: &[
        "streamable_http",
        "streamable-http",
        "http",
        "sse",
        "websocket",
    ],
    others: &[
        "encoding",
        "encoding_error_handler",
        "session_kwargs",
        "timeout",
        "sse_read_timeout",
        "terminate_on_close",
        "auth",
    ],
    ..PLAIN
};

pub(super) static MCPO: Fields = Fields {
    cwd: &["cwd"],
    transport: &["type"],
    remote_words: &[
        "sse",
        "streamable-http",
        "streamable_http",
        "streamablehttp",
    ],
    others: &["oauth", "disabledTools", "client_header_forwarding"],
    ..WITH_DISABLED
};

pub(super) static OPEN_WEBUI: Fields = Fields {
    command: &[],
    args: &[],
    env: &[],
    credential: &["key"],
    local_words: &[],
    remote_words: &["mcp"],
    builtin_words: &["openapi"],
    enabled: &["config.enable"],
    others: &[
        "path",
        "auth_type",
        "info",
        "spec",
        "spec_type",
        "access_grants",
    ],
    ..PLAIN
};

pub(super) static OPENCODE: Fields = Fields {
    command_form: CommandForm::List,
    args: &[],
    env: &["environment"],
    cwd: &["cwd"],
    local_words: &["local"],
    remote_words: &["remote"],
    enabled: &["enabled"],
    expansion: Expansion::Opencode,
    others: &["timeout", "oauth"],
    ..PLAIN
};

pub(super) static KIRO: Fields = Fields {
    cwd: &["cwd"],
    switches: AUTO_APPROVE,
    expansion: Expansion::Braces,
    others: &["disabledTools", "timeout", "oauth", "oauthScopes"],
    ..WITH_DISABLED
};

pub(super) static WARP: Fields = Fields {
    cwd: &["working_directory"],
    switches: &[SwitchField {
        kind: SwitchKind::AutoStart,
        path: &["start_on_launch"],
    }],
    others: &["description", "timeout"],
    ..PLAIN
};

pub(super) static ANTIGRAVITY: Fields = Fields {
    cwd: &["cwd"],
    url: &["serverUrl", "url"],
    switches: AUTO_APPROVE,
    others: &["disabledTools", "authProviderType", "oauth", "timeout"],
    ..WITH_DISABLED
};

pub(super) static CRUSH: Fields = Fields {
    cwd: &["cwd"],
    expansion: Expansion::Shell,
    others: &["timeout", "disabled_tools", "enabled_tools"],
    ..WITH_DISABLED
};

pub(super) static VIBE: Fields = Fields {
    cwd: &["cwd"],
    credential_names: &["api_key_env"],
    transport: &["transport"],
    remote_words: &["http", "streamable-http"],
    others: &[
        "name",
        "prompt",
        "startup_timeout_sec",
        "tool_timeout_sec",
        "api_key_header",
        "api_key_format",
        "sampling_enabled",
        "disabled_tools",
    ],
    ..WITH_DISABLED
};

pub(super) static MCPORTER: Fields = Fields {
    command: &["command"],
    url: &["baseUrl", "url", "serverUrl"],
    cwd: &["cwd"],
    credential: &["bearerToken"],
    credential_names: &["bearerTokenEnv"],
    transport: &["type", "transport"],
    expansion: Expansion::Braces,
    others: &[
        "description",
        "auth",
        "tokenCacheDir",
        "clientName",
        "oauthRedirectUrl",
        "lifecycle",
    ],
    ..PLAIN
};

pub(super) static BUNDLE: Fields = Fields {
    others: &["platform_overrides"],
    ..PLAIN
};
