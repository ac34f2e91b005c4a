//! What can be put right without a person's thought: one small change each, described before it is made.
//!
//! Versions are named only where one is known from an approval; secrets move only where Interlock starts the server, and so can give
//! them back to it.

mod plan;

use interlock_launch::SecretName;
use interlock_launch::text::excerpt;

use crate::document::Span;
use crate::server::Server;

pub use plan::{LineOf, Repair, difference, repair};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix(pub(crate) Change);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Another text in the place of one.
    Text { at: Span, was: String, now: String },
    /// A member of a map is taken out; `at` is its value.
    Remove { at: Span, trail: String },
    /// The file's permissions.
    Permissions(u32),
    /// A variable's value goes to the secret store and the variable out of the file.
    Secret { server: Span, name: SecretName },
}

impl Fix {
    /// What would be done, one sentence.
    #[must_use]
    pub fn description(&self) -> String {
        match &self.0 {
            Change::Text { was, now, .. } => {
                format!("write `{}` in place of `{}`", excerpt(now), excerpt(was))
            }
            Change::Remove { trail, .. } => format!("remove `{}`", excerpt(trail)),
            Change::Permissions(mode) => format!("set the file's permissions to {mode:03o}"),
            Change::Secret { name, .. } => format!("move `{name}` to Interlock's secret store"),
        }
    }
}

/// Names another version of a package.
pub(crate) fn pin(at: Span, was: &str, now: &str) -> Fix {
    Fix(Change::Text {
        at,
        was: was.to_owned(),
        now: now.to_owned(),
    })
}

/// Takes a switch out. `at` is its value.
pub(crate) fn remove(trail: &str, at: Span) -> Fix {
    Fix(Change::Remove {
        at,
        trail: trail.to_owned(),
    })
}

/// Sets the file's permissions.
pub(crate) fn permissions(mode: u32) -> Fix {
    Fix(Change::Permissions(mode & 0o777))
}

/// Moves the value of a server's variable to the secret store; none where the variable's name cannot name a secret.
pub(crate) fn move_secret(server: &Server, name: &str) -> Option<Fix> {
    Some(Fix(Change::Secret {
        server: server.span,
        name: name.parse().ok()?,
    }))
}
