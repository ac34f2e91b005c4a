//! Tools: typed arguments, structured results, failures that the model reads, and hints on behaviour.

use interlock_sdk::RpcError;
use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{CallError, Context, OfferedTool, Server, Structured};
use interlock_wire::types::ToolAnnotations;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct City {
    /// A city's name.
    city: String,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Weather {
    celsius: f64,
}

async fn weather(asked: City, _cx: Context) -> Result<Structured<Weather>, CallError> {
    match asked.city.as_str() {
        // An error response: the client's author reads it.
        "" => Err(CallError::rpc(RpcError::invalid_params("`city` is empty"))),
        // A failed result: the model reads it and may do better.
        "Atlantis" => Err(CallError::new("no such city; try another spelling")),
        _ => Ok(Structured(Weather { celsius: 21.5 })),
    }
}

fn main() -> Result<(), ServeError> {
    let tool = OfferedTool::new("weather", "Tells the weather of a city", weather)
        .title("Weather")
        .annotations(ToolAnnotations::default().read_only_hint(true));
    Server::builder("weather", "1.0.0")
        .offer_tool(tool)
        .build()
        .run_stdio()
}
