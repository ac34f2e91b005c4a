//! `http-rmcp PORT default|fastest`: an echo server on rmcp over Streamable HTTP.
//!
//! `default` is what its documentation shows: a runtime of several threads, sessions, answers as events. `fastest` is the best that
//! was found for one core: one thread, no sessions, JSON answers, no delay before small writes.

use std::error::Error;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use rmcp::handler::server::{router::tool::ToolRouter, wrapper::Parameters};
use rmcp::model::{ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, schemars, tool, tool_handler, tool_router};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Text {
    text: String,
}

#[derive(Clone)]
struct Echo {
    #[allow(dead_code, reason = "only the code that rmcp's macro writes may read it")]
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Echo {
    fn new() -> Self {
        Self {
            tool_router: Self::tool_router(),
        }
    }

    #[tool(description = "Gives a text back")]
    fn echo(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        text
    }
}

#[tool_handler]
impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

async fn serve(port: u16, fastest: bool) -> Result<(), Box<dyn Error>> {
    let mut config = StreamableHttpServerConfig::default();
    if fastest {
        config.json_response = true;
        config.legacy_session_mode = false;
    }
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(|| Ok(Echo::new()), sessions, config);
    let app = axum::Router::new().nest_service("/mcp", service);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    match fastest {
        true => {
            let listener = listener.tap_io(|stream| {
                let _slower = stream.set_nodelay(true);
            });
            axum::serve(listener, app).await?;
        }
        false => axum::serve(listener, app).await?,
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().ok_or("say which port")?.parse()?;
    let fastest = arguments.next().as_deref() == Some("fastest");
    let mut runtime = match fastest {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    runtime.enable_all().build()?.block_on(serve(port, fastest))
}
