//! One configuration file as a tree that knows where in the text everything stands: one model for JSON, JSON with comments,
//! TOML, YAML and the YAML in front of a Markdown file.
//!
//! The tree is what the client's own reader would see. What a strict reader would refuse stands beside it as [`Problem`]s. Nothing
//! here knows what an MCP server is. Reading cannot fail and is bounded: size, depth, number of nodes, copies made by YAML aliases.

mod bundle;
mod format;
mod json;
mod keys;
mod lex;
mod node;
mod offsets;
mod problem;
mod read;
mod scalar;
mod span;
mod toml;
mod yaml;

pub use format::Format;
pub use node::{Member, Node, Value};
pub use problem::{Problem, ProblemKind, Strength};
pub use read::{Document, LARGEST_FILE};
pub use span::Span;
