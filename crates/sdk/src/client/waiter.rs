//! Who waits for an answer, and what it is told on the way.

use std::sync::{Arc, Mutex, PoisonError};

use interlock_wire::RejectCode;
use interlock_wire::types::{Decode, ProgressParams};
use tokio::sync::{Notify, oneshot};

use super::transport::TransportError;

/// How a request ended.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A raw result object.
    Result(Vec<u8>),
    /// A raw error object.
    Error(Vec<u8>),
    /// The server ended the subscription.
    Ended,
    /// The answer could not be read.
    Malformed(RejectCode),
    /// The connection is gone.
    Lost(TransportError),
}

/// Called with each progress of a request, on the reading side: it must not block.
pub(crate) type OnProgress = Arc<dyn Fn(ProgressParams) + Send + Sync>;
/// Called once when a subscription was acknowledged.
pub(crate) type OnAcknowledged = Box<dyn FnOnce(&[u8]) + Send>;

/// One request's end of the line.
#[derive(Clone)]
pub(crate) struct Waiter(Arc<Inner>);

struct Inner {
    reply: Mutex<Option<oneshot::Sender<Reply>>>,
    acknowledged: Mutex<Option<OnAcknowledged>>,
    progress: Option<OnProgress>,
    activity: Notify,
}

impl Waiter {
    pub(crate) fn new(
        progress: Option<OnProgress>,
        acknowledged: Option<OnAcknowledged>,
    ) -> (Self, oneshot::Receiver<Reply>) {
        let (sender, receiver) = oneshot::channel();
        let inner = Inner {
            reply: Mutex::new(Some(sender)),
            acknowledged: Mutex::new(acknowledged),
            progress,
            activity: Notify::new(),
        };
        (Self(Arc::new(inner)), receiver)
    }

    pub(crate) fn answer(&self, reply: Reply) {
        if let Some(sender) = take(&self.0.reply) {
            // The caller may have gone in the same moment.
            drop(sender.send(reply));
        }
    }

    pub(crate) fn progress(&self, params: &[u8]) {
        self.0.activity.notify_one();
        if let (Some(progress), Ok(params)) = (&self.0.progress, ProgressParams::decode(params)) {
            progress(params);
        }
    }

    pub(crate) fn subscribed(&self, params: &[u8]) {
        self.0.activity.notify_one();
        if let Some(acknowledged) = take(&self.0.acknowledged) {
            acknowledged(params);
        }
    }

    /// Waits for a sign that the server works on it.
    pub(crate) async fn activity(&self) {
        self.0.activity.notified().await;
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
