//! The rules: what is looked for in files, entries, launches and switches.
//!
//! Each rule is a row of a table with its id, weight and words, and is noted in one place. A judgement depends on the files and on what the
//! caller hands in as [`Context`]; nothing here reads a file, a clock or the environment.

mod case;
mod context;
mod file;
mod judge;
mod launch;
mod names;
mod problem;
mod remote;
mod rule;
mod skipped;
mod switch;
mod table;
mod tools;
mod variables;
mod veil;

pub(crate) use case::{masked, masker};
pub use context::{Base, Context, Standing};
pub use judge::{JudgedFile, JudgedServer, Judgements, judge_files};
pub use rule::Rule;
pub use skipped::judge_skipped;
pub(crate) use table::urgency;
pub use table::{rule_of, rules};
pub use tools::judge_tools;
