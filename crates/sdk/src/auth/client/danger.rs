//! Exceptions that give up a check. For development, and for servers that leave no other way.

use super::identity::{Identity, Registered};
use super::oauth::Builder;

/// A registered client whose authorization server is not known: its credentials go to whichever one the MCP server names
/// first. A server that lies gets the client secret. Name the issuer with [`Registered::with`] instead.
#[must_use]
pub fn registered_anywhere(identity: Identity) -> Registered {
    Registered {
        issuer: None,
        identity,
    }
}

/// Takes servers of revision 2025-03-26 that publish no metadata at all: `/authorize`, `/token` and `/register` at the
/// server's own origin are used, and that they support PKCE is assumed instead of verified.
#[must_use]
pub fn without_metadata(mut builder: Builder) -> Builder {
    builder.without_metadata = true;
    builder
}
