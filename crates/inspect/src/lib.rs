//! Findings in what MCP peers say: tool definitions, results, questions, instructions, URIs.
//!
//! A peer's text reaches a model, and a model may do what it says. This crate tells what in a text is hidden, steers, asks for secrets or
//! carries data away, and says so as [`Finding`]s for people and policies. It decides nothing, and it is no proof of the contrary: a
//! text without findings may still lie. What protects is that tools are pinned, calls are judged and processes are contained.
//!
//! ```
//! use interlock_inspect::{Severity, tool};
//!
//! let findings = tool(br#"{"name":"add","description":"Adds.\u202e","inputSchema":{"type":"object"}}"#);
//! assert_eq!(findings.len(), 1);
//! assert_eq!((findings[0].code, findings[0].place.as_str()), ("hidden-direction", "/description"));
//! assert!(findings[0].severity > Severity::High);
//!
//! assert!(tool(br#"{"name":"add","description":"Adds two numbers.","inputSchema":{"type":"object"}}"#).is_empty());
//! ```
//!
//! Everything is pure, bounded and linear in what it is given: no IO, no clock, no panic on any input.

mod answer;
mod change;
mod definition;
mod document;
mod finding;
mod name;
mod schema;
mod text;
mod uri;

pub use answer::{instructions, question, result};
pub use change::changes;
pub use definition::{name_beside, tool, tools};
pub use finding::{Confidence, Finding, RULES, Rule, Severity};
pub use schema::value;
pub use uri::{Use, uri};
