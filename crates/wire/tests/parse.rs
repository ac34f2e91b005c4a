//! From a line to a message: shapes, ids, names, and the reasons for a refusal.

use interlock_wire::error_reply::{code_of, refusal, unsupported_version};
use interlock_wire::{Blame, Id, Kind, Limits, Method, Reject, RejectCode, parse};

use crate::support::{message, reject};

// SPEC: both/basic/index/error-responses:1 both/basic/index/messages:1 both/basic/index/result-responses:1
#[test]
fn the_four_shapes() {
    let request =
        message(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"c"}}"#);
    assert_eq!(request.method(), Method::ToolsList);
    assert_eq!(
        request.kind,
        Kind::Request {
            id: Id::Number(1),
            method: "tools/list".into(),
            params: Some(br#"{"cursor":"c"}"#),
        }
    );
    let notification = message(r#"{"jsonrpc":"2.0","method":"x/y","params":null}"#);
    assert_eq!(
        notification.kind,
        Kind::Notification {
            method: "x/y".into(),
            params: None
        }
    );
    let response = message(r#" {"result" : { }, "id":"a\n", "jsonrpc":"2.0"} "#);
    assert_eq!(
        response.kind,
        Kind::Response {
            id: Id::Text("a\n".into()),
            result: b"{ }"
        }
    );
    let error = message(r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"m"},"id":null}"#);
    assert_eq!(
        error.kind,
        Kind::Error {
            id: None,
            error: br#"{"code":-32601,"message":"m"}"#
        }
    );
    assert_eq!(error.error_code(), Some(-32601));
}

#[test]
fn the_bytes_are_the_line() {
    let line = b"  {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\t\r";
    let message = parse(line, &Limits::default()).expect("valid");
    assert_eq!(message.raw, &line[..line.len() - 1]);
}

/// A whole message around one changed part.
fn refused(line: &str, expected: RejectCode) {
    let reject = reject(line);
    assert_eq!(reject.code, expected, "{line}: {reject}");
}

// SPEC: both/basic/index/error-responses:2-3 both/basic/index/messages:1 both/basic/index/result-responses:2
#[test]
fn refuses_wrong_envelopes() {
    use RejectCode::*;
    let cases = [
        (r#"{"id":1,"method":"ping"}"#, Version),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, Version),
        (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, Version),
        (r#"{"jsonrpc":"2.0"}"#, Shape),
        (r#"{"jsonrpc":"2.0","id":1}"#, Shape),
        (r#"{"jsonrpc":"2.0","result":{}}"#, Shape),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            Shape,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            Shape,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{"code":1,"message":""}}"#,
            Shape,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, Result),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":[{"tools":[]}]}"#,
            Result,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, Error),
        (r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#, Error),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#,
            Error,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}"#,
            Error,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}}"#,
            Error,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":[{"code":1,"message":""}]}"#,
            Error,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
            Params,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#,
            Params,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":false}"#,
            Params,
        ),
        ("1", NotObject),
        ("\"{}\"", NotObject),
        ("null", NotObject),
    ];
    for (line, code) in cases {
        refused(line, code);
    }
}

// SPEC: both/basic/index/requests:1-2
#[test]
fn refuses_ids_that_peers_would_read_differently() {
    use RejectCode::*;
    let cases = [
        ("null", IdNull),
        ("true", IdKind),
        ("{}", IdKind),
        ("[1]", IdKind),
        ("1.0", IdKind),
        ("1e0", IdKind),
        ("-0", IdKind),
        ("0.5", IdKind),
        ("1e400", NumberRange),
        ("9223372036854775808", IdRange),
        ("123456789012345678901234567890", IdRange),
        (r#""a\u0000b""#, NulText),
    ];
    for (id, code) in cases {
        refused(
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#),
            code,
        );
    }
    let long = "x".repeat(257);
    refused(
        &format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"ping"}}"#),
        IdLength,
    );
}

