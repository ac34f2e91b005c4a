//! The thread that the bridge lives on, and its ends of the pipes: to the relay it looks like a process.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use interlock_sdk::client::{Connect as _, Inbox, Transport as _};
use interlock_sdk::http::client::HttpTransport;
use interlock_wire::{Frame, Limits, LineBuffer};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, watch};

use super::bridge::{Bridge, MOST_TOLD, Told};
use super::connection::Connection;
use super::failure::Failure;
use crate::outcome::Exit;
use crate::relay::driver::{Pipes, Process};

/// When the relay has said all: how long the server still has to answer what is open.
const LAST_ANSWERS: Duration = Duration::from_millis(600);
/// How long it may take to take leave of the server.
const LEAVE: Duration = Duration::from_millis(500);

/// A bridge that runs. Dropping it ends it.
pub(crate) struct Link {
    ended: OwnedFd,
    over: Arc<AtomicBool>,
    wish: watch::Sender<Wish>,
    thread: Option<JoinHandle<()>>,
}

/// What is wanted of the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Run,
    Leave,
    Stop,
}

/// The bridge's ends.
struct Far {
    input: OwnedFd,
    output: OwnedFd,
    diagnostics: OwnedFd,
    /// Closed when all is over.
    _ended: OwnedFd,
    over: Arc<AtomicBool>,
    wish: watch::Receiver<Wish>,
}

impl Link {
    /// Starts the bridge. Nothing is connected before the first message.
    pub(crate) fn start(connection: Connection) -> io::Result<(Self, Pipes)> {
        let (input, stdin) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let (stdout, output) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let (stderr, diagnostics) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let (ended, end) = pipe_with(PipeFlags::CLOEXEC)?;
        let (wish, wished) = watch::channel(Wish::Run);
        let over = Arc::new(AtomicBool::new(false));
        let far = Far {
            input,
            output,
            diagnostics,
            _ended: end,
            over: Arc::clone(&over),
            wish: wished,
        };
        let name = "interlock-remote".to_owned();
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || live(connection, far))?;
        let link = Self {
            ended,
            over,
            wish,
            thread: Some(thread),
        };
        let pipes = Pipes {
            stdin,
            stdout,
            stderr,
        };
        Ok((link, pipes))
    }

    /// Ends it and waits until nothing of it is left.
    pub(crate) fn finish(mut self) -> Exit {
        self.stop();
        Exit::Disconnected
    }

    fn stop(&mut self) {
        self.wish(Wish::Stop);
        if let Some(thread) = self.thread.take() {
            // It tells nothing by its end.
            drop(thread.join());
        }
    }

    fn wish(&self, wish: Wish) {
        self.wish.send_modify(|wished| *wished = wish.max(*wished));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Process for Link {
    fn ended(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    fn exit(&mut self) -> Option<Exit> {
        self.over
            .load(Ordering::SeqCst)
            .then_some(Exit::Disconnected)
    }

    fn terminate(&mut self) {
        self.wish(Wish::Leave);
    }

    fn kill(&mut self) {
        self.wish(Wish::Stop);
    }
}

/// The whole life of the thread.
fn live(connection: Connection, mut far: Far) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        runtime.block_on(async {
            let mut wish = far.wish.clone();
            let stopped = wish.wait_for(|wish| *wish == Wish::Stop);
            tokio::select! {
                served = serve(connection, &mut far) => drop(served),
                _stopped = stopped => {}
            }
        });
        // A name that is being looked up must not keep us.
        runtime.shutdown_background();
    }
    far.over.store(true, Ordering::SeqCst);
}

async fn serve(connection: Connection, far: &mut Far) -> io::Result<()> {
    let input = pipe::Receiver::from_owned_fd_unchecked(far.input.try_clone()?)?;
    let output = pipe::Sender::from_owned_fd_unchecked(far.output.try_clone()?)?;
    let diagnostics = far.diagnostics.try_clone()?;
    let Connection {
        http,
        address,
        name,
        private,
        limits,
        patience,
    } = connection;
    let complain = move |text: &str| {
        // What does not fit is not worth waiting for.
        let _said = rustix::io::write(&diagnostics, format!("{text}\n").as_bytes());
    };
    let bridge = Bridge::new(
        (address, name, private),
        limits.clone(),
        patience,
        Box::new(complain),
    );
    let inbox = Inbox::new(Arc::clone(&bridge) as _, limits.clone());
    let connected = http.connect(inbox).await.map_err(io::Error::other)?;
    let transport = Arc::new(connected);
    bridge.carried_by(&transport);
    let (tell, told) = mpsc::channel(MOST_TOLD);
    let telling = tokio::spawn(send_told(Arc::clone(&bridge), Arc::clone(&transport), told));
    let writing = tokio::spawn(write_mail(Arc::clone(&bridge), output));
    let mut wish = far.wish.clone();
    let leave = wish.wait_for(|wish| *wish >= Wish::Leave);
    tokio::select! {
        () = read_lines(&bridge, input, &limits, &tell) => {
            drop(tokio::time::timeout(LAST_ANSWERS, last_answers(&bridge, &mut far.wish)).await);
        }
        _asked = leave => {}
        () = bridge.is_lost() => {
            // Whoever waits is told first.
            drop(tokio::time::timeout(LAST_ANSWERS, last_answers(&bridge, &mut far.wish)).await);
        }
    }
    drop(tell);
    drop(
        tokio::time::timeout(LEAVE, async {
            bridge.nothing_beside().await;
            drop(telling.await);
            transport.close().await;
        })
        .await,
    );
    bridge.mail.close();
    drop(writing.await);
    Ok(())
}

/// Until nobody waits any more, or is to wait.
async fn last_answers(bridge: &Bridge, wish: &mut watch::Receiver<Wish>) {
    const PAUSE: Duration = Duration::from_millis(10);
    while !bridge.table.is_empty() && *wish.borrow_and_update() == Wish::Run {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn read_lines(
    bridge: &Arc<Bridge>,
    input: pipe::Receiver,
    limits: &Limits,
    tell: &mpsc::Sender<Told>,
) {
    let mut lines = LineBuffer::new(limits);
    loop {
        if input.readable().await.is_err() {
            return;
        }
        match input.try_read(lines.spare()) {
            Ok(0) => return,
            Ok(count) => lines.filled(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        }
        while let Some(frame) = lines.next_frame() {
            if let Frame::Line(line) = frame {
                bridge.line(line, tell).await;
            }
        }
        lines.relax();
    }
}

/// Sends what has no answer, in order.
async fn send_told(
    bridge: Arc<Bridge>,
    transport: Arc<HttpTransport>,
    mut told: mpsc::Receiver<Told>,
) {
    while let Some((outgoing, sent)) = told.recv().await {
        if let Err(error) = transport.send(outgoing).await {
            bridge.not_told(&Failure::Transport(error));
        }
        if let Some(sent) = sent {
            let _nobody_waits = sent.send(());
        }
    }
}

/// Gives the relay what came. When it takes nothing any more, all is over.
async fn write_mail(bridge: Arc<Bridge>, mut output: pipe::Sender) {
    while let Some(line) = bridge.mail.next().await {
        if output.write_all(&line).await.is_err() {
            return;
        }
    }
}
