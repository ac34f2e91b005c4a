//! What a registry, a bundle or a package says about itself, read strictly and judged before anything is fetched.
//!
//! An entry of the MCP Registry (`server.json`, schema 2025-12-11 and before, API v0.1) is text of a stranger: it
//! names a package, arguments, variables and addresses, and a client that follows it runs what it says. Here it becomes
//! the launch that a client would make of it, and that launch is judged by the same grammars as any other. Names are compared
//! with better-known ones, claims with each other, versions and digests must be exact.
//!
//! What it does not do: nothing is started or approved. [`review`] and [`choose`] are pure; [`Api`] fetches entries, [`own_word`] reads a
//! stored package.

mod api;
mod brand;
mod choose;
mod claim;
mod credentials;
mod entry;
mod identifier;
mod input;
mod known;
mod manifest;
mod notes;
mod own_word;
mod package;
mod prose;
mod remote;
mod review;
mod update;
mod version;

pub use api::{Api, ApiError, DEFAULT_BASE, reference};
pub use choose::{Choice, ChooseError, Variable, choose};
pub use claim::{owner_of_repository, readme_claim};
pub use known::{Known, KnownKind, known};
pub use notes::Review;
pub use own_word::own_word;
pub(crate) use review::read as strict_json;
pub use review::{review, review_entry};

pub(crate) use notes::{Notes, rules};
pub(crate) use package::{Place, absorb};
pub(crate) use prose::hidden_in_prose;
