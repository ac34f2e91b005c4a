//! What the reader knows of MCP's envelope: which keys have a meaning where, and which keys only look like them.

mod fields;
mod fold;

pub(crate) use fields::{Captures, Field, Meaning, Place, Span};
pub(crate) use fold::resembles;
