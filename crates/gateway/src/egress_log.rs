//! What a server asks of the network, on its way into the audit log.
//!
//! Connections are served on a thread of their own, which holds a log of its own: an allowed connection is recorded
//! before it is made, without waiting for the relay.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use interlock_audit::{AppendError, Batch, Event, Log, Options};
use interlock_sandbox::egress::{EgressEvent, Sink, Unrecorded, Verdict};

use crate::clock::{Clock, Now, SystemClock};
use crate::contain::Reach;

/// What a server asked the network for while it was being learnt about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Asked>>>);

/// A host that a server asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The name, or the address where no name was used: untrusted.
    pub host: String,
    /// The port, where it got as far as that.
    pub port: Option<u16>,
}

/// So many different wishes are remembered.
const WISHES: usize = 1024;

impl Heard {
    fn note(&self, asked: Asked) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < WISHES && !all.contains(&asked) {
            all.push(asked);
        }
    }

    /// All of it, in order of names.
    pub(crate) fn take(&self) -> Vec<Asked> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        all.sort();
        all
    }
}

/// The sink of one session.
pub(crate) struct EgressLog {
    log: Log,
    batch: Batch,
    session: String,
    heard: Option<Heard>,
}

impl EgressLog {
    pub(crate) fn open(
        audit: &Path,
        session: &str,
        reach: Reach,
        now: Now,
    ) -> Result<Self, interlock_audit::OpenError> {
        let options = Options {
            flush_in_background: true,
            ..Options::default()
        };
        Ok(Self {
            log: Log::open(audit, options, now.wall)?,
            batch: Batch::new(),
            session: session.to_owned(),
            heard: match reach {
                Reach::Granted => None,
                Reach::Learn(heard) => Some(heard),
            },
        })
    }

    fn write(&mut self, event: &EgressEvent, now: SystemTime) -> Result<(), AppendError> {
        let address = event.addr.map(|address| address.to_string());
        let host = event.name.as_deref().or(address.as_deref());
        let (session, host) = (self.session.as_str(), host.unwrap_or_default());
        let port = u64::from(event.port.unwrap_or_default());
        let record = match event.verdict {
            Verdict::Closed => Event::EgressClosed {
                session,
                host,
                port,
                sent: event.sent,
                received: event.received,
                micros: 0,
            },
            verdict => Event::Egress {
                session,
                host,
                port,
                addr: address.as_deref(),
                verdict: match verdict.is_refusal() {
                    true => "denied",
                    false => "allowed",
                },
                reason: Some(verdict.as_str()).filter(|_| verdict != Verdict::Allowed),
            },
        };
        self.batch.push(now, &record);
        // Of a batch without calls; the connection's own permission is that this returns.
        let _no_calls = self.log.commit(now, &mut self.batch)?;
        let _later: Option<Duration> = self.log.flush_due(now)?;
        Ok(())
    }
}

impl Sink for EgressLog {
    fn record(&mut self, event: &EgressEvent) -> Result<(), Unrecorded> {
        if let Some(heard) = &self.heard {
            let address = event.addr.map(|address| address.to_string());
            if let Some(host) = event.name.clone().or(address) {
                heard.note(Asked {
                    host,
                    port: event.port,
                });
            }
        }
        self.write(event, SystemClock.now().wall)
            .map_err(|_| Unrecorded)
    }
}
