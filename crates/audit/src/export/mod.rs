//! Records in the formats of other systems.
//!
//! They are written for a machine: what came from a peer is there in full, as JSON text.

mod json;
mod ocsf;

pub use json::json;
pub use ocsf::{OCSF_VERSION, Source, ocsf};
