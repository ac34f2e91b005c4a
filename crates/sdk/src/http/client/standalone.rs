//! The stream of the session eras that belongs to no request: what the server says on its own.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use super::events::{End, Position, read};
use super::exchange::{pause, resume};
use super::shared::Shared;
use crate::client::{TransportError, Via};

/// Before the first reconnection, when the server does not say; doubled each time nothing came.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// After that many streams in a row without an event, the server has nothing to say.
const MOST_IDLE: u32 = 16;

/// How long the first request waits for the stream. What a server says before it is open is lost on many servers.
const HEAD_START: Duration = Duration::from_millis(500);

/// Opens the stream and keeps it open, in a task that ends with the transport or when the server has no such stream. Comes back when
/// the server has answered, or takes too long for it.
pub(super) async fn open(shared: &Arc<Shared>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let (opened, is_open) = oneshot::channel();
    // Weak, so that the task does not keep a connection alive that nobody uses.
    let task = runtime
        .spawn(keep(Arc::downgrade(shared), opened))
        .abort_handle();
    if let Some(before) = shared.state().standalone.replace(task) {
        before.abort();
    }
    drop(tokio::time::timeout(HEAD_START, is_open).await);
}

async fn keep(shared: Weak<Shared>, opened: oneshot::Sender<()>) {
    let mut opened = Some(opened);
    let mut position = Position::default();
    let (mut idle, mut wait) = (0, FIRST_WAIT);
    while idle < MOST_IDLE {
        match once(&shared, &mut position, &mut opened).await {
            Some(End::Closed | End::Answered)
            | Some(End::Broken(TransportError::Unreachable(_))) => {}
            Some(End::Broken(_)) | None => return,
        }
        (idle, wait) = match position.moved {
            true => (0, FIRST_WAIT),
            false => (idle + 1, (wait * 2).min(LONGEST_WAIT)),
        };
        tokio::time::sleep(pause(position.retry, wait)).await;
    }
}

async fn once(
    shared: &Weak<Shared>,
    position: &mut Position,
    opened: &mut Option<oneshot::Sender<()>>,
) -> Option<End> {
    let shared = shared.upgrade()?;
    position.moved = false;
    let resumed = resume(&shared, position).await;
    // Open or refused: nobody has to wait any more.
    drop(opened.take());
    let body = match resumed {
        Ok(body) => body,
        Err(error) => return Some(End::Broken(error)),
    };
    let inbox = shared.inbox.clone();
    drop(shared);
    let end = read(body, &inbox, &Via::Shared, position, false).await;
    Some(end.unwrap_or_else(End::Broken))
}
