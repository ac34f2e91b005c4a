//! Telling what was found: for people, as a table, as JSON, as SARIF. Makes text; prints nothing.

mod human;
mod json;
mod page;
mod paths;
mod sarif;
mod sift;
mod table;

pub use human::{Paint, Role, human, screen};
pub use json::json;
pub use page::{index, page};
pub use paths::Shown;
pub use sarif::sarif;
pub use sift::{Counts, Ignored, Report, Reported, Sieve};
pub use table::table;
