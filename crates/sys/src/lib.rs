//! The only crate with unsafe: system calls as safe functions.
