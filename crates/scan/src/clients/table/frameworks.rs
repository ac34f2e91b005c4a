//! Programs that serve models or tools to others. They have no place of their own: their files are found in projects, by name.

use super::super::shapes::{
    LANGCHAIN as LANGCHAIN_SHAPE, LIBRECHAT as LIBRECHAT_SHAPE, LITELLM as LITELLM_SHAPE,
    MCPO as MCPO_SHAPE, OPEN_WEBUI as OPEN_WEBUI_SHAPE,
};
use super::{ALL, Client, Place, Scope, Shape, common, place};
use crate::document::Format::{self, Json, Yaml};

const fn framework(path: &'static str, format: Format, shape: &'static Shape) -> Place {
    place(Scope::Framework, ALL, path, format, shape)
}

pub(super) const LIBRECHAT: Client = Client {
    id: "librechat",
    name: "LibreChat",
    places: &[
        framework("{project}/librechat.yaml", Yaml, &LIBRECHAT_SHAPE),
        framework("{project}/librechat.yml", Yaml, &LIBRECHAT_SHAPE),
    ],
};

pub(super) const LITELLM: Client = Client {
    id: "litellm",
    name: "LiteLLM",
    places: &[
        common(framework("{project}/litellm*.yaml", Yaml, &LITELLM_SHAPE)),
        common(framework("{project}/litellm*.yml", Yaml, &LITELLM_SHAPE)),
        common(framework(
            "{project}/proxy_config.yaml",
            Yaml,
            &LITELLM_SHAPE,
        )),
        common(framework("{project}/config.yaml", Yaml, &LITELLM_SHAPE)),
        common(framework("{project}/config.yml", Yaml, &LITELLM_SHAPE)),
    ],
};

pub(super) const MCPO: Client = Client {
    id: "mcpo",
    name: "mcpo",
    places: &[
        common(framework("{project}/mcpo*.json", Json, &MCPO_SHAPE)),
        common(framework("{project}/config.json", Json, &MCPO_SHAPE)),
    ],
};

pub(super) const OPEN_WEBUI: Client = Client {
    id: "open-webui",
    name: "Open WebUI",
    places: &[
        common(framework(
            "{project}/*TOOL_SERVER_CONNECTIONS*.json",
            Json,
            &OPEN_WEBUI_SHAPE,
        )),
        common(framework(
            "{project}/tool_server_connections*.json",
            Json,
            &OPEN_WEBUI_SHAPE,
        )),
    ],
};

pub(super) const LANGCHAIN: Client = Client {
    id: "langchain",
    name: "LangChain MCP adapters",
    places: &[
        common(framework(
            "{project}/langchain*.json",
            Json,
            &LANGCHAIN_SHAPE,
        )),
        common(framework("{project}/mcp.json", Json, &LANGCHAIN_SHAPE)),
        common(framework(
            "{project}/mcp_config.json",
            Json,
            &LANGCHAIN_SHAPE,
        )),
        common(framework(
            "{project}/mcp_servers.json",
            Json,
            &LANGCHAIN_SHAPE,
        )),
        common(framework(
            "{project}/servers_config.json",
            Json,
            &LANGCHAIN_SHAPE,
        )),
        common(framework(
            "{project}/mcp-servers.json",
            Json,
            &LANGCHAIN_SHAPE,
        )),
    ],
};
