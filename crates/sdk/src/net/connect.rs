//! Opening connections: resolve, judge every address, connect to what was judged.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::{FetchError, Policy, Resolve};
use crate::BoxFuture;

/// How long one address may take, when there are others.
const ATTEMPT: Duration = Duration::from_secs(4);
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Opens TCP connections that the policy allows. The only way from a fetcher, and from a guarded client, to the network.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) policy: Arc<Policy>,
    pub(crate) resolver: Arc<dyn Resolve>,
}

impl Service<Uri> for Guarded {
    type Response = TokioIo<TcpStream>;
    type Error = FetchError;
    type Future = BoxFuture<'static, Result<Self::Response, FetchError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guarded = self.clone();
        Box::pin(async move { guarded.connect(&uri).await })
    }
}

impl Guarded {
    async fn connect(&self, uri: &Uri) -> Result<TokioIo<TcpStream>, FetchError> {
        let host = uri.host().ok_or(FetchError::Url("it has no host"))?;
        let default = if uri.scheme_str() == Some("http") {
            80
        } else {
            443
        };
        let addresses = self
            .addresses(host, uri.port_u16().unwrap_or(default))
            .await?;
        let mut last = None;
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            match tokio::time::timeout(ATTEMPT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A token request is one write; waiting to fill a packet gains nothing.
                    let _ = stream.set_nodelay(true);
                    return Ok(TokioIo::new(stream));
                }
                Ok(Err(error)) => last = Some(error),
                Err(_elapsed) => {}
            }
        }
        match last {
            Some(error) => Err(FetchError::Request {
                host: host.to_owned(),
                source: Box::new(error),
            }),
            None => Err(FetchError::Timeout {
                host: host.to_owned(),
            }),
        }
    }

    /// The addresses of a host, all of them judged. One that is refused refuses them all: a name with a public and a
    /// private address is up to no good.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        let addresses = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => {
                let found = self.resolver.resolve(host, port).await;
                found.map_err(|source| FetchError::Resolve {
                    host: host.to_owned(),
                    source,
                })?
            }
        };
        for address in &addresses {
            self.policy.check_address(host, address.ip())?;
        }
        Ok(addresses)
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}
