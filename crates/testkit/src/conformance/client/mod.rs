//! The client under test: it does what a scenario wants to see.

mod auth;
mod browser;
mod context;
mod core;
mod skills;

use std::error::Error;

use interlock_sdk::client::Builder;
use interlock_sdk::client::Client;
use interlock_wire::Revision;

pub use context::Context;

/// What can go wrong while a scenario is played: anything.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Plays the client's half of a scenario against the server at `url`.
///
/// # Errors
/// [`Failure`] when the server's half made it impossible. Some scenarios want that.
pub async fn play(scenario: &str, url: &str, context: Context) -> Result<(), Failure> {
    match scenario {
        "initialize" | "request-metadata" => core::handshake(url, &context).await,
        "tools_call" => core::add(url, &context).await,
        "json-schema-ref-no-deref" => core::list(url, &context).await,
        "elicitation-sep1034-client-defaults" => core::accept_defaults(url, &context).await,
        "sse-retry" => core::call_first(url, &context).await,
        "sep-2322-client-request-state" => core::rounds(url, &context).await,
        "http-standard-headers" => core::everything(url, &context).await,
        "http-custom-headers" => core::given_calls(url, &context).await,
        "http-invalid-tool-headers" => core::call_all(url, &context).await,
        "json-schema-2020-12-preservation" => core::echo_schema(url, &context).await,
        name if name.starts_with("sep-2640-") => skills::play(name, url, &context).await,
        name if name.starts_with("auth/") => auth::play(name, url, context).await,
        other => Err(format!("scenario `{other}` is not known").into()),
    }
}

/// A client that speaks what the scenario wants to be spoken: revisions of the session era alone, because the suite's
/// servers for them are tested with exactly those; the newest by negotiation, as always.
fn client(context: &Context) -> Builder {
    let builder = Client::builder("interlock-conformance", env!("CARGO_PKG_VERSION"));
    match context.revision() {
        Some(Revision::V2026_07_28) | None => builder,
        Some(revision) => builder.revision(revision),
    }
}
