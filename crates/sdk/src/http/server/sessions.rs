//! The legacy sessions of a server: found by a random id and only by the principal who opened them.
//!
//! The id is not a credential. It is looked up after the request was authenticated, and a session of somebody else is answered
//! like one that does not exist.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;

use super::journal::Journal;
use super::limits::HttpLimits;
use crate::Principal;
use crate::server::{Outbound, OutboundReceiver, Session};

/// 192 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionId([u8; 24]);

impl SessionId {
    /// A fresh one; none when the kernel has no randomness to give.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).ok().map(|()| Self(bytes))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 24];
        let read = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (read == bytes.len()).then_some(Self(bytes))
    }

    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// One legacy session.
pub(super) struct LegacySession {
    pub(super) id: SessionId,
    pub(super) session: Session,
    /// What belongs to no request.
    pub(super) standalone: Outbound,
    state: Mutex<SessionState>,
    /// Milliseconds since the table was made.
    touched: AtomicU64,
    /// Requests and streams that are open.
    active: AtomicUsize,
    /// Events and bytes that the journal may keep.
    replay: (usize, usize),
}

/// What of a session changes. An idle one that never streamed holds nothing here.
#[derive(Default)]
pub(super) struct SessionState {
    journal: Option<Box<Journal>>,
    /// Where the listening stream reads; lent to nobody, so that the next connection finds what the last one did not read.
    pub(super) receiver: Option<OutboundReceiver>,
    /// Of the connection that listens: the newest takes over.
    pub(super) listener: u64,
    pub(super) listening: Option<Waker>,
}

impl LegacySession {
    pub(super) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the journal, which is made when it is first needed.
    pub(super) fn journal<R>(&self, work: impl FnOnce(&mut Journal) -> R) -> R {
        let (events, bytes) = self.replay;
        let mut state = self.state();
        let made = || Box::new(Journal::new(events, bytes));
        work(state.journal.get_or_insert_with(made))
    }

    fn close(&self) {
        self.session.close();
        self.standalone.close();
        self.end_listening();
        self.state().journal = None;
    }

    /// Ends the stream of whoever listens.
    fn end_listening(&self) {
        let mut state = self.state();
        state.listener += 1;
        if let Some(listening) = state.listening.take() {
            listening.wake();
        }
    }

    fn is_expired(&self, now: u64, idle: Duration) -> bool {
        let quiet = now.saturating_sub(self.touched.load(Ordering::Acquire));
        self.active.load(Ordering::Acquire) == 0 && u128::from(quiet) >= idle.as_millis()
    }
}

/// A session in use: it does not expire while this exists.
pub(super) struct InUse {
    session: Arc<LegacySession>,
    table: Arc<Sessions>,
}

impl InUse {
    pub(super) fn session(&self) -> &Arc<LegacySession> {
        &self.session
    }
}

impl std::ops::Deref for InUse {
    type Target = LegacySession;

