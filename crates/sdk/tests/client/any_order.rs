//! A client among arbitrary events: its own calls, their ends, and whatever a server says, in any order. Used by a property test here
//! and by the fuzz target `client`.
//!
//! A script is lines; the first byte of a line says what happens, the rest is its text.

use std::collections::HashSet;
use std::time::Duration;

use interlock_sdk::BoxFuture;
use interlock_sdk::client::{
    Abandon, CallOptions, Client, Connect, Inbox, Outgoing, OutgoingKind, Transport,
    TransportError, Via,
};
use interlock_wire::types::{
    ContentBlock, CreateMessageResult, ElicitAction, ElicitResult, Root, SubscriptionFilter,
};
use interlock_wire::{Id, Kind, Limits, parse};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

const MOST_IN_FLIGHT: usize = 8;

struct Wire(mpsc::Sender<Outgoing>, oneshot::Sender<Inbox>, Abandon);

struct Line(mpsc::Sender<Outgoing>, Abandon);

impl Connect for Wire {
    type Transport = Line;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Line, TransportError>> {
        drop(self.1.send(inbox));
        Box::pin(async move { Ok(Line(self.0, self.2)) })
    }
}

impl Transport for Line {
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            self.0
                .send(message)
                .await
                .map_err(|_| TransportError::Closed)
        })
    }

    fn abandon(&self) -> Abandon {
        self.1
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// Runs a script. Panics when a promise is broken.
pub(crate) fn run(script: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(play(script));
}

/// What the server's side knows.
struct World {
    inbox: Inbox,
    sent: mpsc::Receiver<Outgoing>,
    ids: HashSet<i64>,
    /// Requests of the server, by their id as text, that were not answered.
    owed: Vec<String>,
    last: i64,
    client: Option<Client>,
    connecting: JoinHandle<Option<Client>>,
    running: Vec<JoinHandle<()>>,
}

async fn play(script: &[u8]) {
    let abandon = match script.first() {
        Some(byte) if byte % 2 == 0 => Abandon::Done,
        _ => Abandon::Notify,
    };
    let mut world = begin(abandon).await;
    for line in script.split(|byte| *byte == b'\n').take(200) {
        world.event(line);
        world.settle().await;
    }
    world.end().await;
}

async fn begin(abandon: Abandon) -> World {
    let (sender, sent) = mpsc::channel(1_024);
    let (give, inbox) = oneshot::channel();
    let limits = Limits {
        max_in_flight: MOST_IN_FLIGHT,
        ..Limits::default()
    };
    let builder = Client::builder("fuzz", "1")
        .limits(limits)
        .tasks()
        .roots([Root::new("file:///src")])
        .sampling(|_| async { Ok(CreateMessageResult::new("m", ContentBlock::text("a"))) })
        .elicitation(|_| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(ElicitResult::new(ElicitAction::Decline))
        });
    let connect = Wire(sender, give, abandon);
    let connecting = tokio::spawn(async move { builder.connect(connect).await.ok() });
    World {
        inbox: inbox.await.expect("a transport is made"),
        sent,
        ids: HashSet::new(),
        owed: Vec::new(),
        last: 0,
        client: None,
        connecting,
        running: Vec::new(),
    }
}

impl World {
    fn event(&mut self, line: &[u8]) {
        let Some((kind, text)) = line.split_first() else {
            return;
        };
        match kind {
            b'c' => self.start(|client| async move {
                drop(client.call_tool("t", &()).await);
            }),
            b'p' => self.start(|client| async move {
                let telling = CallOptions::new()
                    .on_progress(|_| {})
                    .timeout(Duration::from_secs(3));
                drop(client.with(telling).read_resource("x:y").await);
            }),
            b'l' => self.start(|client| async move {
                let filter = SubscriptionFilter::default().tools_list_changed(true);
                if let Ok(mut changes) = client.listen(filter).await {
                    while changes.next().await.is_some() {}
                }
            }),
            b'd' if !self.running.is_empty() => self.running.remove(0).abort(),
            b'z' => self.inbox.closed(TransportError::Closed),
            // The answer to the last request, so that scripts get somewhere.
            b'a' => self.answer(text),
            b'x' => {
                let id = Id::Number(self.last);
                self.say(text, Via::Exchange(&id));
            }
            _ => self.say(text, Via::Shared),
        }
    }

    fn answer(&mut self, result: &[u8]) {
        let mut text = format!(r#"{{"jsonrpc":"2.0","id":{},"result":"#, self.last).into_bytes();
        text.extend_from_slice(result);
        text.push(b'}');
        self.say(&text, Via::Shared);
    }

    fn say(&mut self, text: &[u8], via: Via<'_>) {
        if let Ok(message) = parse(text, &Limits::default())
            && let Kind::Request { id, .. } = &message.kind
        {
            let mut written = Vec::new();
            id.write(&mut written);
            self.owed
                .push(String::from_utf8(written).expect("ids are text"));
        }
        self.inbox.message(text, via);
    }

    fn start<W: Future<Output = ()> + Send + 'static>(&mut self, work: impl FnOnce(Client) -> W) {
        if let Some(client) = self.client.clone()
            && self.running.len() < 16
        {
            self.running.push(tokio::spawn(work(client)));
        }
    }

    /// Lets everything happen that can, and judges what was sent.
    async fn settle(&mut self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if self.client.is_none() && self.connecting.is_finished() {
            let connecting = std::mem::replace(&mut self.connecting, tokio::spawn(async { None }));
            self.client = connecting.await.expect("connecting does not panic");
        }
        while let Ok(outgoing) = self.sent.try_recv() {
            self.judge(&outgoing);
        }
    }

    fn judge(&mut self, outgoing: &Outgoing) {
        assert!(!outgoing.bytes.contains(&b'\n'), "one line a message");
        let message =
            parse(&outgoing.bytes, &Limits::default()).expect("what is sent is a message");
        match (&message.kind, &outgoing.kind) {
            (
                Kind::Request {
                    id: Id::Number(id), ..
                },
                OutgoingKind::Request { .. },
            ) => {
                assert!(*id > self.last, "ids only grow");
                assert!(self.ids.insert(*id), "no id is used twice");
                self.last = *id;
            }
            (Kind::Notification { .. }, OutgoingKind::Notification { .. }) => {}
            (
                Kind::Response { id, .. } | Kind::Error { id: Some(id), .. },
                OutgoingKind::Response,
            ) => {
                let mut written = Vec::new();
                id.write(&mut written);
                let asked = self.owed.iter().position(|owed| owed.as_bytes() == written);
                self.owed
                    .remove(asked.expect("one answer at most, to a request that was made"));
            }
            (kind, sent) => panic!("{kind:?} is not sent as {sent:?}"),
        }
    }

    /// Whatever happened before, everybody who waits is told.
    async fn end(mut self) {
        self.inbox.closed(TransportError::Closed);
        let patience = Duration::from_secs(60 * 60 * 24 * 2);
        for task in self.running.drain(..) {
            match tokio::time::timeout(patience, task)
                .await
                .expect("everything ends")
            {
                Ok(()) => {}
                Err(error) => assert!(error.is_cancelled(), "nothing panics"),
            }
        }
        let connecting = tokio::time::timeout(patience, &mut self.connecting).await;
        drop(
            connecting
                .expect("connecting ends")
                .expect("and does not panic"),
        );
    }
}
