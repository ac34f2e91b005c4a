//! From a name to verified bytes: packages of npm and Python, images, repositories at a commit, programs and bundles by their
//! digest, in a content-addressed store; where they came from; and a project's lock of them.
//!
//! A runner such as `npx` downloads and runs whatever a name means today. This crate splits that in
//! two. *Locking* (at approval, on line) turns a name into a [`LockedTree`]: every package of the
//! dependency tree at an exact version with the digest of its archive, laid out as npm would lay it
//! out, unpacked into the [`Store`] without running anything. *Locating* (at launch, off line) finds
//! that tree again and proves that its bytes are the locked ones before anything reads them.
//!
//! What it does not do: it runs no package code, no install script, no `node`, no `git`. It judges
//! no launch and knows no grants. It reads the user's own registry configuration only, never the one
//! of a project.

pub mod advisories;
mod built;
mod crew;
mod digest;
pub mod fetched;
pub mod git;
mod hold;
mod host;
mod http;
mod locked;
pub mod lockfile;
mod mcpb;
pub mod npm;
pub mod oci;
mod package_store;
pub mod policy;
mod progress;
pub mod provenance;
pub mod pypi;
pub mod registry;
pub mod sbom;
mod store;
mod unpack;
mod user_file;

pub use built::{BuildTool, Built};
pub use digest::{Integrity, IntegrityError, Sha256, TreeDigest};
pub use hold::{Hold, Young};
pub use host::{Host, Libc};
pub use http::{Client, FetchError, Reach, Trust};
pub use locked::{
    Ecosystem, Entry, ExactVersion, ExactVersionError, Interpreter, LockedPackage, LockedTree,
    TreePath, TreePathError,
};
pub use mcpb::BundleError;
pub use progress::{Progress, Silent};
pub use store::{
    Collection, Damage, GcReport, InstallError, LocateError, Located, Mismatch, Store, StoreError,
    StoredTree, VerifyReport,
};
pub use unpack::{
    UnpackError, UnpackLimits, ZipMember, list_zip, unpack_tarball_into, unpack_wheel_into,
};
