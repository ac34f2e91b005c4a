//! A server of this machine for a client of the SDK: launched like any other, relayed on a thread of its own.
//!
//! ```text
//! this program                     the thread of one server
//! sdk::client ──▶ pipe ──▶ judge, record, forward ──▶ the contained server
//!             ◀── pipe ◀──                        ◀──
//! ```
//!
//! The client has two pipes and nothing else: what it sends is judged and recorded as if it came from another program. When it
//! drops them, the server is asked to end, and two seconds later nothing of its tree is left. The thread that starts the server stays with
//! it, because the kernel ends a contained tree with the thread that started it.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use interlock_sdk::BoxFuture;
use interlock_sdk::client::{Connect, Inbox, TransportError};
use interlock_sdk::duplex::{Pipe, Stream};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::front::Client;
use crate::io::Signals;
use crate::outcome::Outcome;
use crate::relay::Observer;
use crate::run::{NotStarted, Prepared, Setting, Wanted, connect, prepare};

/// A server that was started for a client of the SDK: give it to
/// [`Builder::connect`](interlock_sdk::client::Builder::connect). Dropping it, or the client that it was given to, ends the server.
#[derive(Debug)]
pub struct Local {
    output: OwnedFd,
    input: OwnedFd,
    ended: Ending,
}

/// Tells how a [`Local`] server ended.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<Option<Outcome>>);

/// Starts what was approved, and nothing else: judged, admitted, recorded and contained as [`run`](crate::run()) does it, with an SDK
/// client at its other end.
///
/// `diagnostics` takes what the server writes to stderr, made harmless. It returns when the server runs, which takes the
/// milliseconds of its start (and of hashing what changed): a runtime with other work calls it where it may block.
///
/// ```no_run
/// use interlock_gateway::{Setting, SystemClock, Wanted, launch};
/// use interlock_sdk::client::Client;
///
/// # async fn example(wanted: Wanted<'_>, setting: &Setting<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// use std::os::fd::AsFd as _;
///
/// let stderr = std::io::stderr().as_fd().try_clone_to_owned()?;
/// let server = launch(wanted, setting, Box::new(()), stderr, SystemClock)?;
/// let ended = server.ending();
/// let client = Client::builder("me", "1.0.0").connect(server).await?;
/// let tools = client.list_tools().await?;
/// # drop(tools);
/// client.close().await;
/// assert_eq!(ended.outcome().await.exit_code(), 0);
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`NotStarted`] says why nothing runs. What it says is in the audit log too, where that can be written.
pub fn launch<C: Clock + Send + 'static>(
    wanted: Wanted<'_>,
    setting: &Setting<'_>,
    observer: Box<dyn Observer + Send>,
    diagnostics: OwnedFd,
    clock: C,
) -> Result<Local, NotStarted> {
    let prepared = prepare(wanted, setting, &clock)?;
    let (local, far) = ends(diagnostics).map_err(NotStarted::Exhausted)?;
    let (tell, told) = sync_channel(1);
    let relay = move || relay(prepared, far, observer, &tell, &clock);
    let name = "interlock-relay".to_owned();
    let spawned = thread::Builder::new().name(name).spawn(relay);
    spawned.map_err(NotStarted::Exhausted)?;
    match told.recv() {
        Ok(Ok(())) => Ok(local),
        Ok(Err(why)) => Err(why),
        // The thread ended without a word, and with it whatever it had started.
        Err(_) => Err(NotStarted::Exhausted(io::ErrorKind::BrokenPipe.into())),
    }
}

/// The relay's ends of everything.
struct Far {
    input: OwnedFd,
    output: OwnedFd,
    diagnostics: OwnedFd,
    signals: Signals,
    ended: watch::Sender<Option<Outcome>>,
}

fn ends(diagnostics: OwnedFd) -> io::Result<(Local, Far)> {
    let (far_input, input) = pipe_with(PipeFlags::CLOEXEC)?;
    let (output, far_output) = pipe_with(PipeFlags::CLOEXEC)?;
    let (tell, ended) = watch::channel(None);
    let local = Local {
        output,
        input,
        ended: Ending(ended),
    };
    let far = Far {
        input: far_input,
        output: far_output,
        diagnostics,
        signals: Signals::none()?,
        ended: tell,
    };
    Ok((local, far))
}

/// The whole life of the thread: start, relay, end.
fn relay(
    prepared: Prepared,
    far: Far,
    observer: Box<dyn Observer>,
    tell: &SyncSender<Result<(), NotStarted>>,
    clock: &impl Clock,
) {
    let (started, told) = match prepared.start() {
        Ok(started) => (Some(started), Ok(())),
        Err(why) => (None, Err(why)),
    };
    // Whoever launches waits for this.
    let _received = tell.send(told);
    let Some(started) = started else { return };
    let client = Client {
        input: far.input.as_fd(),
        output: far.output.as_fd(),
        diagnostics: far.diagnostics.as_fd(),
        signals: &far.signals,
    };
    let outcome = connect(started, observer, &client, clock);
    // First the outcome, then the end of what the client reads: who sees the end finds the outcome.
    let _nobody_asks = far.ended.send(Some(outcome));
}

impl Local {
    /// What tells how it ended, whoever has the client by then.
    #[must_use]
    pub fn ending(&self) -> Ending {
        self.ended.clone()
    }
}

impl Ending {
    /// Waits until nothing of the server's tree is left, and says how it came to that.
    pub async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Unrecorded),
            // INVARIANT: the relay tells its outcome before it lets go of the sender, unless its thread panicked.
            Err(_) => Outcome::Unrecorded,
        }
    }
}

impl Connect for Local {
    type Transport = Stream;

    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<Stream, TransportError>> {
        Box::pin(async move {
            let pipe = Pipe::descriptors(self.output, self.input)?;
            pipe.connect(inbox).await
        })
    }
}
