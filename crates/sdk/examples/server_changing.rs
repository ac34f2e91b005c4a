//! Changing what is offered while serving: clients that want to know are told.

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, OfferedTool, Server};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn main() -> Result<(), ServeError> {
    Server::builder("door", "1.0.0")
        .tool("unlock", "Unlocks more", async |_: Nothing, cx: Context| {
            let treasure = OfferedTool::new(
                "treasure",
                "Gives the treasure",
                async |_: Nothing, _cx: Context| Ok("gold"),
            );
            let server = cx.session().server();
            server.change(|offers| offers.tool(treasure));
            Ok("unlocked")
        })
        .build()
        .run_stdio()
}
