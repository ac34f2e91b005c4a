//! Profile to Plan to Confined child: namespaces, Landlock, seccomp, egress by name.
//!
//! ```text
//! supervisor ─ clone3(namespaces) ─ init (process 1: builds the new root, gives up everything, reaps)
//!                                     └ fork ─ server (limits, Landlock, seccomp, execve)
//! ```
//!
//! - [`Profile`] says what one server may touch, [`Kernel`] what this machine can enforce. [`Profile::plan`] makes a [`Plan`] of both or
//!   fails: a required layer that is missing fails the launch, and only `allow_missing` gives that up.
//! - [`Plan::spawn`] starts the server and returns a [`Confined`] that says what was [`Enforced`]. Between fork and exec
//!   nothing is allocated and nothing is decided.
//! - The whole tree ends with the server, with the supervisor (SIGKILL included) and with dropping [`Confined`].
//!
//! Knows no policy and no protocol. Linux only.

mod cgroup;
mod confined;
pub mod egress;
mod filter;
mod identity;
mod idmap;
mod inside;
mod kernel;
mod layer;
mod plan;
mod profile;
pub mod runtime;
mod spawn;
mod stdio;

pub use confined::{Confined, Exit, ProcessError};
pub use filter::{CompileError, FilterError, PolicyError};
pub use kernel::{Kernel, LayerReport};
pub use layer::{Enforced, Layer, MemoryLimit};
pub use plan::{LayoutError, Mounted, Plan, PlanError};
pub use profile::{
    Access, Feature, HOME, INSIDE_ID, Limits, Mount, Network, Profile, TMPDIR, USER,
};
pub use spawn::SpawnError;
pub use stdio::{Stdio, Stdio3};
