//! One request and its answer over one transport: timeouts, cancellation by drop, and a session that ended meanwhile.

use std::sync::{Arc, PoisonError, RwLock};

use interlock_wire::types::{Decode, ErrorObject, LogLevel};
use interlock_wire::{Id, Method, Revision};
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, sleep_until};

use super::core::Core;
use super::error::{CallError, ConnectError};
use super::message::{self, Envelope, Request};
use super::negotiate::{negotiate, renegotiate};
use super::options::CallOptions;
use super::server_info::ServerInfo;
use super::settings::Settings;
use super::transport::{Abandon, Outgoing, OutgoingKind, Transport, TransportError};
use super::waiter::{OnAcknowledged, Reply, Waiter};
use crate::RpcError;

/// What a client and its clones share.
pub(crate) struct Link {
    pub(crate) core: Arc<Core>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) settings: Settings,
    envelope: Envelope,
    agreed: RwLock<Agreed>,
    /// Held while the handshake runs again.
    handshake: Mutex<()>,
    log_level: RwLock<Option<LogLevel>>,
}

#[derive(Clone, Default)]
struct Agreed {
    info: Arc<ServerInfo>,
    /// How often the handshake was made.
    generation: u64,
}

/// One request, before it has an id.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) name: &'a str,
    /// A raw object without `_meta`.
    pub(crate) params: Vec<u8>,
    /// What it is about: `Mcp-Name`.
    pub(crate) about: Option<String>,
    /// Arguments that go into headers.
    pub(crate) headers: Vec<(String, String)>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(method: Method, params: Vec<u8>) -> Ask<'static> {
        Ask {
            method,
            name: method.name().unwrap_or_default(),
            params,
            about: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn about(mut self, about: &str) -> Self {
        self.about = Some(about.to_owned());
        self
    }
}

impl Link {
    /// Makes the handshake over a new transport.
    pub(crate) async fn open(
        core: Arc<Core>,
        transport: Arc<dyn Transport>,
        settings: Settings,
    ) -> Result<Self, ConnectError> {
        core.carried_by(&transport);
        let log_level = RwLock::new(settings.log_level);
        let link = Self {
            envelope: settings.envelope(),
            core,
            transport,
            settings,
            agreed: RwLock::default(),
            handshake: Mutex::default(),
            log_level,
        };
        link.shake_hands().await?;
        Ok(link)
    }

    pub(crate) fn info(&self) -> Arc<ServerInfo> {
        self.agreed().info
    }

