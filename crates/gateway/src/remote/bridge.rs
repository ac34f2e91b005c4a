//! The bridge itself: lines of the relay become exchanges, and what comes of them becomes lines.
//!
//! Requests run beside each other, each in a task of its own, and so do answers to the server and words that give a request up.
//! Notifications are sent in order, one after the other; a server that does not take one keeps nothing else from it. All of it lives on
//! one thread, which is the one that the runtime was made on.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use interlock_launch::Address;
use interlock_sdk::BoxFuture;
use interlock_sdk::client::{
    Outgoing, OutgoingKind, Receive, Taken, Transport, TransportError, Via,
};
use interlock_sdk::http::client::HttpTransport;
use interlock_wire::error_reply::refusal;
use interlock_wire::{Id, Kind, Limits, Message, Method, Reject, Revision, parse};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

use super::failure::Failure;
use super::mail::Mail;
use super::outgoing::{Handshake, Spoken};
use super::table::{Table, Wait};

/// So much waits to be sent without an answer, in order and beside; more is dropped, and people are told.
pub(super) const MOST_TOLD: usize = 64;

/// Something without an answer, and whom to tell that it was sent.
pub(super) type Told = (Outgoing, Option<oneshot::Sender<()>>);

/// See the module's head.
pub(super) struct Bridge {
    address: Address,
    /// The approval's name, for the commands that are proposed.
    name: String,
    /// Whether that accepts an address in a private network.
    private: bool,
    limits: Limits,
    patience: Duration,
    pub(super) mail: Mail,
    pub(super) table: Table,
    spoken: Mutex<Spoken>,
    /// Held while a session is opened again.
    reopening: tokio::sync::Mutex<()>,
    /// One for each message that may be on its way beside the others.
    beside: Arc<Semaphore>,
    transport: OnceLock<Weak<HttpTransport>>,
    /// The one stream of HTTP+SSE ended.
    lost: Mutex<Option<TransportError>>,
    ended: Notify,
    /// Where people are told what went wrong.
    complain: Box<dyn Fn(&str) + Send + Sync>,
}

