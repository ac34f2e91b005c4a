//! The session on legacy revisions, as scripts.

use interlock_wire::session::{Note, Outcome, Reason, Ticket, Verdict};
use interlock_wire::{Limits, Method, Revision, Session};

use crate::support::{dropped, legacy, message, play, reject, word};

const ASK: &str = r#"> {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}} => forward"#;
const AGREE: &str = r#"< {"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}} => forward"#;

fn check(script: &str) {
    play(&mut Session::new(Limits::default()), script);
}

#[test]
fn a_whole_session() {
    let mut session = legacy("2025-11-25");
    assert_eq!(session.revision(), Some(Revision::V2025_11_25));
    play(
        &mut session,
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"tools":[]}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":2}}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}} => forward
        < {"jsonrpc":"2.0","id":0,"method":"roots/list"} => forward
        > {"jsonrpc":"2.0","id":0,"result":{"roots":[]}} => forward
        < {"jsonrpc":"2.0","id":2,"result":{"content":[]}} => forward
        > {"jsonrpc":"2.0","id":3,"method":"com.example/own"} => forward
        < {"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no"}} => forward
        > {"jsonrpc":"2.0","method":"notifications/com.example/own"} => forward
        < {"jsonrpc":"2.0","method":"notifications/com.example/own"} => forward
        < {"jsonrpc":"2.0","id":"p","method":"ping"} => forward
        > {"jsonrpc":"2.0","id":"p","result":{}} => forward
    "#,
    );
    assert_eq!(session.in_flight(), (0, 0));
}

// SPEC: 2025-11-25/basic/lifecycle/initialization:1,5
#[test]
fn nothing_passes_before_a_handshake() {
    check(
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => answer -32600 not-ready
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}} => answer -32600 not-ready
        > {"jsonrpc":"2.0","id":1,"method":"com.example/own"} => answer -32600 not-ready
        > {"jsonrpc":"2.0","method":"notifications/initialized"} => drop not-ready
        < {"jsonrpc":"2.0","method":"notifications/message","params":{}} => drop not-ready
        < {"jsonrpc":"2.0","id":1,"method":"roots/list"} => answer -32600 not-ready
        < {"jsonrpc":"2.0","id":1,"result":{}} => drop unknown-id
        > {"jsonrpc":"2.0","id":1,"result":{}} => drop unknown-id
        > {"jsonrpc":"2.0","id":1,"method":"ping"} => forward
        < {"jsonrpc":"2.0","id":1,"result":{}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/list"} => answer -32600 not-ready
    "#,
    );
}

#[test]
fn a_client_that_does_not_wait_is_served() {
    check(&format!(
        r#"{ASK}
        > {{"jsonrpc":"2.0","method":"notifications/initialized"}} => forward
        > {{"jsonrpc":"2.0","id":1,"method":"tools/list"}} => forward
        {AGREE}
        < {{"jsonrpc":"2.0","id":1,"result":{{"tools":[]}}}} => forward
        < {{"jsonrpc":"2.0","id":1,"method":"ping"}} => forward
        > {{"jsonrpc":"2.0","method":"notifications/initialized"}} => drop already-initialized
    "#
    ));
}

// SPEC: 2025-11-25/basic/lifecycle/initialization:6
#[test]
fn a_server_may_only_ping_while_the_handshake_runs() {
    check(&format!(
        r#"{ASK}
        < {{"jsonrpc":"2.0","id":1,"method":"ping"}} => forward
        < {{"jsonrpc":"2.0","id":2,"method":"roots/list"}} => answer -32600 not-ready
        < {{"jsonrpc":"2.0","method":"notifications/message","params":{{}}}} => forward
        {AGREE}"#
    ));
}

#[test]
fn the_handshake_happens_once_but_may_be_retried() {
    let again = ASK
        .replace("\"id\":0", "\"id\":9")
        .replace("forward", "answer -32600 already-initialized");
    check(&format!("{ASK}\n{again}\n{AGREE}\n{again}"));
    check(&format!(
        "{ASK}\n{}\n{ASK}\n{AGREE}",
        r#"< {"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"version"}} => forward"#
    ));
}

