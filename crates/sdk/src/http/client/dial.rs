//! Opening connections: to any address, or only to those that a policy allows.

use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::BoxFuture;
use crate::net::Guarded;

/// The way to the network of one client.
#[derive(Clone)]
pub(super) enum Dial {
    /// Wherever the name leads.
    Any(HttpConnector),
    /// Every address is judged, and what was judged is connected to.
    Guarded(Guarded),
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::Any(any) => any.poll_ready(context).map_err(Into::into),
            Self::Guarded(guarded) => guarded.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Any(any) => {
                let connecting = any.call(uri);
                Box::pin(async move { Ok(connecting.await?) })
            }
            Self::Guarded(guarded) => {
                let connecting = guarded.call(uri);
                Box::pin(async move { Ok(connecting.await?) })
            }
        }
    }
}
