//! Layers of an application around calls.

use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Poll};

use interlock_sdk::RpcError;
use interlock_sdk::server::{Answer, Call, Context, Server, SessionKind};
use interlock_wire::types::{ElicitParams, FormSchema, Resource};
use serde_json::json;
use tower::{Layer, Service};

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// Notes what passes, and refuses one name.
#[derive(Clone)]
struct Noted<S> {
    inner: S,
    tag: &'static str,
    notes: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Notes(&'static str, Arc<Mutex<Vec<String>>>);

impl<S> Layer<S> for Notes {
    type Service = Noted<S>;

    fn layer(&self, inner: S) -> Noted<S> {
        let (tag, notes) = (self.0, Arc::clone(&self.1));
        Noted { inner, tag, notes }
    }
}

impl<S> Service<Call> for Noted<S>
where
    S: Service<Call, Response = Answer, Error = RpcError, Future: Send + 'static>,
{
    type Response = Answer;
    type Error = RpcError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Answer, RpcError>> + Send>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), RpcError>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let note = format!("{} {}", self.tag, call.name());
        self.notes.lock().unwrap().push(note);
        if call.name() == "forbidden" {
            assert!(call.context().principal().is_anonymous());
            return Box::pin(async { Err(RpcError::new(-31_999, "not you")) });
        }
        let work = self.inner.call(call);
        let notes = Arc::clone(&self.notes);
        Box::pin(async move {
            let answer = work.await?;
            notes
                .lock()
                .unwrap()
                .push(format!("error: {}", answer.is_error()));
            Ok(answer)
        })
    }
}

#[test]
fn layers_see_calls_from_the_outside_in() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let server = Server::builder("s", "1")
        .tool("ok", "Works", async |_: Nothing, _cx: Context| Ok(()))
        .tool(
            "forbidden",
            "Works",
            async |_: Nothing, _cx: Context| Ok(()),
        )
        .tool("asks", "Asks", async |_: Nothing, cx: Context| {
            cx.elicit(ElicitParams::form("?", FormSchema::default()))
                .await?;
            Ok(())
        })
        .resource(Resource::new("x://1", "one"), async |_cx: Context| Ok("1"))
        .layer(Notes("inner", Arc::clone(&notes)))
        .layer(Notes("outer", Arc::clone(&notes)))
        .build();
    let peer = Peer::new(&server, SessionKind::HttpModern);
    let call = |name: &str| {
        let params = modern(json!({"name": name}), json!({"elicitation": {}}));
        peer.ask_now(json!(1), "tools/call", params)
    };
    assert!(call("ok")["result"].is_object());
    assert_eq!(
        *notes.lock().unwrap(),
        ["outer ok", "inner ok", "error: false", "error: false"]
    );
    notes.lock().unwrap().clear();
    assert_eq!(call("forbidden")["error"]["code"], -31_999);
    assert_eq!(*notes.lock().unwrap(), ["outer forbidden"]);
    // Questions pass through layers.
    assert_eq!(call("asks")["result"]["resultType"], "input_required");
    notes.lock().unwrap().clear();
    peer.ask_now(
        json!(1),
        "resources/read",
        modern(json!({"uri": "x://1"}), json!({})),
    );
    assert_eq!(notes.lock().unwrap()[0], "outer x://1");
}
