//! Files as resources: beneath one directory, by descriptor, and nothing else of the machine.
//!
//! A URI is judged first ([`interlock_wire::resource_uri`]); what passes is opened relative to the root's descriptor with
//! `openat2` and `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS` (Linux 5.6), so that no link, wherever it is
//! and whenever it is swapped in, leads out. Type and size are asked of the descriptor that is then read: what was
//! checked is what is served. A hard link is not a link in this sense: whoever can make one beneath the root can publish
//! the file that it names.
//!
//! ```no_run
//! use interlock_sdk::files::{FileBody, FileResources};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let files = FileResources::beneath("/srv/data")?.max_size(1 << 20);
//! let contents = files.read("file:///srv/data/notes.md").await?;
//! if let FileBody::Text(text) = contents.body() {
//!     assert_eq!(contents.mime_type(), Some("text/markdown"));
//!     drop(text.len());
//! }
//! # Ok(()) }
//! ```

mod error;
mod list;
mod mime;
mod offer;
mod open;
mod resources;
#[cfg(test)]
mod tests;

pub use error::{FileError, RootError};
pub use list::{FileEntry, Listing};
pub use resources::{FileBody, FileContents, FileResources};
