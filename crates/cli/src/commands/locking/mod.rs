//! The commands around a project's lock: `add`, `lock`, `verify`, `diff`, `sbom`, `advisories`.
//!
//! None of them approves or starts anything.

pub mod add;
pub mod advisories;
pub mod compare;
pub mod known;
pub mod lock;
pub mod matching;
pub mod project;
pub mod registry;
pub mod resolving;
pub mod sbom;
pub mod subjects;
pub mod verify;
