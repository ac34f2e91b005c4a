//! Judging a peer's JSON Schema before anything compiles it: what it costs, and what it refers to.
//!
//! A schema is a program that every validator of every peer runs. Small ones can ask for endless or exponential work, and a `$ref` can ask
//! for a connection. Nothing here validates a value, and nothing here says that a schema is valid JSON Schema.
//!
//! ```
//! use interlock_wire::schema::{Bounds, SchemaFault, judge};
//!
//! let bounds = Bounds::default();
//! assert_eq!(judge(br#"{"type":"object","properties":{"a":{"type":"string"}}}"#, &bounds).map(|cost| cost.subschemas), Ok(2));
//!
//! let endless = br##"{"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##;
//! assert_eq!(judge(endless, &bounds), Err(SchemaFault::Cycle("/$defs/a".to_owned())));
//! ```

mod bounds;
mod edges;
mod fault;
mod judge;
mod pattern;
mod references;
mod tree;

pub use bounds::Bounds;
pub use fault::{PatternFault, SchemaFault};
pub use judge::{Cost, judge};
