//! `requestState`: nothing but what the server sealed itself is taken, and that only for the request it belongs to.

use interlock_sdk::Principal;
use interlock_sdk::server::{Arrival, CallError, Context, Outbound, Server, SessionKind};
use interlock_wire::types::{ElicitParams, FormSchema};
use interlock_wire::{Limits, json, parse};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn asks(_: Nothing, cx: Context) -> Result<(), CallError> {
    cx.elicit(ElicitParams::form("?", FormSchema::default()))
        .await?;
    Ok(())
}

/// Panics when a promise is broken.
pub(crate) fn run(state: &[u8]) {
    let server = Server::builder("s", "1").tool("asks", "Asks", asks).build();
    let session = server.session(SessionKind::HttpModern, Principal::anonymous());
    let mut request = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"asks","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}},"requestState":"#.to_vec();
    json::write_string(&String::from_utf8_lossy(state), &mut request);
    request.extend_from_slice(b"}}");
    let limits = Limits::default();
    // A text that no message may hold is refused before anybody opens it.
    let Ok(message) = parse(&request, &limits) else {
        return;
    };
    let mut reply = Vec::new();
    drop(session.handle(
        &message,
        Arrival::default(),
        &Outbound::closed(),
        &mut reply,
    ));
    let answer = parse(&reply, &limits).expect("an answer is a message");
    assert_eq!(
        answer.error_code(),
        Some(-32602),
        "a state that nobody sealed was taken"
    );
}
