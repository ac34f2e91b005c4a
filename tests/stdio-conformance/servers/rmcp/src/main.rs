//! The fixture server on rmcp: `echo`, `wait`, `progress`. See `tests/stdio-conformance/README.md`.

use std::time::Duration;

use rmcp::handler::server::{router::tool::ToolRouter, wrapper::Parameters};
use rmcp::model::{ProgressNotificationParam, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt, schemars, tool, tool_handler, tool_router};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Echo {
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Wait {
    milliseconds: u64,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Steps {
    steps: u32,
}

#[derive(Clone)]
struct Fixture {
    #[allow(dead_code)]
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Fixture {
    fn new() -> Self {
        Self { tool_router: Self::tool_router() }
    }

    #[tool(description = "Gives a text back")]
    fn echo(&self, Parameters(Echo { text }): Parameters<Echo>) -> String {
        text
    }

    #[tool(description = "Answers after a while")]
    async fn wait(&self, Parameters(Wait { milliseconds }): Parameters<Wait>, context: RequestContext<RoleServer>) -> String {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(milliseconds)) => "waited".to_owned(),
            () = context.ct.cancelled() => "cancelled".to_owned(),
        }
    }

    #[tool(description = "Reports its progress, then answers")]
    async fn progress(&self, Parameters(Steps { steps }): Parameters<Steps>, context: RequestContext<RoleServer>) -> String {
        if let Some(token) = context.meta.get_progress_token() {
            for step in 1..=steps {
                let report = ProgressNotificationParam::new(token.clone(), f64::from(step)).with_total(f64::from(steps));
                let _sent = context.peer.notify_progress(report).await;
            }
        }
        "done".to_owned()
    }
}

#[tool_handler]
impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    Fixture::new().serve(rmcp::transport::stdio()).await?.waiting().await?;
    Ok(())
}
