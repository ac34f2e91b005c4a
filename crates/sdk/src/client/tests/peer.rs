//! A server that does what a test says, over a transport without IO.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::Either;
use interlock_wire::{Id, Revision};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::BoxFuture;
use crate::client::{
    Abandon, Builder, Client, Connect, ConnectError, Inbox, Outgoing, OutgoingKind, Taken,
    Transport, TransportError, Via,
};

/// Makes the transport of a test, once.
pub(super) struct Fake {
    to_server: mpsc::Sender<Outgoing>,
    inbox: tokio::sync::oneshot::Sender<Inbox>,
    shape: Shape,
}

/// How the transport behaves.
#[derive(Clone, Default)]
pub(super) struct Shape {
    /// As modern HTTP: the end of an exchange cancels, and arguments go into headers.
    pub(super) http: bool,
    /// Whom the server takes us for.
    pub(super) account: Arc<AtomicU64>,
}

pub(super) struct FakeTransport {
    to_server: mpsc::Sender<Outgoing>,
    shape: Shape,
}

/// The server's end.
pub(super) struct Peer {
    pub(super) inbox: Inbox,
    from_client: mpsc::Receiver<Outgoing>,
}

/// One message of the client.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) json: Value,
    pub(super) outgoing: Outgoing,
}

impl Seen {
    pub(super) fn method(&self) -> &str {
        self.json["method"].as_str().unwrap_or_default()
    }

    pub(super) fn params(&self) -> &Value {
        &self.json["params"]
    }

    pub(super) fn id(&self) -> &Value {
        &self.json["id"]
    }

    /// What the transport would put into headers.
    pub(super) fn headers(&self) -> (Option<&str>, &[(String, String)]) {
        match &self.outgoing.kind {
            OutgoingKind::Request { name, params, .. } => (name.as_deref(), params),
            _ => (None, &[]),
        }
    }
}

pub(super) fn fake(shape: Shape) -> (Fake, impl Future<Output = Peer>) {
    let (to_server, from_client) = mpsc::channel(64);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let fake = Fake {
        to_server,
        inbox: sender,
        shape,
    };
    let peer = async {
        Peer {
            inbox: receiver.await.unwrap(),
            from_client,
        }
    };
    (fake, peer)
}

impl Connect for Fake {
    type Transport = FakeTransport;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<FakeTransport, TransportError>> {
        drop(self.inbox.send(inbox));
        let transport = FakeTransport {
            to_server: self.to_server,
            shape: self.shape,
        };
        Box::pin(async move { Ok(transport) })
    }
}

impl Transport for FakeTransport {
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let sent = self.to_server.send(message).await;
            sent.map_err(|_| TransportError::Closed)
        })
    }

    fn abandon(&self) -> Abandon {
        match self.shape.http {
            true => Abandon::Done,
            false => Abandon::Notify,
        }
    }

    fn authorization(&self) -> u64 {
        self.shape.account.load(Ordering::Relaxed)
    }

    fn mirrors_arguments(&self) -> bool {
        self.shape.http
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

impl Peer {
    /// The client's next message.
    pub(super) async fn next(&mut self) -> Seen {
        self.try_next().await.expect("the client sent nothing more")
    }

    pub(super) async fn try_next(&mut self) -> Option<Seen> {
        let outgoing = self.from_client.recv().await?;
        let json = serde_json::from_slice(&outgoing.bytes).expect("the client sends JSON");
        Some(Seen { json, outgoing })
    }

    /// The next message, which has to be of that method.
    pub(super) async fn expect(&mut self, method: &str) -> Seen {
        let seen = self.next().await;
        assert_eq!(seen.method(), method, "{}", seen.json);
        seen
    }

    /// Nothing is under way from the client, however long it takes.
    pub(super) async fn nothing(&mut self) {
        let waited =
            tokio::time::timeout(std::time::Duration::from_millis(1), self.try_next()).await;
        assert!(matches!(waited, Err(_) | Ok(None)), "{waited:?}");
    }

    pub(super) fn say(&self, message: Value) -> Taken {
        self.inbox
            .message(message.to_string().as_bytes(), Via::Shared)
    }

    pub(super) fn say_on(&self, exchange: i64, message: Value) -> Taken {
        let id = Id::Number(exchange);
        self.inbox
            .message(message.to_string().as_bytes(), Via::Exchange(&id))
    }

    pub(super) fn answer(&self, seen: &Seen, result: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": seen.id(), "result": result}));
    }

    pub(super) fn fail(&self, seen: &Seen, code: i64, data: Value) {
        let error = json!({"code": code, "message": "no", "data": data});
        self.say(json!({"jsonrpc": "2.0", "id": seen.id(), "error": error}));
    }

    /// Takes part in the handshake that the client begins.
    pub(super) async fn agree(&mut self, revision: Revision, capabilities: Value) {
        if revision == Revision::V2026_07_28 {
            let probe = self.expect("server/discover").await;
            let result = json!({
                "resultType": "complete", "supportedVersions": [revision.name()], "capabilities": capabilities,
                "ttlMs": 0, "cacheScope": "private",
            });
            return self.answer(&probe, result);
        }
        let mut seen = self.next().await;
        if seen.method() == "server/discover" {
            self.fail(&seen, -32601, json!(null));
            seen = self.next().await;
        }
        assert_eq!(seen.method(), "initialize");
        let result = json!({
            "protocolVersion": revision.name(), "capabilities": capabilities,
            "serverInfo": {"name": "fake", "version": "1"},
        });
        self.answer(&seen, result);
        self.expect("notifications/initialized").await;
    }
}

/// Everything that a server can have.
pub(super) fn everything() -> Value {
    json!({
        "tools": {"listChanged": true}, "prompts": {"listChanged": true},
        "resources": {"listChanged": true, "subscribe": true}, "completions": {}, "logging": {},
    })
}

/// A connected client and its server.
pub(super) async fn pair(builder: Builder, revision: Revision) -> (Client, Peer) {
    shaped(builder, revision, everything(), Shape::default()).await
}

pub(super) async fn shaped(
    builder: Builder,
    revision: Revision,
    capabilities: Value,
    shape: Shape,
) -> (Client, Peer) {
    let (fake, peer) = fake(shape);
    let serving = async {
        let mut peer = peer.await;
        peer.agree(revision, capabilities).await;
        peer
    };
    let (client, peer) = tokio::join!(builder.connect(fake), serving);
    (client.unwrap(), peer)
}

pub(super) fn builder() -> Builder {
    Client::builder("test", "1")
}

/// Runs a handshake with a server of the test's own.
pub(super) async fn handshake<F, W>(builder: Builder, serve: F) -> Result<Client, ConnectError>
where
    F: FnOnce(Peer) -> W,
    W: Future<Output = Peer>,
{
    let (fake, peer) = fake(Shape::default());
    let serving = std::pin::pin!(async { serve(peer.await).await });
    let connecting = std::pin::pin!(builder.connect(fake));
    match futures_util::future::select(connecting, serving).await {
        Either::Left((client, serving)) => {
            // The server may have something to say to the end of it, or wait for ever.
            drop(tokio::time::timeout(std::time::Duration::from_millis(1), serving).await);
            client
        }
        Either::Right((_peer, connecting)) => connecting.await,
    }
}
