//! What goes to the relay, in order: a queue that says when it is full enough.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// From so many waiting bytes on, nothing more is read from the network. One message more per open stream may still come.
const CROWDED: usize = 1 << 20;

/// See the module's head.
#[derive(Debug, Default)]
pub(super) struct Mail {
    waiting: Mutex<Waiting>,
    filled: Notify,
    drained: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    closed: bool,
}

impl Mail {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in line. It becomes one line: between the tokens of JSON a line end is a space.
    pub(super) fn post(&self, message: &[u8]) {
        let mut line = Vec::with_capacity(message.len() + 1);
        line.extend_from_slice(message);
        for byte in &mut line {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        line.push(b'\n');
        let mut waiting = self.waiting();
        if !waiting.closed {
            waiting.bytes += line.len();
            waiting.lines.push_back(line);
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// The next line; none after the end.
    pub(super) async fn next(&self) -> Option<Vec<u8>> {
        loop {
            let filled = self.filled.notified();
            {
                let mut waiting = self.waiting();
                if let Some(line) = waiting.lines.pop_front() {
                    waiting.bytes -= line.len();
                    drop(waiting);
                    self.drained.notify_waiters();
                    return Some(line);
                }
                if waiting.closed {
                    return None;
                }
            }
            filled.await;
        }
    }

    /// Waits until there is room for more.
    pub(super) async fn room(&self) {
        loop {
            let mut drained = std::pin::pin!(self.drained.notified());
            // Before looking, so that nothing is missed in between.
            drained.as_mut().enable();
            if self.waiting().bytes < CROWDED {
                return;
            }
            drained.await;
        }
    }

    /// Nothing more comes; what waits is still taken.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.filled.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn messages_come_out_in_order_each_on_its_line() {
        run(async {
            let mail = Mail::default();
            mail.post(b"{\"a\":\r\n 1}");
            mail.post(b"{}");
            mail.close();
            mail.post(b"{\"late\":1}");
            assert_eq!(mail.next().await.unwrap(), b"{\"a\":   1}\n");
            assert_eq!(mail.next().await.unwrap(), b"{}\n");
            assert_eq!(mail.next().await, None);
        });
    }

    #[test]
    fn nobody_reads_on_while_nobody_takes() {
        run(async {
            let mail = Mail::default();
            mail.room().await;
            mail.post(&vec![b' '; CROWDED]);
            let (took, ()) = tokio::join!(biased; async {
                tokio::select! {
                    biased;
                    () = mail.room() => false,
                    () = tokio::task::yield_now() => true,
                }
            }, async {});
            assert!(took, "there was room");
            let taking = async { mail.next().await.map(|line| line.len()) };
            let ((), taken) = tokio::join!(mail.room(), taking);
            assert_eq!(taken, Some(CROWDED + 1));
        });
    }
}
