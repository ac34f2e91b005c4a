//! What Interlock's tests share: tidy checks over our own sources, and what the conformance suites are run against.
//!
//! A development dependency only; nothing here ships. The checks read the repository as text and
//! syntax trees, run nothing, and return what they found, so that each has a test of its own.

pub mod conformance;
pub mod tidy;
