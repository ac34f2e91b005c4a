//! Whole-process benchmarks of Interlock, side by side with what it is compared with.
//!
//! Machines are noisy, so nothing is measured alone: every round measures every subject once, and what is told is medians over
//! the rounds and ratios inside one run.
//!
//! It does no policy and judges nothing: a mark that is missed is printed, not hidden.

pub mod check;
pub mod client;
pub mod echo;
pub mod figures;
pub mod home;
pub mod http;
pub mod lines;
pub mod listen;
pub mod machine;
pub mod message;
pub mod peers;
pub mod relay;
pub mod report;
pub mod served;
pub mod start;
pub mod stdio;

/// What stops a benchmark, in words.
pub type Fallible<T> = Result<T, Box<dyn std::error::Error>>;
