//! Group flushes on a thread, for a caller whose loop must not wait for the disk.
//!
//! The thread has its own handle of the lock: `flock` excludes open files, not threads.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use ed25519_dalek::SigningKey;

use crate::chain::{Chain, Tail};
use crate::directory::DirectoryError;
use crate::error::AppendError;
use crate::head::{self, HEAD_FILE, Head};
use crate::log::{LOCK_FILE, lock_exclusive, unlock};

/// The thread's inbox and what went wrong on it.
#[derive(Debug)]
pub(crate) struct Flusher {
    jobs: Option<SyncSender<Job>>,
    error: Arc<Mutex<Option<io::Error>>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Job {
    segment: Arc<File>,
    tail: Tail,
}

struct Worker {
    lock: File,
    head: File,
    key: SigningKey,
    error: Arc<Mutex<Option<io::Error>>>,
}

impl Flusher {
    pub(crate) fn start(chain: &Chain) -> Result<Self, DirectoryError> {
        let error = Arc::new(Mutex::new(None));
        let worker = Worker {
            lock: chain.directory().file(LOCK_FILE)?,
            head: chain.directory().file(HEAD_FILE)?,
            key: chain.key().clone(),
            error: error.clone(),
        };
        // One waits while one is worked on: more would only repeat it.
        let (jobs, inbox) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("audit-flush".into())
            .spawn(move || worker.run(&inbox))
            .map_err(|source| DirectoryError::Io {
                path: chain.directory().path().into(),
                source,
            })?;
        Ok(Self {
            jobs: Some(jobs),
            error,
            thread: Some(thread),
        })
    }

    /// Asks for a flush up to the end of the chain; false when one already waits.
    pub(crate) fn request(&mut self, chain: &Chain) -> bool {
        let job = Job {
            segment: chain.segment().clone(),
            tail: *chain.tail(),
        };
        self.jobs
            .as_ref()
            .is_some_and(|jobs| jobs.try_send(job).is_ok())
    }

    /// Reports, once, what went wrong since the last call.
    pub(crate) fn check(&mut self) -> Result<(), AppendError> {
        let error = self
            .error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        error.map_or(Ok(()), |source| Err(AppendError::Flush { source }))
    }
}

/// Finishes what was asked for.
impl Drop for Flusher {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Worker {
    fn run(&self, inbox: &Receiver<Job>) {
        for job in inbox {
            if let Err(error) = self.flush(&job) {
                *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        }
    }

    fn flush(&self, job: &Job) -> io::Result<()> {
        job.segment.sync_data()?;
        let Tail {
            seq, hash, memory, ..
        } = job.tail;
        let head = Head::sign(seq, hash, memory, &self.key);
        lock_exclusive(&self.lock)?;
        let result = self.advance_head(head);
        unlock(&self.lock);
        result
    }

    /// Like [`Chain::advance_head`]; a head that cannot be read is left for the chain to record.
    fn advance_head(&self, head: Head) -> io::Result<()> {
        match Head::parse(&head::content(&self.head)?) {
            Some(current) if current.checkpoint.seq() < head.checkpoint.seq() => {
                self.head.write_all_at(&head.to_bytes(), 0)
            }
            _ => Ok(()),
        }
    }
}
