//! Changing a configuration file in a few places and leaving every other byte as it is.
//!
//! A change is a list of replaced spans. What stands around them (comments, order, indentation, line endings, a byte
//! order mark, the end of the file) is never parsed and printed again, so it cannot change. [`Editor`] works on a parsed
//! document and knows how each format quotes and separates; it reads its own result back before it hands it out.
//!
//! Nothing here reads or writes files.

mod editor;
mod edits;
mod expected;
mod lists;
mod members;
mod quote;
mod source;
mod together;

#[cfg(test)]
mod editor_tests;

pub use editor::{Editor, Literal};
pub use edits::{Edit, EditError, Edits};
pub(crate) use expected::Plain;
pub use quote::Syntax;
pub(crate) use together::{Together, together};
