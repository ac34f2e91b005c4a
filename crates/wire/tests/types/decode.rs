//! What is refused, and what it says then; what is forgiven.

use interlock_wire::types::*;
use interlock_wire::{Id, Json};

fn check<T: Decode + std::fmt::Debug>(text: &str, expected: &str) {
    let error = T::parse(text.as_bytes()).expect_err(text);
    assert_eq!(error.to_string(), expected, "{text}");
}

#[test]
fn faults_say_where_they_are() {
    check::<Tool>("[]", "expected an object");
    check::<Tool>(r#"{"inputSchema":{}}"#, "missing member at `name`");
    check::<Tool>(
        r#"{"name":1,"inputSchema":{}}"#,
        "expected a string at `name`",
    );
    check::<Tool>(
        r#"{"name":"a","inputSchema":[]}"#,
        "expected an object at `inputSchema`",
    );
    check::<ListToolsResult>(
        r#"{"tools":[{"name":"a","inputSchema":{},"annotations":{"readOnlyHint":1}}]}"#,
        "expected a boolean at `tools.annotations.readOnlyHint`",
    );
    check::<CallToolResult>(
        r#"{"content":[{"text":"a"}]}"#,
        "missing member at `content.type`",
    );
    check::<CallToolResult>(r#"{"content":["a"]}"#, "expected an object at `content`");
    check::<CallToolResult>(r#"{"content":{}}"#, "expected an array at `content`");
    check::<Completion>(
        r#"{"values":[],"total":-1}"#,
        "expected a whole number at `total`",
    );
    check::<Completion>(
        r#"{"values":[],"total":1.5}"#,
        "expected a whole number at `total`",
    );
    check::<PromptMessage>(
        r#"{"role":"root","content":{"type":"text","text":""}}"#,
        "expected one of `user` `assistant` at `role`",
    );
    check::<TextContent>(r#"{"type":"image","text":""}"#, "expected text at `type`");
    check::<CancelledParams>(
        r#"{"requestId":1.5}"#,
        "expected a string or an integer at `requestId`",
    );
    check::<Tool>(
        r#"{"name":"a","name":"b","inputSchema":{}}"#,
        "duplicate key at byte 12",
    );
}

#[test]
fn null_means_absent_where_it_is_no_value() {
    let result =
        CallToolResult::parse(br#"{"content":[],"isError":null,"_meta":null}"#).expect("read");
    assert_eq!(result, CallToolResult::default());
    let params = CallToolParams::parse(br#"{"name":"a","arguments":null}"#).expect("read");
    assert_eq!(params, CallToolParams::new("a"));
}

#[test]
fn null_is_kept_where_it_is_a_value() {
    let result =
        CallToolResult::parse(br#"{"content":[],"structuredContent":null}"#).expect("read");
    assert_eq!(result.structured_content, Some(Json::null()));
    let task = br#"{"taskId":"t","status":"working","createdAt":"","lastUpdatedAt":"","ttl":null}"#;
    assert_eq!(Task::parse(task).expect("read").ttl, Some(None));
}

#[test]
fn peers_that_leave_out_content_are_understood() {
    let result = CallToolResult::parse(br#"{"structuredContent":{"a":1}}"#).expect("read");
    assert!(result.content.is_empty());
    assert_eq!(
        result.to_json(),
        br#"{"content":[],"structuredContent":{"a":1}}"#
    );
}

#[test]
fn what_nobody_knows_is_kept() {
    let text = r#"{"type":"hologram","depth":3}"#;
    let block = ContentBlock::parse(text.as_bytes()).expect("read");
    assert!(matches!(block, ContentBlock::Unknown(_)));
    assert_eq!(block.to_json(), text.as_bytes());
    assert_eq!(
        Theme::parse(b"\"sepia\"").expect("read"),
        Theme::Other("sepia".into())
    );
}

#[test]
fn keys_with_escapes_are_the_same_keys() {
    let tool = Tool::parse(br#"{"n\u0061me":"\u0061","inputSchema":{}}"#).expect("read");
    assert_eq!(tool.name, "a");
}

/// Only text that was never validated can nest like this; it must not end the process.
#[test]
fn nesting_has_a_bound() {
    let open = r#"{"type":"tool_result","toolUseId":"","content":["#.repeat(5_000);
    let error = ContentBlock::decode(open.as_bytes()).expect_err("refused");
    assert_eq!(error.fault, DecodeFault::Depth);
    let close = "]}".repeat(5_000);
    let error = ContentBlock::decode((open + &close).as_bytes()).expect_err("refused");
    assert_eq!(error.fault, DecodeFault::Depth);
}

#[test]
fn ids_are_exact() {
    for (text, id) in [
        ("1", Id::Number(1)),
        ("\"1\"", Id::Text("1".into())),
        ("-5", Id::Number(-5)),
    ] {
        assert_eq!(RequestId::parse(text.as_bytes()).expect("read"), id);
        assert_eq!(id.to_json(), text.as_bytes());
    }
}

// SPEC: 2026-07-28/basic/index/resulttype:1-3
#[test]
fn answers_are_told_apart() {
    let answer = |text: &str| Answer::<CallToolResult>::parse(text.as_bytes()).expect("read");
    let task = r#"{"taskId":"t","status":"working","createdAt":"","lastUpdatedAt":"""#;
    assert!(matches!(answer(r#"{"content":[]}"#), Answer::Complete(_)));
    assert!(matches!(
        answer(r#"{"resultType":"complete","content":[]}"#),
        Answer::Complete(_)
    ));
    assert!(matches!(
        answer(r#"{"resultType":"input_required"}"#),
        Answer::InputRequired(_)
    ));
    assert!(matches!(
        answer(&format!(r#"{{"task":{task}}}}}"#)),
        Answer::LegacyTask(_)
    ));
    assert!(matches!(
        answer(r#"{"resultType":"x"}"#),
        Answer::Unknown(_)
    ));
    let extension = task.replacen('{', r#"{"resultType":"task","#, 1) + "}";
    assert!(matches!(answer(&extension), Answer::Task(_)));
    // A structured result of a tool may well have a member of that name.
    assert!(matches!(
        answer(r#"{"content":[],"task":{"done":true}}"#),
        Answer::Complete(_)
    ));
}
