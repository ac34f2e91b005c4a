//! The digests of approved tool definitions, and what differs from them.

mod diff;

pub use diff::{Piece, Side, word_diff};
