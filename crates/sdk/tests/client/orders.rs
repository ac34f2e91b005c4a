//! The client keeps its promises in any order of events.

use proptest::prelude::*;

use super::any_order::run;

/// Lines that lead somewhere; the fuzz target finds others.
const LINES: &[&str] = &[
    "c",
    "p",
    "l",
    "d",
    "z",
    r#"a{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"resources":{}}}"#,
    r#"a{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"resources":{"subscribe":true}},"serverInfo":{"name":"s","version":"1"}}"#,
    r#"a{"resultType":"complete","content":[]}"#,
    r#"a{"resultType":"complete","contents":[],"ttlMs":1000,"cacheScope":"private"}"#,
    r#"a{"resultType":"input_required","requestState":"s"}"#,
    r#"a{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}}"#,
    r#"a{"resultType":"task","taskId":"t","status":"working","createdAt":"","lastUpdatedAt":"","ttlMs":null}"#,
    r#"a{"resultType":"complete","taskId":"t","status":"completed","createdAt":"","lastUpdatedAt":"","ttlMs":null,"result":{"content":[]}}"#,
    r#"a[1]"#,
    r#"a{"a":1,"a":2}"#,
    r#"m{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":""}}"#,
    r#"m{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":""}}"#,
    r#"m{"jsonrpc":"2.0","id":3,"result":{}}"#,
    r#"m{"jsonrpc":"2.0","id":"q","method":"ping"}"#,
    r#"m{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#,
    r#"m{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}}}}"#,
    r#"m{"jsonrpc":"2.0","id":2,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}"#,
    r#"m{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{}}"#,
    r#"m{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#,
    r#"m{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#,
    r#"m{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}}"#,
    r#"m{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{},"_meta":{"io.modelcontextprotocol/subscriptionId":2}}}"#,
    r#"m{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":2}}}"#,
    r#"x{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":""}}"#,
    r#"x{"jsonrpc":"2.0","id":2,"result":{}}"#,
    "mnoise",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold(opening in 0..3usize, lines in prop::collection::vec(prop::sample::select(LINES), 0..30)) {
        let mut script = match opening {
            0 => String::new(),
            1 => format!("{}\n", LINES[5]),
            _ => format!("{}\n{}\n", LINES[15], LINES[6]),
        };
        script.push_str(&lines.join("\n"));
        run(script.as_bytes());
    }
}