impl Bridge {
    pub(super) fn new(
        (address, name, private): (Address, String, bool),
        limits: Limits,
        patience: Duration,
        complain: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self {
            address,
            name,
            private,
            limits,
            patience,
            mail: Mail::default(),
            table: Table::default(),
            spoken: Mutex::default(),
            reopening: tokio::sync::Mutex::default(),
            beside: Arc::new(Semaphore::new(MOST_TOLD)),
            transport: OnceLock::new(),
            lost: Mutex::default(),
            ended: Notify::new(),
            complain,
        })
    }

    /// The transport exists now. It holds us, so we do not hold it.
    pub(super) fn carried_by(&self, transport: &Arc<HttpTransport>) {
        drop(self.transport.set(Arc::downgrade(transport)));
    }

    fn transport(&self) -> Option<Arc<HttpTransport>> {
        self.transport.get()?.upgrade()
    }

    fn spoken(&self) -> MutexGuard<'_, Spoken> {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One line of the relay, which judged it.
    pub(super) async fn line(self: &Arc<Self>, line: &[u8], tell: &mpsc::Sender<Told>) {
        let Ok(message) = parse(line, &self.limits) else {
            return;
        };
        let method = message.method();
        if method == Method::Cancelled && self.cancelled(&message) {
            return;
        }
        let outgoing = self.spoken().outgoing(&message);
        if let Kind::Request { id, .. } = &message.kind {
            self.request(&id.clone().into_owned(), method, outgoing);
            return;
        }
        let answers = matches!(message.kind, Kind::Response { .. } | Kind::Error { .. });
        if answers || method == Method::Cancelled {
            self.beside(outgoing);
            return;
        }
        if method != Method::Initialized {
            // A closed channel is the end, which comes by itself.
            if let Err(TrySendError::Full(_)) = tell.try_send((outgoing, None)) {
                self.not_told(&Failure::Crowded);
            }
            return;
        }
        // The handshake is over when the server has this; what comes after must come after.
        let (sent, is_sent) = oneshot::channel();
        drop(tell.send((outgoing, Some(sent))).await);
        drop(is_sent.await);
    }

    /// Sends something that nothing else waits for, and that waits for nothing else.
    fn beside(self: &Arc<Self>, outgoing: Outgoing) {
        let Ok(permit) = Arc::clone(&self.beside).try_acquire_owned() else {
            return self.not_told(&Failure::Crowded);
        };
        let bridge = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(transport) = bridge.transport()
                && let Err(error) = transport.send(outgoing).await
            {
                bridge.not_told(&Failure::Transport(error));
            }
            drop(permit);
        });
    }

    /// Until all of that is sent.
    pub(super) async fn nothing_beside(&self) {
        let all = u32::try_from(MOST_TOLD).unwrap_or(u32::MAX);
        drop(self.beside.acquire_many(all).await);
    }

    /// A request is given up. `true` when that is all: to a modern server the end of the exchange says so.
    fn cancelled(&self, message: &Message<'_>) -> bool {
        if let Some(id) = message.cancelled_id() {
            self.table.give_up(&id.into_owned());
        }
        self.spoken().is_modern()
    }

    fn request(self: &Arc<Self>, id: &Id<'static>, method: Method, outgoing: Outgoing) {
        let Some(wait) = self.table.insert(id, method, false) else {
            self.fail(id, method, &Failure::Busy);
            return;
        };
        let task = tokio::spawn(Arc::clone(self).exchange(id.clone(), wait, outgoing));
        self.table.runs(id, task.abort_handle());
    }

    async fn exchange(self: Arc<Self>, id: Id<'static>, wait: Arc<Wait>, outgoing: Outgoing) {
        if wait.method != Method::Initialize {
            // While a session is made there is none that this could be asked in.
            drop(self.reopening.lock().await);
        }
        let generation = self.spoken().generation;
        let mut outcome = self.once(&wait, outgoing.clone()).await;
        let ended = matches!(
            outcome,
            Err(Failure::Transport(TransportError::SessionEnded))
        );
        if ended && wait.method != Method::Initialize {
            // The server did not look at it: the same request in a new session.
            // In a task of its own: others wait for the session too when this request is given up.
            let reopened = tokio::spawn(Arc::clone(&self).reopen(generation)).await;
            outcome = match reopened.unwrap_or(false) {
                true => self.once(&wait, outgoing).await,
                false => Err(Failure::Session),
            };
        }
        self.table.remove(&id, &wait);
        if let (Err(failure), false) = (outcome, wait.is_answered()) {
            self.fail(&id, wait.method, &failure);
        }
    }

    /// Sends a request and waits for its answer, wherever that comes.
    async fn once(&self, wait: &Arc<Wait>, outgoing: Outgoing) -> Result<(), Failure> {
        let stalled = || Failure::Stalled(self.patience.as_secs());
        let lost = || Failure::Transport(self.lost().unwrap_or(TransportError::Closed));
        let Some(transport) = self.transport().filter(|_| self.lost().is_none()) else {
            return Err(lost());
        };
        tokio::select! {
            sent = transport.send(outgoing) => sent.map_err(Failure::Transport)?,
            () = wait.stalled(self.patience) => return Err(stalled()),
        }
        // Over HTTP+SSE the answer comes on the one stream, after the message was taken.
        tokio::select! {
            biased;
            () = wait.answered() => Ok(()),
            () = self.is_lost() => Err(lost()),
            () = wait.stalled(self.patience) => Err(stalled()),
        }
    }

    fn lost(&self) -> Option<TransportError> {
        self.lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Until the one stream of HTTP+SSE has ended.
    pub(super) async fn is_lost(&self) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            if self.lost().is_some() {
                return;
            }
            ended.await;
        }
    }

    /// Makes the client's handshake again, once however many requests noticed. `false` when the server does not agree to the same.
    async fn reopen(self: Arc<Self>, seen: u64) -> bool {
        let _alone = self.reopening.lock().await;
        let (handshake, revision) = {
            let spoken = self.spoken();
            if spoken.generation != seen {
                return true;
            }
            (spoken.handshake.clone(), spoken.revision())
        };
        let Handshake {
            first: Some((id, first)),
            second: Some(second),
        } = handshake
        else {
            return false;
        };
        let Some(wait) = self.table.insert(&id, Method::Initialize, true) else {
            return false;
        };
        let kind = OutgoingKind::Request {
            id: id.clone(),
            method: Method::Initialize,
            method_name: "initialize".to_owned(),
            name: None,
            params: Vec::new(),
        };
        let made = self.once(&wait, Outgoing::new(first, kind, None)).await;
        self.table.remove(&id, &wait);
        let agreed = self.spoken().revision();
        if made.is_err() || agreed != revision {
            return false;
        }
        let kind = OutgoingKind::Notification {
            method: Method::Initialized,
            method_name: "notifications/initialized".to_owned(),
        };
        match self.transport() {
            Some(transport) => transport
                .send(Outgoing::new(second, kind, agreed))
                .await
                .is_ok(),
            None => false,
        }
    }

    /// The answer that the server does not give.
    fn fail(&self, id: &Id<'static>, method: Method, failure: &Failure) {
        let text = self.text(failure);
        (self.complain)(&text);
        self.mail
            .post(&refusal(Some(id), failure.code(method), &text, None));
    }

    /// What could not be told. Nobody waits for an answer, so only people hear of it.
    pub(super) fn not_told(&self, failure: &Failure) {
        (self.complain)(&self.text(failure));
    }

    fn text(&self, failure: &Failure) -> String {
        failure.text(&self.address, &self.name, self.private)
    }

    /// Whether an answer is one, and for whom.
    fn answer(&self, message: &Message<'_>, via: &Via<'_>) -> Taken {
        let Some(id) = message.id().map(|id| id.clone().into_owned()) else {
            return Taken::Nothing;
        };
        if matches!(via, Via::Exchange(asked) if **asked != id) {
            return Taken::Nothing;
        }
        let Some(wait) = self.table.waiting(&id).filter(|wait| wait.answer()) else {
            return Taken::Nothing;
        };
        let agreed = self.spoken().learn(wait.method, message);
        self.agree(agreed);
        if !wait.own {
            self.mail.post(message.raw);
        }
        Taken::Answer
    }

    fn agree(&self, revision: Option<Revision>) {
        if let (Some(revision), Some(transport)) = (revision, self.transport()) {
            transport.negotiated(revision);
        }
    }
}

impl Receive for Bridge {
    fn message(&self, text: &[u8], via: Via<'_>) -> Taken {
        self.alive(&via);
        let Ok(message) = parse(text, &self.limits) else {
            // The relay says what is wrong with it, and records that. On more than one line it would be something else.
            if !text.contains(&b'\n') {
                self.mail.post(text);
            }
            return Taken::Nothing;
        };
        match message.kind {
            Kind::Response { .. } | Kind::Error { .. } => self.answer(&message, &via),
            Kind::Request { .. } | Kind::Notification { .. } => {
                self.mail.post(text);
                Taken::Message
            }
        }
    }

    fn reject(&self, _reject: &Reject) {}

    fn closed(&self, reason: TransportError) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.ended.notify_waiters();
    }

    fn alive(&self, via: &Via<'_>) {
        match via {
            Via::Exchange(id) => self.table.heard(id),
            Via::Shared => self.table.all_heard(),
        }
    }

    fn room(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.mail.room())
    }
}
