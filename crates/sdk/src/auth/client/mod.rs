//! Authorization of a client: what its HTTP transport asks before it sends, and after it was refused.

mod authorize;
mod error;

pub use authorize::{Authorize, Retry};
pub use error::AuthError;
