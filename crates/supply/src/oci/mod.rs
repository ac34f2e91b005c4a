//! Container images as bytes: from a registry or an archive, verified from the manifest down, unpacked into one tree.
//!
//! No engine takes part, and nothing of an image is run. What a tag means is asked once, when an image is locked; from then on
//! the digest of its manifest names it, and what is started is the stored tree. A layer's archive is untrusted even when its digest is
//! right: its entries are applied to a list of names in memory, and only the list's end is written, file by file, so no link and no `..` of
//! an archive is ever followed on disk (see [`layers`](self::layers)).

mod archive;
mod attached;
mod document;
mod layers;
mod limits;
mod listed;
mod lock;
mod locked;
mod login;
mod reference;
mod registry;
mod unpack;
mod zstd;

pub use archive::{Archive, ArchiveError};
pub use limits::ImageLimits;
pub use lock::{Facts, ImageError, Locker, Source, SourceError};
pub use locked::{LayerRecord, LockedImage};
pub use login::{LoginError, Logins};
pub use reference::{ImageDigest, Platform, Reference, ReferenceError};
pub use registry::Registry;

pub(crate) use attached::leads_to;
pub(crate) use document::Configuration;
pub(crate) use lock::facts;
