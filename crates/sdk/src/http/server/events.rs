//! A stream of events as the body of an answer: batching, keep-alive, and its place among the streams there may be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use interlock_wire::sse;
use tokio::time::{Instant, Sleep, sleep};

/// Ready events go out together up to this size.
const BATCH: usize = 64 << 10;

/// Where the events of a stream come from.
pub(super) trait Source: Send {
    /// Appends the next event; `false` says that the stream is at its end.
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool>;
}

/// One open stream.
pub(super) struct Events {
    source: Box<dyn Source>,
    ended: bool,
    every: Duration,
    /// INVARIANT: made when the source was first pending, so that an answer that comes at once needs no timer.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whether anything was written since the alarm was set.
    fresh: bool,
    /// When the caller has to show again who they are.
    until: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl Events {
    pub(super) fn new(source: Box<dyn Source>, every: Duration, place: Place) -> Self {
        Self {
            source,
            ended: false,
            every,
            alarm: None,
            fresh: true,
            until: None,
            _place: place,
        }
    }

    /// Ends after `left`, whatever the source still has.
    pub(super) fn ending(mut self, left: Option<Duration>) -> Self {
        self.until = left.map(|left| Box::pin(sleep(left)));
        self
    }

    /// The next bytes to write; none at the end.
    pub(super) fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        // A stream is no way around a token's expiry.
        let until = self.until.as_mut();
        self.ended |= until.is_some_and(|until| until.as_mut().poll(cx).is_ready());
        let mut out = Vec::new();
        while !self.ended && out.len() < BATCH {
            match self.source.poll_event(cx, &mut out) {
                Poll::Ready(more) => self.ended = !more,
                Poll::Pending => break,
            }
        }
        if !out.is_empty() {
            self.fresh = true;
            return Poll::Ready(Some(out.into()));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.poll_alarm(cx)
    }

    /// A comment once the stream was silent for a while, which also finds out that nobody reads any more.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let every = self.every;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(every)));
        while alarm.as_mut().poll(cx).is_ready() {
            alarm.as_mut().reset(Instant::now() + every);
            if !std::mem::take(&mut self.fresh) {
                let mut out = Vec::new();
                sse::write_comment(&mut out);
                return Poll::Ready(Some(out.into()));
            }
        }
        Poll::Pending
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// How many streams are open.
#[derive(Debug, Default)]
pub(super) struct Places(AtomicUsize);

/// The right to one open stream, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Places>);

impl Places {
    /// A place, if fewer than `most` are taken.
    pub(super) fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let more = |taken| (taken < most).then_some(taken + 1);
        let took = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        took.is_ok().then(|| Place(Arc::clone(self)))
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::poll_fn;

    use super::*;

    /// Gives events after the given waits, in seconds.
    struct Timed(VecDeque<(u64, &'static str)>, Option<Pin<Box<Sleep>>>);

    impl Source for Timed {
        fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
            let Some((wait, text)) = self.0.front().copied() else {
                return Poll::Ready(false);
            };
            let wait = Duration::from_secs(wait);
            if !wait.is_zero() {
                let sleep = self.1.get_or_insert_with(|| Box::pin(sleep(wait)));
                std::task::ready!(sleep.as_mut().poll(cx));
            }
            self.1 = None;
            self.0.pop_front();
            sse::write_message(text.as_bytes(), out);
            Poll::Ready(true)
        }
    }

    async fn check(source: &[(u64, &'static str)], expected: &[&str]) {
        check_until(None, source, expected).await;
    }

    async fn check_until(left: Option<u64>, source: &[(u64, &'static str)], expected: &[&str]) {
        let left = left.map(Duration::from_secs);
        let places = Arc::new(Places::default());
        let place = places.take(1).expect("a place");
        assert!(places.take(1).is_none(), "one place only");
        let source = Timed(source.iter().copied().collect(), None);
        let events = Events::new(Box::new(source), Duration::from_secs(20), place);
        let mut events = events.ending(left);
        let mut written = Vec::new();
        while let Some(bytes) = poll_fn(|cx| events.poll_bytes(cx)).await {
            written.push(String::from_utf8(bytes.to_vec()).expect("text"));
        }
        assert_eq!(written, expected);
        drop(events);
        assert_eq!(places.taken(), 0, "the place was given back");
    }

    #[tokio::test(start_paused = true)]
    async fn ready_events_go_out_together_and_silence_is_broken() {
        check(&[], &[]).await;
        check(&[(0, "a"), (0, "b")], &["data: a\n\ndata: b\n\n"]).await;
        check(&[(0, "a"), (5, "b")], &["data: a\n\n", "data: b\n\n"]).await;
        check(
            &[(0, "a"), (90, "b")],
            &["data: a\n\n", ":\n\n", ":\n\n", ":\n\n", "data: b\n\n"],
        )
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_callers_token() {
        let busy: Vec<_> = (0..100).map(|_| (1, "a")).collect();
        check_until(Some(3), &busy, &["data: a\n\n", "data: a\n\n"]).await;
        check_until(Some(50), &[(90, "a")], &[":\n\n"]).await;
        check_until(Some(0), &[(0, "a")], &[]).await;
        check_until(Some(10), &[(5, "a")], &["data: a\n\n"]).await;
    }
}
