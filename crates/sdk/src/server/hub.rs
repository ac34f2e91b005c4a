//! Who wants to hear of changes: legacy sessions, and streams of `subscriptions/listen`.
//!
//! A listener notes what changed and is told once, however often it changed: a client that reads slowly costs a set of names, never
//! a queue.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use interlock_wire::json::write_string;
use tokio::sync::Notify;

use super::session::WeakSession;

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources, or of templates.
    Resources,
    /// What is at a URI.
    Resource(String),
    /// A task of the extension.
    Task(String),
}

impl Change {
    fn method(&self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
            Self::Resource(_) => "notifications/resources/updated",
            Self::Task(_) => "notifications/tasks",
        }
    }

    /// The notification; `meta` is the raw `_meta` object, `task` the raw members of a task's state.
    pub(super) fn write(&self, meta: Option<&[u8]>, task: Option<&[u8]>) -> Vec<u8> {
        let mut out = br#"{"jsonrpc":"2.0","method":""#.to_vec();
        out.extend_from_slice(self.method().as_bytes());
        out.push(b'"');
        let mut members = Vec::new();
        if let Some(meta) = meta {
            members.extend_from_slice(br#""_meta":"#);
            members.extend_from_slice(meta);
        }
        if let Self::Resource(uri) = self {
            separate(&mut members);
            members.extend_from_slice(br#""uri":"#);
            write_string(uri, &mut members);
        }
        if let Some(task) = task {
            separate(&mut members);
            members.extend_from_slice(task);
        }
        if !members.is_empty() {
            out.extend_from_slice(br#","params":{"#);
            out.extend_from_slice(&members);
            out.push(b'}');
        }
        out.push(b'}');
        out
    }
}

fn separate(members: &mut Vec<u8>) {
    if !members.is_empty() {
        members.push(b',');
    }
}

#[derive(Default)]
pub(super) struct Hub(Mutex<Listening>);

#[derive(Default)]
struct Listening {
    sessions: Vec<WeakSession>,
    listeners: HashMap<u64, Arc<Listener>>,
    last: u64,
}

/// One `subscriptions/listen`.
pub(super) struct Listener {
    /// What it wants to hear.
    wanted: BTreeSet<Change>,
    news: Mutex<News>,
    wake: Notify,
}

#[derive(Default)]
struct News {
    changes: BTreeSet<Change>,
    ended: bool,
}

/// Registered as long as it lives.
pub(super) struct Listens {
    server: super::Server,
    number: u64,
    listener: Arc<Listener>,
}

impl Hub {
    pub(super) fn add_session(&self, session: WeakSession) {
        let mut listening = self.lock();
        // Sessions that are over are swept out when the list has doubled since the last sweep, so each costs a constant.
        if listening.sessions.len() == listening.sessions.capacity() {
            listening.sessions.retain(|session| session.get().is_some());
        }
        listening.sessions.push(session);
    }

    pub(super) fn listen(server: &super::Server, wanted: BTreeSet<Change>) -> Listens {
        let listener = Arc::new(Listener {
            wanted,
            news: Mutex::default(),
            wake: Notify::new(),
        });
        let mut listening = server.0.hub.lock();
        listening.last += 1;
        let number = listening.last;
        listening.listeners.insert(number, Arc::clone(&listener));
        Listens {
            server: server.clone(),
            number,
            listener,
        }
    }

    /// Tells everybody who wants to hear of it.
    pub(super) fn tell(&self, change: &Change) {
        let listening = self.lock();
        let listeners: Vec<_> = listening
            .listeners
            .values()
            .filter(|listener| listener.wanted.contains(change))
            .cloned()
            .collect();
        let sessions = match change {
            Change::Task(_) => Vec::new(),
            _ => listening.sessions.clone(),
        };
        drop(listening);
        for listener in listeners {
            listener.news().changes.insert(change.clone());
            listener.wake.notify_one();
        }
        let text = change.write(None, None);
        for session in sessions.iter().filter_map(WeakSession::get) {
            let wants = match change {
                Change::Resource(uri) => session.is_subscribed(uri),
                _ => true,
            };
            if wants {
                session.send_aside(&text);
            }
        }
    }

    /// Ends all streams in good order.
    pub(super) fn end(&self) {
        let listeners: Vec<_> = self.lock().listeners.values().cloned().collect();
        for listener in listeners {
            listener.news().ended = true;
            listener.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listens {
    /// What changed since the last time; none when the server ended it.
    pub(super) async fn next(&self) -> Option<BTreeSet<Change>> {
        loop {
            {
                let mut news = self.listener.news();
                if !news.changes.is_empty() {
                    return Some(std::mem::take(&mut news.changes));
                }
                if news.ended {
                    return None;
                }
            }
            self.listener.wake.notified().await;
        }
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        self.server.0.hub.lock().listeners.remove(&self.number);
    }
}
