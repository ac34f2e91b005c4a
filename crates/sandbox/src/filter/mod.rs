//! System call filters: from the commented data in `seccomp/` to the kernel's instructions.
//!
//! `policy` reads the text, `compile` makes instructions of it. Installing them is `interlock_sys::seccomp`.

mod compile;
mod policy;

pub use compile::CompileError;
use compile::compile;
use policy::Policy;
pub use policy::PolicyError;

use interlock_sys::seccomp::Instruction;

const BASE: &str = include_str!("../../seccomp/base.policy");
const EGRESS: &str = include_str!("../../seccomp/egress.policy");
const BROWSER: &str = include_str!("../../seccomp/browser.policy");

/// What the filters in `seccomp/` could not be made into. Our bug: tests compile every combination.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// A policy has a line that cannot be read.
    #[error("a system call policy cannot be read")]
    Policy(#[from] PolicyError),
    /// A policy is too long for the kernel's form.
    #[error("a system call policy cannot be compiled")]
    Compile(#[from] CompileError),
}

/// The filter of a server with or without a network and a browser.
pub(crate) fn for_server(egress: bool, browser: bool) -> Result<Vec<Instruction>, FilterError> {
    let mut policy = Policy::default();
    if browser {
        policy.read(BROWSER)?;
    }
    if egress {
        policy.read(EGRESS)?;
    }
    policy.read(BASE)?;
    Ok(compile(&policy)?)
}

#[cfg(test)]
mod tests;
