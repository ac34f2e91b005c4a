//! From names to addresses.

use std::io;
use std::net::SocketAddr;

use crate::BoxFuture;

/// Finds the addresses of a host. What it finds is judged afterwards, so an implementation cannot weaken the policy.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, which is a name and no literal address.
    ///
    /// # Errors
    /// When there is none.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
