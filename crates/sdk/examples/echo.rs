//! A server of one tool on standard streams. It is also what the benchmarks measure.

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Echo {
    /// What to give back.
    text: String,
}

fn main() -> Result<(), ServeError> {
    Server::builder("echo", "1.0.0")
        .tool(
            "echo",
            "Gives a text back",
            async |echo: Echo, _cx: Context| Ok(echo.text),
        )
        .build()
        .run_stdio()
}