    fn agreed(&self) -> Agreed {
        let agreed = self.agreed.read();
        agreed.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn log_level(&self) -> Option<LogLevel> {
        *self
            .log_level
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_log_level(&self, level: LogLevel) {
        let mut slot = self
            .log_level
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some(level);
    }

    async fn shake_hands(&self) -> Result<(), ConnectError> {
        let before = self.agreed();
        let info = Arc::new(match before.generation {
            0 => negotiate(self).await?,
            _ => renegotiate(self, before.info.revision()).await?,
        });
        let mut agreed = self.agreed.write().unwrap_or_else(PoisonError::into_inner);
        let generation = agreed.generation + 1;
        *agreed = Agreed { info, generation };
        Ok(())
    }

    /// After the end of an HTTP session: a new one, made once however many calls noticed.
    async fn again(&self, seen: u64) -> Result<(), TransportError> {
        let _alone = self.handshake.lock().await;
        if self.agreed().generation != seen {
            return Ok(());
        }
        for handle in self.core.machine().reopen() {
            handle.abort();
        }
        self.shake_hands().await.map_err(|error| match error {
            ConnectError::Transport(error) => error,
            _ => TransportError::SessionEnded,
        })
    }

    /// Asks with what was agreed, and once more when the session turned out to have ended: the server did not look at it then.
    pub(crate) async fn ask(
        &self,
        ask: &Ask<'_>,
        options: &CallOptions,
    ) -> Result<Vec<u8>, CallError> {
        let Agreed { info, generation } = self.agreed();
        match self.once(ask, options, Some(info.revision()), None).await {
            Err(CallError::Transport(TransportError::SessionEnded)) => {
                self.again(generation).await?;
                let revision = self.info().revision();
                self.once(ask, options, Some(revision), None).await
            }
            outcome => outcome,
        }
    }

    /// Asks once, in `revision`.
    pub(crate) async fn once(
        &self,
        ask: &Ask<'_>,
        options: &CallOptions,
        revision: Option<Revision>,
        subscription: Option<Subscribing>,
    ) -> Result<Vec<u8>, CallError> {
        let (acknowledged, begun, endless) = match subscription {
            Some(subscribing) => (
                Some(subscribing.acknowledged),
                Some(subscribing.begun),
                true,
            ),
            None => (None, None, false),
        };
        let (waiter, reply) = Waiter::new(options.progress.clone(), acknowledged);
        let progress = options.progress.is_some();
        let id = self.begin(ask.method, &waiter, progress)?;
        let mut flight = InFlight {
            link: self,
            id,
            over: false,
            // Neither may be cancelled: nothing is agreed yet.
            quiet: matches!(ask.method, Method::Initialize | Method::Discover),
        };
        if let Some(begun) = begun {
            begun(id);
        }
        let outgoing = self.outgoing(ask, options, revision, id, progress);
        let patience = Patience::new(options, endless);
        let outcome = self.wait(outgoing, reply, &waiter, patience).await;
        flight.over = !matches!(outcome, Err(CallError::Timeout(_)));
        drop(flight);
        outcome
    }

    fn begin(&self, method: Method, waiter: &Waiter, progress: bool) -> Result<i64, CallError> {
        let mut machine = self.core.machine();
        let begun = machine.begin(method, waiter.clone(), progress);
        let closed = machine.phase() == super::machine::Phase::Closed;
        begun.ok_or(match closed {
            true => CallError::Transport(TransportError::Closed),
            false => CallError::TooManyInFlight,
        })
    }

    fn outgoing(
        &self,
        ask: &Ask<'_>,
        options: &CallOptions,
        revision: Option<Revision>,
        id: i64,
        progress: bool,
    ) -> Outgoing {
        let meta = self.meta(options, revision);
        let request = Request {
            method: ask.name,
            params: &ask.params,
            meta: &meta,
        };
        let bytes = self.envelope.write(&request, id, progress, revision);
        let kind = OutgoingKind::Request {
            id: Id::Number(id),
            method: ask.method,
            method_name: ask.name.to_owned(),
            name: ask.about.clone(),
            params: ask.headers.clone(),
        };
        // Before `initialize` is answered no header says a revision.
        let revision = revision.filter(|_| ask.method != Method::Initialize);
        Outgoing::new(bytes, kind, revision)
    }

    fn meta(&self, options: &CallOptions, revision: Option<Revision>) -> Vec<u8> {
        match self.log_level() {
            // 2026-07-28 asks for log messages with each request.
            Some(level)
                if revision == Some(Revision::V2026_07_28) && options.meta.log_level.is_none() =>
            {
                let mut options = options.clone();
                options.meta.log_level = Some(level);
                options.meta_members(revision)
            }
            _ => options.meta_members(revision),
        }
    }

    async fn wait(
        &self,
        outgoing: Outgoing,
        mut reply: oneshot::Receiver<Reply>,
        waiter: &Waiter,
        mut patience: Patience,
    ) -> Result<Vec<u8>, CallError> {
        let mut sending = self.transport.send(outgoing);
        let mut sent = false;
        loop {
            tokio::select! {
                biased;
                reply = &mut reply => return result_of(reply),
                outcome = &mut sending, if !sent => match outcome {
                    Ok(()) => sent = true,
                    // The exchange may end badly right behind the answer.
                    Err(error) => match reply.try_recv() {
                        Ok(reply) => return result_of(Ok(reply)),
                        Err(_) => return Err(CallError::Transport(error)),
                    },
                },
                () = waiter.activity() => patience.renew(),
                () = sleep_until(patience.until()) => {
                    // It waits for us: a person takes the time that a person takes.
                    if !patience.extend(self.core.our_turn()) {
                        return Err(CallError::Timeout(patience.timeout));
                    }
                }
            }
        }
    }

    /// Sends a notification, and waits until it is on its way.
    pub(crate) async fn notify(
        &self,
        method: Method,
        name: &str,
        params: Option<&[u8]>,
        revision: Option<Revision>,
    ) -> Result<(), TransportError> {
        let kind = OutgoingKind::Notification {
            method,
            method_name: name.to_owned(),
        };
        let bytes = message::notification(name, params);
        self.transport
            .send(Outgoing::new(bytes, kind, revision))
            .await
    }
}

/// The two moments of a subscription that come before its end.
pub(crate) struct Subscribing {
    /// It has an id.
    pub(crate) begun: Box<dyn FnOnce(i64) + Send>,
    /// The server said what it will tell.
    pub(crate) acknowledged: OnAcknowledged,
}

/// How long one request may take.
struct Patience {
    timeout: std::time::Duration,
    idle: Instant,
    end: Instant,
}

impl Patience {
    fn new(options: &CallOptions, endless: bool) -> Self {
        // About thirty years, as tokio says "for ever".
        const FOR_EVER: std::time::Duration = std::time::Duration::from_secs(86_400 * 365 * 30);
        let (timeout, longest) = match endless {
            true => (FOR_EVER, FOR_EVER),
            false => (options.timeout.min(FOR_EVER), options.longest.min(FOR_EVER)),
        };
        let now = Instant::now();
        Self {
            timeout,
            idle: now + timeout,
            end: now + longest,
        }
    }

    fn until(&self) -> Instant {
        self.idle.min(self.end)
    }

    fn renew(&mut self) {
        self.idle = Instant::now() + self.timeout;
    }

    /// More time, counted from when it was last our turn; `false` when there is none left.
    fn extend(&mut self, our_turn: Option<Instant>) -> bool {
        let now = Instant::now();
        let idle = our_turn.map_or(self.idle, |at| at + self.timeout);
        self.idle = self.idle.max(idle);
        now < self.until()
    }
}

/// A request that somebody waits for. Dropped before it is over, it is given up and the server is told.
struct InFlight<'a> {
    link: &'a Link,
    id: i64,
    over: bool,
    quiet: bool,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let was = self.link.core.machine().abandon(self.id);
        let tell = was && !self.over && !self.quiet;
        if tell && self.link.transport.abandon() == Abandon::Notify {
            let kind = OutgoingKind::Notification {
                method: Method::Cancelled,
                method_name: "notifications/cancelled".to_owned(),
            };
            let bytes = message::cancelled(self.id, "nobody waits for it any more");
            self.link.core.post(bytes, kind);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.core.close(&TransportError::Closed);
    }
}

fn result_of(reply: Result<Reply, oneshot::error::RecvError>) -> Result<Vec<u8>, CallError> {
    match reply {
        Ok(Reply::Result(result)) => Ok(result),
        Ok(Reply::Error(error)) => Err(CallError::Rpc(rpc_error(&error))),
        Ok(Reply::Ended) => Err(CallError::Ended),
        Ok(Reply::Malformed(code)) => Err(CallError::Malformed(code)),
        Ok(Reply::Lost(error)) => Err(CallError::Transport(error)),
        Err(_) => Err(CallError::Transport(TransportError::Closed)),
    }
}

/// A raw error object of a peer, which the parser found to have a code and a message.
pub(crate) fn rpc_error(raw: &[u8]) -> RpcError {
    match ErrorObject::decode(raw) {
        Ok(error) => from_object(error),
        Err(_) => RpcError::internal(),
    }
}

pub(crate) fn from_object(error: ErrorObject) -> RpcError {
    let made = RpcError::new(error.code, error.message);
    match error.data {
        Some(data) => made.with_data(data.raw()),
        None => made,
    }
}
