//! Connections: accepting them within bounds, one task each, and ending them in order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{interval, sleep, timeout};

use super::body::ResponseBody;
use super::limits::HttpLimits;
use super::old_sse::OldPaths;
use super::refusal::Refusal;
use super::service::{HttpService, METADATA};
use super::stalled::Unstalled;

/// What hyper may hold of one request's head. The gate's own limit is below.
const HEAD: usize = 64 << 10;
/// How long connections may go on after a shutdown began.
const DRAIN: Duration = Duration::from_secs(5);
/// How often expired sessions are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// A server that listens. It answers nothing until it is [served](Self::serve).
pub struct BoundServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Arc<Router>,
}

struct Router {
    path: String,
    old: Option<OldPaths>,
    endpoint: HttpService,
}

/// How a server is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    On,
    /// Answer what is being asked, then close.
    Drain,
    Stop,
}

impl BoundServer {
    pub(super) fn new(
        listener: TcpListener,
        address: SocketAddr,
        path: String,
        old: Option<OldPaths>,
        endpoint: HttpService,
    ) -> Self {
        let router = Arc::new(Router {
            path,
            old,
            endpoint,
        });
        Self {
            listener,
            address,
            router,
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint, for looking at its sessions and streams.
    pub fn service(&self) -> HttpService {
        self.router.endpoint.clone()
    }

    /// Serves until the task is dropped.
    pub async fn serve(self) {
        self.serve_until(std::future::pending()).await;
    }

    /// Serves until `stop` is ready. Then nothing new is accepted, what is being answered may finish within five seconds, and
    /// sessions and streams end.
    pub async fn serve_until(self, stop: impl Future<Output = ()>) {
        let (run, running) = watch::channel(Run::On);
        let limits = self.router.endpoint.0.limits.clone();
        let most = limits.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most));
        {
            let mut accepting = pin!(self.accept(&limits, &places, &running));
            let mut stop = pin!(stop);
            tokio::select! {
                () = &mut accepting => {}
                () = &mut stop => {}
            }
        }
        drop(self.listener);
        let core = &self.router.endpoint.0;
        run.send_replace(Run::Drain);
        // Streams that would stay open for ever end with the word that this is in order.
        core.server.end_subscriptions();
        core.sessions.end_listening();
        let all = u32::try_from(most).unwrap_or(u32::MAX);
        if timeout(DRAIN, places.acquire_many(all)).await.is_err() {
            run.send_replace(Run::Stop);
            // Their tasks end at their next poll.
            let _ = timeout(DRAIN, places.acquire_many(all)).await;
        }
        core.sessions.close();
    }

    async fn accept(
        &self,
        limits: &HttpLimits,
        places: &Arc<Semaphore>,
        run: &watch::Receiver<Run>,
    ) {
        let mut sweep = interval(SWEEP);
        loop {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return;
            };
            let accepted = loop {
                tokio::select! {
                    accepted = self.listener.accept() => break accepted,
                    _ = sweep.tick() => self.router.endpoint.0.sessions.sweep(),
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    // Two small writes in a row must not wait for each other.
                    let _ = stream.set_nodelay(true);
                    let router = Arc::clone(&self.router);
                    tokio::spawn(connection(
                        router,
                        stream,
                        limits.clone(),
                        run.clone(),
                        place,
                    ));
                }
                // Out of descriptors, or the peer is gone already: others may do better in a moment.
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

async fn connection(
    router: Arc<Router>,
    stream: TcpStream,
    limits: HttpLimits,
    mut run: watch::Receiver<Run>,
    _place: OwnedSemaphorePermit,
) {
    let io = TokioIo::new(Unstalled::new(stream, limits.stall_time));
    let service = service_fn(move |request| {
        let router = Arc::clone(&router);
        async move { Ok::<_, Infallible>(router.answer(request).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(HEAD);
    let mut connection = pin!(http.serve_connection(io, service));
    let stopped = tokio::select! {
        biased;
        // How a connection ended is the peer's business.
        _ = connection.as_mut() => return,
        _ = run.wait_for(|run| *run != Run::On) => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = connection => {}
            _ = run.wait_for(|run| *run == Run::Stop) => {}
        }
    }
}

impl Router {
    async fn answer(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let path = request.uri().path();
        if path == self.path || path.starts_with(METADATA) {
            return self.endpoint.answer(request).await;
        }
        match &self.old {
            Some(old) if path == old.events || path == old.messages => {
                self.endpoint.answer_old(old, request).await
            }
            _ => Refusal::new(StatusCode::NOT_FOUND, "there is nothing here").into(),
        }
    }
}

impl std::fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundServer")
            .field("address", &self.address)
            .field("path", &self.router.path)
            .finish_non_exhaustive()
    }
}
