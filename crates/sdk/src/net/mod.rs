//! Fetching what a peer pointed at, without becoming its errand boy.
//!
//! Metadata, key sets and token endpoints have URLs that somebody else wrote. A [`Fetcher`] takes `https` only, resolves
//! the name first, refuses every address that is not a public one, connects to the very address that it checked,
//! follows redirects within the origin only, and bounds size and time. What a development set-up needs beyond that is
//! in [`danger`]. Proxies of the environment are not used.
//!
//! ```no_run
//! use interlock_sdk::net::{Fetcher, Question};
//! use url::Url;
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let fetcher = Fetcher::new();
//! let answer = fetcher.ask(Question::get(Url::parse("https://idp.example/jwks.json")?)).await?;
//! assert!(answer.status.is_success());
//! # Ok(()) }
//! ```

mod address;
mod connect;
pub mod danger;
mod error;
mod fetcher;
mod message;
mod policy;
mod resolve;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

pub(crate) use connect::Guarded;
pub use error::FetchError;
pub use fetcher::Fetcher;
pub use interlock_wire::resource_uri::is_global;
pub use message::{Answer, Question};
pub use policy::Policy;
pub use resolve::{Resolve, SystemResolver};
