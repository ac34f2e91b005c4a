//! The client under test: it does what a scenario wants to see.

mod auth;
mod browser;
mod context;
mod core;
mod skills;

use std::error::Error;

use interlock_sdk::client::Builder;
use interlock_sdk::client::Client;

pub use context::Context;

/// What can go wrong while a scenario is played: anything.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Plays the client's half of a scenario against the server at `url`.
///
/// # Errors
/// [`Failure`] when the server's half made it impossible. Some scenarios want that.
pub async fn play(scenario: &str, url: &str, context: Context) -> Result<(), Failure> {
    match scenario {
        "initialize" | "request-metadata" => core::handshake(url).await,
        "tools_call" => core::add(url).await,
        "json-schema-ref-no-deref" => core::list(url).await,
        "elicitation-sep1034-client-defaults" => core::accept_defaults(url).await,
        "sse-retry" => core::call_first(url).await,
        "sep-2322-client-request-state" => core::rounds(url).await,
        "http-standard-headers" => core::everything(url).await,
        "http-custom-headers" => core::given_calls(url, &context).await,
        "http-invalid-tool-headers" => core::call_all(url).await,
        "json-schema-2020-12-preservation" => core::echo_schema(url).await,
        name if name.starts_with("sep-2640-") => skills::play(name, url).await,
        name if name.starts_with("auth/") => auth::play(name, url, context).await,
        other => Err(format!("scenario `{other}` is not known").into()),
    }
}

/// A client with its defaults: it finds out what a server speaks, whatever the scenario is about.
fn client() -> Builder {
    Client::builder("interlock-conformance", env!("CARGO_PKG_VERSION"))
}