    fn deref(&self) -> &LegacySession {
        &self.session
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.session
            .touched
            .store(self.table.now(), Ordering::Release);
        self.session.active.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All legacy sessions of a server.
pub(super) struct Sessions {
    started: Instant,
    most: usize,
    idle: Duration,
    replay: (usize, usize),
    table: Mutex<HashMap<SessionId, Arc<LegacySession>>>,
    /// When expired ones were last looked for.
    swept: AtomicU64,
}

/// There is no room for another session, or no randomness for its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Sessions {
    pub(super) fn new(limits: &HttpLimits) -> Self {
        Self {
            started: Instant::now(),
            most: limits.max_sessions,
            idle: limits.session_idle,
            replay: (limits.replay_events, limits.replay_bytes),
            table: Mutex::default(),
            swept: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<LegacySession>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session in.
    pub(super) fn insert(
        self: &Arc<Self>,
        session: Session,
        standalone: Outbound,
    ) -> Result<InUse, NoRoom> {
        self.sweep();
        let id = SessionId::random().ok_or(NoRoom)?;
        let mut table = self.table();
        if table.len() >= self.most {
            return Err(NoRoom);
        }
        let made = Arc::new(LegacySession {
            id,
            session,
            standalone,
            state: Mutex::default(),
            touched: AtomicU64::new(self.now()),
            active: AtomicUsize::new(0),
            replay: self.replay,
        });
        table.insert(id, Arc::clone(&made));
        drop(table);
        Ok(self.use_of(made))
    }

    /// The session of that id, if it is `principal`'s and has not expired.
    pub(super) fn find(self: &Arc<Self>, id: &[u8], principal: &Principal) -> Option<InUse> {
        let id = SessionId::parse(id)?;
        let found = Arc::clone(self.table().get(&id)?);
        if found.session.principal() != principal {
            return None;
        }
        let used = self.use_of(Arc::clone(&found));
        let alone = used.active.load(Ordering::Acquire) == 1;
        let quiet = self
            .now()
            .saturating_sub(found.touched.load(Ordering::Acquire));
        if alone && u128::from(quiet) >= self.idle.as_millis() {
            drop(used);
            self.remove(&id);
            return None;
        }
        Some(used)
    }

    fn use_of(self: &Arc<Self>, session: Arc<LegacySession>) -> InUse {
        session.active.fetch_add(1, Ordering::AcqRel);
        InUse {
            session,
            table: Arc::clone(self),
        }
    }

    /// Ends a session.
    pub(super) fn remove(&self, id: &SessionId) {
        let removed = self.table().remove(id);
        if let Some(removed) = removed {
            removed.close();
        }
    }

    /// Ends the expired ones; at most once in ten seconds, however often it is asked for.
    pub(super) fn sweep(&self) {
        let now = self.now();
        let last = self.swept.load(Ordering::Acquire);
        if now.saturating_sub(last) < 10_000 || self.swept.swap(now, Ordering::AcqRel) != last {
            return;
        }
        let mut expired = Vec::new();
        self.table().retain(|_, session| {
            let over = session.is_expired(now, self.idle);
            if over {
                expired.push(Arc::clone(session));
            }
            !over
        });
        expired.iter().for_each(|session| session.close());
    }

    /// Ends the streams of those who listen; what is being answered goes on.
    pub(super) fn end_listening(&self) {
        for session in self.table().values() {
            session.standalone.close();
            session.end_listening();
        }
    }

    /// Ends all of them.
    pub(super) fn close(&self) {
        let all = std::mem::take(&mut *self.table());
        all.values().for_each(|session| session.close());
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.table().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{Server, SessionKind};

    fn sessions(most: usize) -> Arc<Sessions> {
        let limits = HttpLimits {
            max_sessions: most,
            session_idle: Duration::from_secs(60),
            ..HttpLimits::default()
        };
        Arc::new(Sessions::new(&limits))
    }

    fn open(table: &Arc<Sessions>, principal: &Principal) -> Result<String, NoRoom> {
        let server = Server::builder("test", "1").build();
        let session = server.session(SessionKind::HttpLegacy, principal.clone());
        table
            .insert(session, Outbound::new(1))
            .map(|used| used.id.text())
    }

    #[test]
    fn ids_are_long_random_and_strict() {
        let one = SessionId::random().expect("randomness");
        assert_ne!(SessionId::random(), Some(one));
        assert_eq!(SessionId::parse(one.text().as_bytes()), Some(one));
        assert_eq!(one.text().len(), 32);
        for text in [
            "",
            "alice-session",
            one.text().get(1..).expect("text"),
            &format!("{}A", one.text()),
            &"=".repeat(32),
            &"é".repeat(16),
        ] {
            assert_eq!(SessionId::parse(text.as_bytes()), None, "`{text}`");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_found_by_its_principal_only() {
        let table = sessions(4);
        let alice = Principal::new("https://idp.example", "alice");
        let id = open(&table, &alice).expect("room");
        assert!(table.find(id.as_bytes(), &alice).is_some());
        for other in [
            Principal::anonymous(),
            Principal::new("https://idp.example", "mallory"),
            Principal::new("https://other.example", "alice"),
        ] {
            assert!(table.find(id.as_bytes(), &other).is_none());
        }
        table.remove(&SessionId::parse(id.as_bytes()).expect("an id"));
        assert!(table.find(id.as_bytes(), &alice).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn idle_sessions_expire_and_used_ones_do_not() {
        let table = sessions(2);
        let nobody = Principal::anonymous();
        let (one, two) = (
            open(&table, &nobody).expect("room"),
            open(&table, &nobody).expect("room"),
        );
        assert_eq!(open(&table, &nobody), Err(NoRoom));
        let used = table.find(two.as_bytes(), &nobody).expect("there");
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(
            table.find(one.as_bytes(), &nobody).is_some(),
            "asking for it keeps it"
        );
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(table.find(one.as_bytes(), &nobody).is_none(), "expired");
        assert!(
            table.find(two.as_bytes(), &nobody).is_some(),
            "in use all the time"
        );
        drop(used);
        assert_eq!(table.count(), 1);
        assert!(open(&table, &nobody).is_ok(), "there is room again");
        tokio::time::advance(Duration::from_secs(61)).await;
        table.sweep();
        assert_eq!(table.count(), 0, "all expired");
    }
}