// SPEC: both/basic/index/requests:1
#[test]
fn accepts_ids_exactly() {
    let cases = [
        ("0", Id::Number(0), false),
        ("-1", Id::Number(-1), false),
        ("9007199254740991", Id::Number(9_007_199_254_740_991), false),
        ("9007199254740993", Id::Number(9_007_199_254_740_993), true),
        ("-9223372036854775808", Id::Number(i64::MIN), true),
        (r#""1""#, Id::Text("1".into()), false),
        (r#""""#, Id::Text("".into()), false),
        (r#""\u0061""#, Id::Text("a".into()), false),
    ];
    for (raw, id, far) in cases {
        let line = format!(r#"{{"jsonrpc":"2.0","id":{raw},"method":"ping"}}"#);
        let message = message(&line);
        assert_eq!(message.id(), Some(&id), "{raw}");
        assert_eq!(message.remarks.unsafe_id, far, "{raw}");
    }
}

#[test]
fn refuses_keys_that_only_a_folding_reader_takes_for_ours() {
    let call = |params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#)
    };
    let result = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    let lines = [
        r#"{"jsonrpc":"2.0","id":1,"Method":"tools/call"}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","paramſ":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","ＰＡＲＡＭＳ":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","par\u200bams":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params ":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","_params":{}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","İd":2}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","ıd":2}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"Result":{},"method":"ping"}"#.into(),
        call(r#"{"name":"safe","Name":"delete_all"}"#),
        call(r#"{"name":"safe","NAME":"delete_all"}"#),
        call(r#"{"name":"a","Arguments":{}}"#),
        call(r#"{"name":"a","arguments":{},"argumentſ":{}}"#),
        call(r#"{"name":"a","_Meta":{}}"#),
        call(r#"{"name":"a","_meta":{"ProgressToKen":1}}"#),
        call(r#"{"name":"a","_meta":{"IO.modelcontextprotocol/protocolVersion":"x"}}"#),
        call(r#"{"name":"a","requeﬆState":"x"}"#),
        result(r#"{"tools":[],"Tools":[]}"#),
        result(r#"{"toolſ":[]}"#),
        result(r#"{"tools":[{"name":"a","Description":"b"}]}"#),
        result(r#"{"content":[{"type":"text","Text":"b"}]}"#),
        result(r#"{"isError":true,"iserror":false}"#),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a","Message":"b"}}"#.into(),
    ];
    for line in lines {
        refused(&line, RejectCode::LookalikeKey);
    }
}

#[test]
fn keys_of_tools_and_users_are_their_own() {
    let lines = [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"Name":1,"name":2,"ID":3,"Method":4}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"Tools":1,"tools":2},"meta":null}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{"properties":{"Name":{}}}}]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"extra":1,"x_tools":2},"extension":true}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a","data":{"Code":2}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"com.example/Key":1,"key":2}}}"#,
    ];
    for line in lines {
        message(line);
    }
}

#[test]
fn methods_are_exact() {
    use RejectCode::*;
    let cases = [
        (r#""tools/call ""#, MethodKind),
        (r#"" tools/call""#, MethodKind),
        (r#""tools/call\u0000""#, MethodKind),
        (r#""tools/call\n""#, MethodKind),
        (r#""tools/c\u0430ll""#, MethodKind),
        (r#""""#, MethodKind),
        ("1", MethodKind),
        ("null", MethodKind),
        (r#"["tools/call"]"#, MethodKind),
        (r#""Tools/Call""#, MethodLookalike),
        (r#""tools//call""#, MethodLookalike),
        (r#""/tools/call""#, MethodLookalike),
        (r#""tools/call/""#, MethodLookalike),
        (r#""tools.call""#, MethodLookalike),
        (r#""tools\\call""#, MethodLookalike),
        (r#""INITIALIZE""#, MethodLookalike),
        (r#""notifications/Initialized""#, MethodLookalike),
        (r#""tools%2Fcall""#, MethodLookalike),
        (r#""tools/c%61ll""#, MethodLookalike),
    ];
    for (method, code) in cases {
        refused(
            &format!(r#"{{"jsonrpc":"2.0","id":1,"method":{method}}}"#),
            code,
        );
    }
    for method in [
        "tools/call2",
        "x",
        "com.example/tool",
        "skills/list",
        "experimental/a%20b",
        "100%",
    ] {
        message(&format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#
        ));
    }
    refused(
        &format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
            "m".repeat(129)
        ),
        MethodKind,
    );
}

#[test]
fn names_do_not_end_early() {
    for params in [
        r#"{"name":"read\u0000_all"}"#,
        r#"{"uri":"file:///a\u0000b"}"#,
    ] {
        refused(
            &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{params}}}"#),
            RejectCode::NulText,
        );
    }
    let text = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\u0000"}]}}"#;
    assert!(message(text).remarks.escaped_nul);
}

#[test]
fn batches_and_noise_are_told_apart() {
    let batch = reject(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#);
    assert_eq!(
        (batch.code, batch.blame),
        (RejectCode::Batch, Blame::Limits)
    );
    assert_eq!(reject("[]").code, RejectCode::Batch);
    let noise = [
        "Server listening on stdio...",
        "[info] ready",
        "[2026-11-21] ready",
        "1 file",
        "> npx",
        "INFO: x",
        "\u{1b}[32mok\u{1b}[0m",
        "nullable",
    ];
    for line in noise {
        assert_eq!(reject(line).blame, Blame::Noise, "{line}");
    }
    assert_eq!(reject("{\"jsonrpc\":").blame, Blame::Peer);
    assert_eq!(reject("\u{feff}{}").code, RejectCode::ByteOrderMark);
    assert_eq!(reject(b"\xFFready").code, RejectCode::NotJson);
}

#[test]
fn a_line_that_other_readers_would_split_is_refused() {
    let smuggled = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":\r\
                    {\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\"}\r}}";
    refused(smuggled, RejectCode::CarriageReturn);
}

#[test]
fn a_refusal_can_be_answered_when_the_id_was_read() {
    let twice = reject(r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call"}"#);
    assert_eq!((twice.id, twice.response), (Some(Id::Number(7)), false));
    let answer = reject(r#"{"jsonrpc":"2.0","id":"x","result":{"a":1},"result":{}}"#);
    assert_eq!(
        (answer.id, answer.response),
        (Some(Id::Text("x".into())), true)
    );
    let late = reject(r#"{"jsonrpc":"2.0","method":"ping","params":{"a":01},"id":7}"#);
    assert_eq!(late.id, None);
}

#[test]
fn remarks() {
    let proto =
        message(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[{"\u005f_proto__":{}}]}}"#);
    assert!(proto.remarks.prototype_key);
    let plain = message(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"é\"\\","n":12}}"#);
    assert_eq!(plain.remarks, interlock_wire::Remarks::default());
    let log =
        message(r#"{"jsonrpc":"2.0","method":"x","params":{"a":"b\nc","n":1234567890123456}}"#);
    assert!(log.remarks.escaped_control && log.remarks.large_integer);
}

#[test]
fn replies_are_messages_themselves() {
    let id = Id::Text("a\"\n".into());
    let data = br#"{"try":"interlock approve x"}"#;
    let reply = refusal(Some(&id), -31000, "not approved\u{1}", Some(data));
    let text = String::from_utf8(reply).expect("UTF-8");
    let expected = r#"{"jsonrpc":"2.0","id":"a\"\n","error":{"code":-31000,"message":"not approved\u0001","data":{"try":"interlock approve x"}}}"#;
    assert_eq!(text, expected);
    assert_eq!(message(&text).id(), Some(&id));
    let version = String::from_utf8(unsupported_version(&Id::Number(1), "1900\n")).expect("UTF-8");
    assert_eq!(message(&version).error_code(), Some(-32022));
    assert!(
        version.contains(r#""supported":["2026-07-28","2025-11-25""#),
        "{version}"
    );
    let nobody = String::from_utf8(refusal(None, -32700, "x", None)).expect("UTF-8");
    assert_eq!(message(&nobody).id(), None);
}

#[test]
fn every_code_has_its_own_name_and_an_error_code() {
    let names: std::collections::BTreeSet<_> = RejectCode::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(names.len(), RejectCode::ALL.len());
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric()))
    );
    let code = |line: &str| code_of(&reject(line));
    assert_eq!(code("{"), -32700);
    assert_eq!(code("{}"), -32600);
    assert_eq!(code("[]"), -31000);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":1}"#),
        -32602
    );
    assert_eq!(code_of(&Reject::too_long()), -31000);
}
