//! Several processes behind one address: they share the keys that state for clients is sealed with, and say how long lists may be
//! cached. A key is replaced by putting the new one in front.

use std::time::Duration;

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Server, StateKeys};
use interlock_wire::types::CacheScope;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// In real life these 32 random bytes come from where secrets are kept.
fn key_from_the_vault(version: u8) -> [u8; 32] {
    [version; 32]
}

fn main() -> Result<(), ServeError> {
    let keys = StateKeys::new(key_from_the_vault(2)).or_open_with(key_from_the_vault(1));
    Server::builder("replica", "1.0.0")
        .request_state_keys(keys)
        .cache(Duration::from_secs(300), CacheScope::Public)
        .page_size(50)
        .tool("now", "Tells the time", async |_: Nothing, _cx: Context| {
            Ok("12:00")
        })
        .build()
        .run_stdio()
}
