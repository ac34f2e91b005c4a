//! A server's session: any lines in any order, in both eras, are survived; what is answered is a message and has the request's id.
//! The first byte of the input says how messages travel.

use std::pin::Pin;
use std::task::{Context as Task, Waker};

use interlock_sdk::Principal;
use interlock_sdk::server::{
    Arrival, CallError, Context, Handled, OfferedTool, Outbound, Server, SessionKind,
};
use interlock_wire::types::{ElicitParams, FormSchema, TaskSupport};
use interlock_wire::{Kind, Limits, parse};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn asks(_: Nothing, cx: Context) -> Result<(), CallError> {
    cx.elicit(ElicitParams::form("?", FormSchema::default()))
        .await?;
    Ok(())
}

fn server(limits: Limits) -> Server {
    Server::builder("s", "1")
        .limits(limits)
        .tool("quick", "Answers", async |_: Nothing, _cx: Context| Ok("x"))
        .tool("asks", "Asks", asks)
        .offer_tool(
            OfferedTool::new("task", "Asks as a task", asks).task_support(TaskSupport::Optional),
        )
        .build()
}

/// Panics when a promise is broken.
pub(crate) fn run(text: &[u8]) {
    let Some((kind, text)) = text.split_first() else {
        return;
    };
    let kind = [
        SessionKind::Duplex,
        SessionKind::HttpLegacy,
        SessionKind::HttpModern,
    ][usize::from(kind % 3)];
    let limits = Limits {
        max_in_flight: 8,
        ..Limits::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();
    let session = server(limits.clone()).session(kind, Principal::anonymous());
    let out = Outbound::new(16);
    let mut sent = out.receiver().expect("the first");
    session.attach(out.clone());
    let mut later = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let mut reply = Vec::new();
        match parse(line, &limits) {
            Err(reject) => drop(session.reject(&reject, &mut reply)),
            Ok(message) => match session.handle(&message, Arrival::default(), &out, &mut reply) {
                Handled::Replied(_) => {
                    let answer = parse(&reply, &limits).expect("an answer is a message");
                    assert!(matches!(message.kind, Kind::Request { .. }));
                    assert_eq!(answer.id(), message.id());
                }
                Handled::Silent => assert!(reply.is_empty()),
                Handled::Later(mut pending) => {
                    let mut task = Task::from_waker(Waker::noop());
                    if Pin::new(&mut pending).poll(&mut task).is_pending() {
                        later.push(pending);
                    }
                }
            },
        }
        while let Some(text) = sent.try_recv() {
            parse(&text, &limits).expect("what is sent is a message");
        }
    }
    session.close();
    for mut pending in later {
        let mut task = Task::from_waker(Waker::noop());
        assert!(
            Pin::new(&mut pending).poll(&mut task).is_ready(),
            "a call outlives its session"
        );
    }
}
