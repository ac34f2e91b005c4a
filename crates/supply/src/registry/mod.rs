//! What a registry, a bundle or a package says about itself, read strictly and judged before anything is fetched.
//!
//! An entry of the MCP Registry (`server.json`, schema 2025-12-11 and before, API v0.1) is text of a stranger: it
//! names a package, arguments, variables and addresses, and a client that follows it runs what it says. Here it becomes
//! the launch that a client would make of it, and that launch is judged by the same grammars as any other. Names are compared
//! with better-known ones, claims with each other, versions and digests must be exact.
//!
//! What it does not do: nothing is fetched, started or approved. [`review`] is pure; [`Api`] fetches entries.

mod api;
mod brand;
mod claim;
mod entry;
mod input;
mod known;
mod notes;
mod package;
mod remote;
mod review;
mod update;
mod version;

pub use api::{Api, ApiError, DEFAULT_BASE};
pub use brand::resembles_brand;
pub use claim::{owner_of_repository, readme_claim};
pub use known::{Known, KnownKind, known};
pub use notes::Review;
pub use review::{review, review_entry};

pub(crate) use notes::{Notes, rules};
pub(crate) use package::{Place, absorb};
