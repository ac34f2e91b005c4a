//! Putting servers behind Interlock in the files of their clients, and taking them out again.
//!
//! [`plan`] reads one file and works out the new text: of each entry that starts a program only the program and its first arguments
//! change, so that the client starts `interlock run -- COMMAND ARGS`; variables, directories, switches, comments and order stay.
//! [`Plan::apply`] keeps what was there in the [`Journal`], then replaces the file. [`unplan`] is the way back: to the same bytes
//! where nothing else changed, else by undoing just those changes, with or without a journal.
//!
//! An entry that names an address starts `interlock run --url` afterwards; what its headers hold goes to the secret store, which
//! the caller does before it applies the plan.
//!
//! Nothing here prints, asks, starts a process or reads the environment.

mod apply;
mod attributes;
mod difference;
mod entry;
mod expand;
mod inner;
mod journal;
mod plan;
mod record;
mod remote;
mod replace;
mod unplan;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod difference_tests;
#[cfg(test)]
mod journal_tests;
#[cfg(test)]
mod remote_tests;
#[cfg(test)]
mod replace_tests;
#[cfg(test)]
mod round_trip_tests;

pub use apply::ApplyError;
pub use difference::{Difference, Side, differences};
pub use expand::{Unresolved, expand};
pub use inner::{Inner, inner};
pub use journal::{Journal, JournalError};
pub use plan::{Plan, PlanError, Skip, Wrapped, Writing, plan};
pub use record::{Kept, Record};
pub use remote::HeaderSecret;
pub use replace::{Links, Original, ReplaceError};
pub use unplan::{Unplan, unplan};
