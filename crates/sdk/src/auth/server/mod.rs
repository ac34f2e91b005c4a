//! Authorization of a server: who calls, what they may do, and what the answer is to those who may not.
//!
//! The server is a *resource server* of OAuth 2.1: it never issues a token, keeps none and passes none on. A request is
//! judged by an [`Authenticate`]; what it lets through is a [`Principal`](crate::Principal), what it does not is a
//! [`Challenge`]. Handlers never see a token: [`remove_credentials`] takes it out of the request first.

mod authenticate;
mod challenge;
mod credentials;

pub use authenticate::{Authenticate, Operation};
pub use challenge::{Challenge, ChallengeReason};
pub use credentials::remove_credentials;
