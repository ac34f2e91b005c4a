//! Several threads that do what is queued in a shared state, and those who wait for their answers.
//!
//! Knows nothing of registries: what is queued and how it is done is the caller's. [`archive`] is the one job that all have:
//! an archive that is in the store already, or is fetched, verified and put there.

use crate::{
    digest::Integrity,
    http::{Answer, CONNECTIONS, FetchError, retried},
    progress::Progress,
    store::{Format, InstallError, Store, Stored},
    unpack::UnpackLimits,
};
use std::{
    io::{self, Read},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// The shared state, and the threads that work on it while [`Crew::run`] lasts.
#[derive(Default)]
pub(crate) struct Crew<S> {
    state: Mutex<S>,
    wake: Condvar,
    closed: AtomicBool,
}

impl<S: Send> Crew<S> {
    /// Runs `work` while several threads take what `next` finds in the state and do it.
    pub(crate) fn run<J, T>(
        &self,
        next: impl Fn(&mut S) -> Option<J> + Sync,
        perform: impl Fn(J) + Sync,
        work: impl FnOnce() -> T,
    ) -> T {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| self.perform_until_closed(&next, &perform));
            }
            let closing = Closing(self);
            let result = work();
            drop(closing);
            result
        })
    }

    fn perform_until_closed<J>(&self, next: &impl Fn(&mut S) -> Option<J>, perform: &impl Fn(J)) {
        let mut state = self.lock();
        while !self.closed.load(Ordering::Acquire) {
            match next(&mut state) {
                Some(job) => {
                    drop(state);
                    perform(job);
                    state = self.lock();
                }
                None => state = self.wait(state),
            }
        }
    }

    /// The state, for a moment: nobody waits for anything while holding it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, S> {
        // A thread that panicked left the state in order: every change to it is one statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, guard: MutexGuard<'g, S>) -> MutexGuard<'g, S> {
        let woken = self.wake.wait(guard);
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the work is over that everything was done for.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Has everybody look at the state again.
    pub(crate) fn notify(&self) {
        self.wake.notify_all();
    }

    /// Waits until `ready` finds its answer.
    pub(crate) fn answer<T>(&self, ready: impl Fn(&S) -> Option<T>) -> T {
        let mut state = self.lock();
        loop {
            if let Some(answer) = ready(&state) {
                return answer;
            }
            state = self.wait(state);
        }
    }

    /// A download that ends when nobody wants it any more.
    fn abortable<R: Read>(&self, inner: R) -> impl Read {
        Abortable {
            inner,
            closed: &self.closed,
        }
    }
}

/// Tells the threads to stop, however the work ended.
struct Closing<'a, S: Send>(&'a Crew<S>);

impl<S: Send> Drop for Closing<'_, S> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        // Under the lock, so that no thread is between looking and waiting.
        let _state = self.0.lock();
        self.0.wake.notify_all();
    }
}

struct Abortable<'a, R> {
    inner: R,
    closed: &'a AtomicBool,
}

impl<R: Read> Read for Abortable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.closed.load(Ordering::Acquire) {
            return Err(io::Error::other("no longer needed"));
        }
        self.inner.read(buffer)
    }
}

/// An archive to have in the store.
pub(crate) struct Parcel<'a> {
    pub(crate) store: &'a Store,
    pub(crate) progress: &'a dyn Progress,
    /// For whom progress is shown.
    pub(crate) name: &'a str,
    pub(crate) integrity: &'a Integrity,
    pub(crate) format: Format<'a>,
    pub(crate) limits: UnpackLimits,
}

impl Parcel<'_> {
    /// What the store has, or what `fetch` brings, verified.
    pub(crate) fn stored<S: Send>(
        &self,
        crew: &Crew<S>,
        fetch: impl Fn(u64) -> Result<Answer, FetchError>,
    ) -> Result<Stored, InstallError> {
        if let Some(stored) = self.store.package(self.integrity, &self.format) {
            self.progress.archive_done(self.name, true);
            return Ok(stored);
        }
        let on_bytes = |count| self.progress.archive_bytes(count);
        // Trying again helps against a bad connection, and against nothing else.
        let outcome = retried(|| {
            let reader = crew.abortable(fetch(self.limits.archive)?.reader);
            let (integrity, format) = (self.integrity, &self.format);
            let added =
                (self.store).add_package(integrity, format, reader, &self.limits, &on_bytes);
            match added {
                Err(InstallError::Fetch(error)) => Err(error),
                other => Ok(other),
            }
        });
        self.progress.archive_done(self.name, false);
        outcome.map_err(InstallError::Fetch)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[derive(Default)]
    struct Sums {
        queue: VecDeque<u64>,
        done: Vec<u64>,
    }

    #[test]
    fn what_is_queued_is_done_and_waited_for() {
        let crew = Crew::<Sums>::default();
        let total = crew.run(
            |state| state.queue.pop_front(),
            |job| {
                crew.lock().done.push(job * 2);
                crew.notify();
            },
            || {
                crew.lock().queue.extend(0..100);
                crew.notify();
                crew.answer(|state| {
                    (state.done.len() == 100).then(|| state.done.iter().sum::<u64>())
                })
            },
        );
        assert_eq!(total, 9900);
    }

    #[test]
    fn a_download_that_nobody_wants_ends() {
        let crew = Crew::<Sums>::default();
        let mut reader = crew.abortable(io::repeat(7));
        let mut buffer = [0; 4];
        assert_eq!(reader.read(&mut buffer).unwrap(), 4);
        crew.run(|_| None::<()>, |()| {}, || ());
        let error = reader.read(&mut buffer).unwrap_err();
        assert_eq!(error.to_string(), "no longer needed");
    }
}
