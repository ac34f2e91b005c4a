//! The transport itself: what the client's seam asks for, in terms of exchanges.

use std::sync::Arc;

use bytes::Bytes;
use http::Method as Verb;
use interlock_wire::{Era, Method, Revision};

use super::shared::Shared;
use super::{exchange, headers, standalone};
use crate::BoxFuture;
use crate::client::{Abandon, Outgoing, OutgoingKind, Transport, TransportError};

/// The connection to one server. Made by [`StreamableHttp`](super::StreamableHttp).
pub struct HttpTransport {
    shared: Arc<Shared>,
}

impl HttpTransport {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn revision(&self) -> Option<Revision> {
        self.shared.state().revision
    }

    fn is_modern(&self) -> bool {
        self.revision().map(Revision::era) == Some(Era::Modern)
    }

    async fn carry(&self, message: Outgoing) -> Result<(), TransportError> {
        let opens = matches!(
            message.kind,
            OutgoingKind::Notification {
                method: Method::Initialized,
                ..
            }
        );
        exchange::post(&self.shared, message).await?;
        // The handshake is over: the server may speak on its own, in the revisions that have a stream for that.
        let speaks = self.revision() >= Some(Revision::V2025_03_26);
        if opens && speaks && self.shared.state().old.is_none() {
            standalone::open(&self.shared).await;
        }
        Ok(())
    }

    /// 2025-03-26: a session that is not needed any more is ended by DELETE. Servers may refuse.
    async fn end(&self) {
        let (revision, session, task) = {
            let mut state = self.shared.state();
            (
                state.revision,
                state.session.take(),
                state.standalone.take(),
            )
        };
        if let Some(task) = task {
            task.abort();
        }
        if let Some(session) = session {
            let headers = headers::of_end(revision, &session);
            let body = Bytes::new();
            let ending = self
                .shared
                .send(&self.shared.endpoint, &Verb::DELETE, &headers, &body);
            // Whatever it says, we are gone.
            drop(tokio::time::timeout(self.shared.options.post, ending).await);
        }
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, message: Outgoing) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(self.carry(message))
    }

    fn abandon(&self) -> Abandon {
        // In the session eras a stream may break without meaning anything.
        match self.is_modern() {
            true => Abandon::Done,
            false => Abandon::Notify,
        }
    }

    fn negotiated(&self, revision: Revision) {
        self.shared.state().revision = Some(revision);
    }

    fn authorization(&self) -> u64 {
        let authorize = self.shared.authorize.as_ref();
        authorize.map_or(0, |authorize| authorize.context())
    }

    fn mirrors_arguments(&self) -> bool {
        self.is_modern()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.end())
    }
}

impl Drop for HttpTransport {
    fn drop(&mut self) {
        if let Some(task) = self.shared.state().standalone.take() {
            task.abort();
        }
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("HttpTransport");
        shown.field("origin", &self.shared.endpoint.origin());
        shown.finish_non_exhaustive()
    }
}
