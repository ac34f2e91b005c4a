//! The session in the stateless era, and both eras on one pipe.

use interlock_wire::{Limits, Revision, Session};

use crate::support::play;

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn script(text: &str) -> String {
    text.replace("META", META)
}

fn check(text: &str) -> Session {
    let mut session = Session::new(Limits::default());
    play(&mut session, &script(text));
    session
}

fn modern() -> Session {
    Session::established(Limits::default(), Revision::V2026_07_28)
}

#[test]
fn requests_negotiate_themselves() {
    let session = check(
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{META}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[]}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{META,"name":"a","arguments":{}}} => forward
        < {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}} => forward
        < {"jsonrpc":"2.0","id":2,"result":{"resultType":"complete","content":[]}} => forward
    "#,
    );
    assert_eq!(session.revision(), Some(Revision::V2026_07_28));
}

#[test]
fn a_probe_then_either_era() {
    let session = check(
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"server/discover","params":{META}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{}}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/list","params":{META}} => forward
    "#,
    );
    assert_eq!(session.revision(), Some(Revision::V2026_07_28));
    let session = check(
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"server/discover","params":{META}} => forward
        < {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}} => forward
        < {"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-11-25"}} => forward
        > {"jsonrpc":"2.0","method":"notifications/initialized"} => forward
        > {"jsonrpc":"2.0","id":3,"method":"tools/list"} => forward
    "#,
    );
    assert_eq!(session.revision(), Some(Revision::V2025_11_25));
}

// SPEC: 2026-07-28/basic/versioning/protocol-version-negotiation:1
#[test]
fn a_revision_nobody_knows_is_refused_as_the_specification_says() {
    let other = META.replace("2026-07-28", "2031-01-01");
    let number = META.replace("\"2026-07-28\"", "20260728");
    check(&format!(
        r#"
        > {{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{other}}}}} => answer -32022 unknown-version
        > {{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{number}}}}} => answer -32602 bad-params
        > {{"jsonrpc":"2.0","id":1,"method":"tools/list"}} => answer -32600 not-ready
    "#
    ));
}

// SPEC: 2026-07-28/basic/patterns/index/top:1 2026-07-28/basic/transports/stdio/receiving-messages:2
#[test]
fn a_modern_server_never_asks() {
    play(
        &mut modern(),
        &script(
            r#"
        < {"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}} => answer -32600 server-request
        < {"jsonrpc":"2.0","id":1,"method":"roots/list"} => answer -32600 server-request
        < {"jsonrpc":"2.0","id":1,"method":"ping"} => answer -32600 server-request
        < {"jsonrpc":"2.0","id":1,"method":"com.example/own"} => answer -32600 server-request
        > {"jsonrpc":"2.0","id":1,"result":{}} => drop unknown-id
    "#,
        ),
    );
}

// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:3 2026-07-28/basic/patterns/cancellation/top:3
// SPEC: 2026-07-28/basic/patterns/subscriptions/opening-a-stream:1
#[test]
fn changes_go_to_those_who_listen() {
    play(
        &mut modern(),
        &script(
            r#"
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => drop unsolicited
        < {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a"}} => drop unsolicited
        > {"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{META,"notifications":{"toolsListChanged":true}}} => forward
        < {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => drop flood
        > {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{META}} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => forward
        < {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}} => drop unknown-id
        < {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"l"}} => forward
        < {"jsonrpc":"2.0","method":"notifications/prompts/list_changed"} => drop unsolicited
    "#,
        ),
    );
}

#[test]
fn request_state_is_the_servers_own_and_for_the_same_request() {
    play(
        &mut modern(),
        &script(
            r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{META,"name":"x","requestState":"user=admin"}} => answer -32602 foreign-request-state
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{META,"name":"x","requestState":7}} => answer -32602 foreign-request-state
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{META,"name":"x","inputResponses":[]}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{META,"name":"x"}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{},"requestState":"s\u0031"}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{META,"name":"y","requestState":"s1"}} => answer -32602 foreign-request-state
        > {"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{META,"name":"x","requestState":"s1"}} => answer -32602 foreign-request-state
        > {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{META,"name":"x","requestState":"s1","inputResponses":{}}} => forward
    "#,
        ),
    );
}

#[test]
fn a_retreat_from_the_modern_era_is_noticed() {
    let mut session = Session::new(Limits::default());
    session.expect_modern();
    play(
        &mut session,
        &script(
            r#"
        > {"jsonrpc":"2.0","id":1,"method":"server/discover","params":{META}} => forward
        < {"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"version"}} => forward
        > {"jsonrpc":"2.0","id":1,"method":"server/discover","params":{META}} => forward
        < {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}} => forward downgrade
    "#,
        ),
    );
}

#[test]
fn both_eras_on_one_pipe() {
    check(
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}}}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}} => forward
        > {"jsonrpc":"2.0","method":"notifications/initialized"} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/list","params":{META}} => forward
        < {"jsonrpc":"2.0","id":3,"method":"roots/list"} => forward
        < {"jsonrpc":"2.0","id":2,"result":{"resultType":"complete","tools":[]}} => forward
    "#,
    );
}
