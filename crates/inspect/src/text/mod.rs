//! Judging one text: what of it is not seen, and what it asks for.

mod hidden;
mod script;

pub(crate) use hidden::hidden;
