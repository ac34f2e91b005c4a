//! The fixtures of the official conformance suite: a server that has what its scenarios ask for, and a client that plays their
//! other half. Both are written as an author would write them, on the public face of the SDK.

pub mod client;
pub mod server;

/// Tells whoever ran a fixture what went wrong, with the reasons behind it.
pub fn complain(problem: &(impl std::fmt::Display + ?Sized)) {
    use std::io::Write as _;
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{problem}");
}
