//! Strict JSON (RFC 8259) over borrowed bytes: what is accepted here means the same to every parser behind us.
//!
//! One pass checks UTF-8, grammar, depth, size, number range, surrogates, and that no object has two keys that are
//! equal after unescaping. It builds no tree: members are walked again, lazily, where someone asks for them.

mod canonical;
mod error;
mod escape;
mod keys;
mod members;
mod number;
pub(crate) mod reader;
mod string;

pub(crate) use keys::prefix;
pub(crate) use members::{string_length, value_length};
pub(crate) use string::plain_end;

pub use canonical::{canonical, digest};
pub use error::{JsonError, JsonFault};
pub use escape::write_string;
pub use members::{Elements, Members, as_str, elements, member, members};
pub use reader::validate;