#[test]
fn a_version_nobody_knows_is_not_agreed_on() {
    for version in ["2099-01-01", "2026-07-28", "", "2025-06-18 "] {
        let agree = AGREE
            .replace("2025-06-18", version)
            .replace("forward", "replace -32603 unknown-version");
        check(&format!("{ASK}\n{agree}\n{ASK}"));
    }
    let missing = r#"< {"jsonrpc":"2.0","id":0,"result":{}} => replace -32603 unknown-version"#;
    check(&format!("{ASK}\n{missing}"));
    let old = AGREE.replace("2025-06-18", "2024-10-07");
    check(&format!("{ASK}\n{old}"));
}

// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:3
#[test]
fn the_handshake_is_checked() {
    check(
        r#"
        > {"jsonrpc":"2.0","id":0,"method":"initialize"} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":20250618}} => answer -32602 bad-params
    "#,
    );
    check(&format!(
        r#"{ASK}
        > {{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":0}}}} => drop not-ready
    "#
    ));
}

#[test]
fn directions() {
    play(
        &mut legacy("2025-11-25"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"roots/list"} => answer -32601 wrong-direction
        > {"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}} => answer -32601 wrong-direction
        > {"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}} => answer -32601 wrong-direction
        > {"jsonrpc":"2.0","method":"notifications/message","params":{}} => drop wrong-direction
        > {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => drop wrong-direction
        < {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}} => answer -32601 wrong-direction
        < {"jsonrpc":"2.0","id":1,"method":"tools/list"} => answer -32601 wrong-direction
        < {"jsonrpc":"2.0","id":1,"method":"initialize","params":{}} => answer -32601 wrong-direction
        < {"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{}} => answer -32601 wrong-direction
        < {"jsonrpc":"2.0","method":"notifications/initialized"} => drop wrong-direction
        < {"jsonrpc":"2.0","method":"notifications/roots/list_changed"} => drop wrong-direction
    "#,
    );
}

// SPEC: both/basic/index/notifications:2 both/basic/index/requests:1
#[test]
fn requests_have_ids_and_notifications_have_none() {
    play(
        &mut legacy("2025-11-25"),
        r#"
        > {"jsonrpc":"2.0","method":"tools/call","params":{"name":"a"}} => drop request-without-id
        > {"jsonrpc":"2.0","method":"tools/list"} => drop request-without-id
        < {"jsonrpc":"2.0","method":"sampling/createMessage","params":{}} => drop request-without-id
        > {"jsonrpc":"2.0","id":1,"method":"notifications/cancelled","params":{"requestId":1}} => answer -32600 notification-with-id
        < {"jsonrpc":"2.0","id":1,"method":"notifications/message","params":{}} => answer -32600 notification-with-id
    "#,
    );
}

// SPEC: 2025-11-25/basic/lifecycle/operation:2
#[test]
fn servers_ask_only_what_the_client_declared() {
    check(&format!(
        r#"{ASK}
        {AGREE}
        > {{"jsonrpc":"2.0","method":"notifications/initialized"}} => forward
        < {{"jsonrpc":"2.0","id":1,"method":"roots/list"}} => answer -32601 missing-capability
        < {{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{{}}}} => answer -32601 missing-capability
        < {{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{{}}}} => answer -32601 missing-capability
        < {{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{{}}}} => answer -32601 missing-capability
        < {{"jsonrpc":"2.0","id":1,"method":"ping"}} => forward
    "#
    ));
}

// SPEC: both/basic/index/error-responses:1 both/basic/index/result-responses:1
#[test]
fn answers_belong_to_one_request() {
    play(
        &mut legacy("2025-06-18"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        > {"jsonrpc":"2.0","id":"1","method":"prompts/list"} => forward
        > {"jsonrpc":"2.0","id":1,"method":"resources/list"} => drop duplicate-id
        < {"jsonrpc":"2.0","id":"2","result":{}} => drop unknown-id
        < {"jsonrpc":"2.0","id":2,"error":{"code":1,"message":""}} => drop unknown-id
        < {"jsonrpc":"2.0","error":{"code":1,"message":""}} => drop no-id
        < {"jsonrpc":"2.0","id":1,"result":{"tools":[]}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"tools":[]}} => drop unknown-id
        < {"jsonrpc":"2.0","id":"1","result":{}} => forward
        > {"jsonrpc":"2.0","id":1,"method":"resources/list"} => forward
        > {"jsonrpc":"2.0","id":1,"result":{}} => drop unknown-id
        > {"jsonrpc":"2.0","error":{"code":1,"message":""}} => drop no-id
        < {"jsonrpc":"2.0","id":1,"method":"ping"} => forward
        < {"jsonrpc":"2.0","id":1,"method":"roots/list"} => drop duplicate-id
        > {"jsonrpc":"2.0","id":"1","result":{}} => drop unknown-id
        > {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}} => forward
    "#,
    );
}

// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:1-2
// SPEC: 2025-11-25/basic/utilities/cancellation/error-handling:1,3
#[test]
fn cancelling() {
    play(
        &mut legacy("2025-06-18"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        > {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}} => drop unknown-id
        > {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}} => drop bad-params
        > {"jsonrpc":"2.0","method":"notifications/cancelled"} => drop bad-params
        > {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"tools":[]}} => drop cancelled
        < {"jsonrpc":"2.0","id":5,"method":"ping"} => forward
        < {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":6}} => drop unknown-id
        < {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}} => forward
        > {"jsonrpc":"2.0","id":5,"result":{}} => drop cancelled
    "#,
    );
}

// SPEC: 2025-11-25/basic/utilities/progress/behavior-requirements:1-2
// SPEC: 2025-11-25/basic/utilities/progress/implementation-notes:1,3
// SPEC: 2025-11-25/basic/utilities/progress/progress-flow:1
#[test]
fn progress_needs_a_token_in_flight() {
    play(
        &mut legacy("2025-06-18"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":"t"}}} => forward
        > {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a"}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}} => drop unknown-id
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}} => drop unknown-id
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}} => drop unknown-id
        < {"jsonrpc":"2.0","id":1,"result":{"content":[]}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}} => drop unknown-id
        > {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":9,"progress":1}} => drop unknown-id
        < {"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{"_meta":{"progressToken":9}}} => forward
        > {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":9,"progress":1}} => forward
    "#,
    );
}

// SPEC: 2025-11-25/basic/utilities/progress/behavior-requirements:3-4
#[test]
fn a_task_reports_progress_after_its_first_answer() {
    play(
        &mut legacy("2025-11-25"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","task":{"ttl":1},"_meta":{"progressToken":7}}} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"x","status":"working"}}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}} => forward
        < {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":8,"progress":1}} => drop unknown-id
    "#,
    );
}

#[test]
fn parameters_that_judgement_relies_on() {
    play(
        &mut legacy("2025-06-18"),
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/call"} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["a"]}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":[]}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":[]}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":1}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":1}} => answer -32602 bad-params
        > {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":null}} => forward
    "#,
    );
}

#[test]
fn notes_say_what_passed() {
    let mut session = legacy("2025-06-18");
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0061","arguments":{"x":1}}}"#;
    let expected = Note::ToolsCall {
        name: "a".into(),
        arguments: Some(br#"{"x":1}"#),
        ticket: Ticket(2),
    };
    assert_eq!(
        session.from_client(&message(call)),
        Verdict::Forward(expected)
    );
    let answer = message(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#);
    match session.from_server(&answer) {
        Verdict::Forward(Note::Answer(answer)) => {
            assert_eq!(
                (answer.method, answer.ticket),
                (Method::ToolsCall, Ticket(2))
            );
            assert_eq!(answer.outcome, Outcome::Result(br#"{"content":[]}"#));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn pages_of_tools() {
    let mut session = legacy("2025-06-18");
    let page = |session: &mut Session, params: &str, result: &str| {
        let ask = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{params}}}"#);
        assert_eq!(word(&session.from_client(&message(&ask))), "forward");
        let answer = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        match session.from_server(&message(&answer)) {
            Verdict::Forward(Note::Answer(answer)) => match answer.outcome {
                Outcome::Tools { first, last, .. } => (first, last),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        page(&mut session, "{}", r#"{"tools":[],"nextCursor":"n"}"#),
        (true, false)
    );
    assert_eq!(
        page(&mut session, r#"{"cursor":"n"}"#, r#"{"tools":[]}"#),
        (false, true)
    );
    assert_eq!(
        page(&mut session, "{}", r#"{"tools":[],"nextCursor":null}"#),
        (true, true)
    );
    play(
        &mut session,
        r#"
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        < {"jsonrpc":"2.0","id":1,"result":{"tools":{"name":"a"}}} => replace -32603 bad-result
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        < {"jsonrpc":"2.0","id":1,"result":{}} => replace -32603 bad-result
    "#,
    );
}

#[test]
fn requests_in_flight_are_bounded() {
    let mut session = Session::established(
        Limits {
            max_in_flight: 8,
            ..Limits::default()
        },
        Revision::V2025_06_18,
    );
    let line = |id: usize| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#);
    for id in 0..8 {
        assert_eq!(word(&session.from_client(&message(&line(id)))), "forward");
    }
    assert_eq!(
        word(&session.from_client(&message(&line(8)))),
        "answer -31000 too-many-in-flight"
    );
    // Cancelled requests may never be answered, so they give way.
    for id in 0..8 {
        let cancel = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
        );
        assert_eq!(word(&session.from_client(&message(&cancel))), "forward");
    }
    for id in 10..16 {
        assert_eq!(
            word(&session.from_client(&message(&line(id)))),
            "forward",
            "{id}"
        );
    }
    assert_eq!(session.unanswered().count(), 6);
}

#[test]
fn refused_lines_are_answered_where_that_is_safe() {
    let mut session = legacy("2025-06-18");
    let twice = reject(r#"{"jsonrpc":"2.0","id":1,"method":"ping","id":2}"#);
    assert_eq!(
        word(&session.reject_client(&twice)),
        "answer -32600 rejected"
    );
    assert_eq!(
        word(&session.reject_client(&reject("{nonsense"))),
        "answer -32700 rejected"
    );
    assert_eq!(
        word(&session.reject_server(&reject("ready"))),
        "drop rejected"
    );
    let broken = reject(r#"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2},"x":1}"#);
    assert_eq!(word(&session.reject_server(&broken)), "drop rejected");
    let broken = reject(r#"{"jsonrpc":"2.0","id":1,"result":{},"x":{"a":1,"a":2}}"#);
    play(
        &mut session,
        r#"> {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward"#,
    );
    // An error for id 1 would look like the answer to the request in flight.
    assert_eq!(word(&session.reject_client(&twice)), "drop rejected");
    assert_eq!(
        word(&session.reject_server(&broken)),
        "replace -32603 rejected"
    );
    assert_eq!(session.in_flight(), (0, 0));
}

// SPEC: 2026-07-28/basic/patterns/progress/implementation-notes:2
// SPEC: 2025-11-25/basic/utilities/progress/implementation-notes:2
#[test]
fn floods_are_cut_off_and_time_heals() {
    let mut session = legacy("2025-06-18");
    let log = message(r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}"#);
    let burst = (0..100_000)
        .filter(|_| dropped(&session.from_server(&log)).is_none())
        .count();
    assert_eq!(burst, 8_192);
    assert_eq!(dropped(&session.from_server(&log)), Some(Reason::Flood));
    session.tick(std::time::Duration::from_secs(1));
    let later = (0..100_000)
        .filter(|_| dropped(&session.from_server(&log)).is_none())
        .count();
    assert_eq!(later, 1_000);
}

#[test]
fn a_change_is_news_once_until_the_list_is_fetched() {
    let mut session = legacy("2025-06-18");
    play(
        &mut session,
        r#"
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => drop flood
        < {"jsonrpc":"2.0","method":"notifications/prompts/list_changed"} => forward
        > {"jsonrpc":"2.0","id":1,"method":"tools/list"} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => forward
        < {"jsonrpc":"2.0","method":"notifications/tools/list_changed"} => drop flood
    "#,
    );
    // A server that makes the client list again and again is paced.
    let changed = message(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
    let forwarded = (10..200).filter(|id| {
        let list = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#);
        assert_eq!(word(&session.from_client(&message(&list))), "forward");
        dropped(&session.from_server(&changed)).is_none()
    });
    assert_eq!(forwarded.count(), 29);
}

#[test]
fn every_reason_has_its_own_name() {
    let names: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
}
