//! The only crate with unsafe: system calls as safe functions.
//!
//! Each module covers one kernel mechanism that neither std nor rustix covers. Functions take and return plain data
//! and descriptors; none of them decides anything. What is called between fork and exec does not allocate.

pub mod forget;
pub mod landlock;
pub mod mount;
pub mod net;
pub mod privilege;
pub mod process;
mod raw;
pub mod seccomp;
pub mod signals;
pub mod syscalls;
pub mod verity;
pub mod wipe;
