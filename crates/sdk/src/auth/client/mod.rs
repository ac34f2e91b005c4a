//! Authorization of a client: what its HTTP transport asks before it sends, and after it was refused.

mod authorize;

pub use authorize::{AuthError, Authorize, Retry};
