//! What a transport takes for a sign of life: whatever comes on a stream that an answer is waited for on, comments too.

use std::sync::{Arc, Mutex};

use interlock_sdk::client::{
    Connect as _, Inbox, Outgoing, OutgoingKind, Receive, Taken, Transport as _, TransportError,
    Via,
};
use interlock_sdk::http::client::{HttpTransport, StreamableHttp};
use interlock_wire::{Id, Limits, Method, Reject, Revision};
use serde_json::json;

use super::scripted::{Request, Scripted, event, events, response};

/// Writes down what it is told, in order.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Ear {
    fn note(&self, what: &str, via: &Via<'_>) {
        let from = match via {
            Via::Shared => "shared".to_owned(),
            Via::Exchange(id) => format!("{id:?}"),
        };
        self.0.lock().unwrap().push(format!("{what} {from}"));
    }

    /// What was heard, each kind of thing once where it came several times in a row: how the network cuts a stream decides nothing.
    fn heard(&self) -> Vec<String> {
        let mut heard = self.0.lock().unwrap().clone();
        heard.dedup();
        heard
    }
}

impl Receive for Ear {
    fn message(&self, message: &[u8], via: Via<'_>) -> Taken {
        self.note("message", &via);
        match message.windows(8).any(|part| part == b"\"result\"") {
            true => Taken::Answer,
            false => Taken::Message,
        }
    }

    fn reject(&self, _reject: &Reject) {}

    fn closed(&self, _reason: TransportError) {}

    fn alive(&self, via: &Via<'_>) {
        self.note("alive", via);
    }
}

async fn transport(scripted: &Scripted, ear: &Arc<Ear>, revision: Revision) -> HttpTransport {
    let inbox = Inbox::new(Arc::<Ear>::clone(ear), Limits::default());
    let http = StreamableHttp::new(&scripted.url()).unwrap();
    let transport = http.connect(inbox).await.unwrap();
    transport.negotiated(revision);
    transport
}

fn call(revision: Revision) -> Outgoing {
    let bytes = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "t"}});
    let kind = OutgoingKind::Request {
        id: Id::Number(7),
        method: Method::ToolsCall,
        method_name: "tools/call".to_owned(),
        name: Some("t".to_owned()),
        params: Vec::new(),
    };
    Outgoing::new(bytes.to_string().into_bytes(), kind, Some(revision))
}

/// What is heard while a call is answered with this stream, and whether the call has its answer.
async fn heard(body: &'static str) -> (Vec<String>, bool) {
    let scripted = Scripted::start(move |_| events(body)).await;
    let ear = Arc::new(Ear::default());
    let revision = Revision::V2026_07_28;
    let transport = transport(&scripted, &ear, revision).await;
    let sent = transport.send(call(revision)).await;
    (ear.heard(), sent.is_ok())
}

#[tokio::test]
async fn comments_say_that_the_server_is_at_work() {
    let (alive, message) = ("alive Number(7)", "message Number(7)");
    for body in [": at work\n\n", ":\n", ": one\n\n: two\n\n"] {
        assert_eq!(heard(body).await, (vec![alive.to_owned()], false), "{body}");
    }
    // An event that names nothing is no message, and a sign of life as well.
    assert_eq!(heard("id: 1\ndata:\n\n").await.0, [alive]);
    // Before the answer, and behind it nothing counts any more.
    let answered = ": at work\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n: still\n\n";
    assert_eq!(
        heard(answered).await,
        (vec![alive.to_owned(), message.to_owned()], true)
    );
    assert_eq!(heard("").await, (Vec::new(), false));
}

/// The stream of the session eras that belongs to no request is kept open by comments for ever: nothing is waited for on it.
#[tokio::test]
async fn comments_on_a_stream_that_answers_nothing_say_nothing() {
    let note =
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    let script = move |request: &Request| match request.verb.as_str() {
        "GET" if request.header("last-event-id").is_some() => {
            response("405 Method Not Allowed", &[], "")
        }
        "GET" => events(&format!(
            "retry: 1\n: ping\n\n{}: ping\n\n",
            event("e-1", note)
        )),
        _ => response("202 Accepted", &[], ""),
    };
    let scripted = Scripted::start(script).await;
    let ear = Arc::new(Ear::default());
    let revision = Revision::V2025_06_18;
    let transport = transport(&scripted, &ear, revision).await;
    let kind = OutgoingKind::Notification {
        method: Method::Initialized,
        method_name: "notifications/initialized".to_owned(),
    };
    let bytes = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let outgoing = Outgoing::new(bytes.to_string().into_bytes(), kind, Some(revision));
    transport.send(outgoing).await.unwrap();
    // Whoever resumes has read the stream to its end.
    let resumed = |request: &Request| request.header("last-event-id").is_some();
    while !scripted.seen().iter().any(resumed) {
        tokio::task::yield_now().await;
    }
    assert_eq!(ear.heard(), ["message shared"]);
}
