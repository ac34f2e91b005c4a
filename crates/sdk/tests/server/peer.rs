//! A peer that speaks to a session in JSON.

use interlock_sdk::Principal;
use interlock_sdk::server::{
    Arrival, Handled, Outbound, OutboundReceiver, Pending, Server, Session, SessionKind,
};
use interlock_wire::{Limits, parse};
use serde_json::{Value, json};

/// One side of a conversation with a server's session.
pub(super) struct Peer {
    pub(super) session: Session,
    pub(super) out: Outbound,
    pub(super) sent: OutboundReceiver,
}

impl Peer {
    pub(super) fn new(server: &Server, kind: SessionKind) -> Self {
        Self::with_principal(server, kind, Principal::anonymous())
    }

    pub(super) fn with_principal(server: &Server, kind: SessionKind, principal: Principal) -> Self {
        let session = server.session(kind, principal);
        let out = Outbound::new(64);
        let sent = out.receiver().unwrap();
        session.attach(out.clone());
        Self { session, out, sent }
    }

    /// A legacy peer that has shaken hands.
    pub(super) fn legacy(server: &Server, revision: &str, capabilities: Value) -> Self {
        let peer = Self::new(server, SessionKind::Duplex);
        let params = json!({"protocolVersion": revision, "capabilities": capabilities,
            "clientInfo": {"name": "peer", "version": "1"}});
        let answer = peer.ask_now(json!("init"), "initialize", params);
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        peer.tell("notifications/initialized", json!({}));
        peer
    }

    /// A message that nobody answers.
    pub(super) fn give(&self, message: &Value) {
        let (handled, _) = self.hand(message);
        assert!(matches!(handled, Handled::Silent), "{handled:?}");
    }

    /// Hands one message over.
    pub(super) fn hand(&self, message: &Value) -> (Handled, Option<Value>) {
        let text = message.to_string();
        let mut reply = Vec::new();
        let message = parse(text.as_bytes(), &Limits::default()).unwrap();
        let handled = self
            .session
            .handle(&message, Arrival::default(), &self.out, &mut reply);
        let answer = match &handled {
            Handled::Replied(_) => Some(serde_json::from_slice(&reply).unwrap()),
            _ => None,
        };
        (handled, answer)
    }

    /// A request that is answered at once.
    pub(super) fn ask_now(&self, id: Value, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let (handled, answer) = self.hand(&request);
        answer.unwrap_or_else(|| panic!("{method}: {handled:?}"))
    }

    /// What the server has sent so far besides answers.
    pub(super) fn sent(&mut self) -> Vec<Value> {
        let texts = std::iter::from_fn(|| self.sent.try_recv());
        texts
            .map(|text| serde_json::from_slice(&text).unwrap())
            .collect()
    }

    /// The next message that the server sends besides answers.
    pub(super) async fn next(&mut self) -> Value {
        serde_json::from_slice(&self.sent.recv().await.unwrap()).unwrap()
    }

    /// A request whose answer comes later.
    pub(super) fn begin(&self, id: Value, method: &str, params: Value) -> Pending {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        match self.hand(&request) {
            (Handled::Later(pending), _) => pending,
            (handled, answer) => panic!("{method}: {handled:?} {answer:?}"),
        }
    }

    /// An answer to a question of the server.
    pub(super) fn answer(&self, question: &Value, result: Value) {
        self.give(&json!({"jsonrpc": "2.0", "id": question["id"], "result": result}));
    }

    /// A notification.
    pub(super) fn tell(&self, method: &str, params: Value) {
        self.give(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }
}

/// `params` with the `_meta` of a modern request.
pub(super) fn modern(mut params: Value, capabilities: Value) -> Value {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({"name": "peer", "version": "1"});
    params
}

/// The JSON of an answer that came later.
pub(super) async fn landed(pending: Pending) -> Option<Value> {
    let reply = pending.await?;
    Some(serde_json::from_slice(&reply.bytes).unwrap())
}

/// Polls once, so that what a handler does at once is done.
pub(super) fn nudge(pending: &mut Pending) {
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::Pin::new(pending).poll(&mut task).is_pending());
}
