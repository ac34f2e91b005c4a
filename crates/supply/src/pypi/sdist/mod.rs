//! Source archives of Python packages, and how a wheel is made of one.
//!
//! To build is to run code of strangers, so nothing of it happens here: the [`DangerBuilder`] is the caller's, who judges what is to be
//! built and starts the interpreter contained and without network. What comes back is believed as little as a download is.

mod builder;
mod elsewhere;
mod error;
mod pkg_info;
mod project;

pub use builder::{Broken, Build, DangerBuilder, Refusal, Task, Unbuilt};
pub(super) use elsewhere::Elsewhere;
pub use elsewhere::FromElsewhere;
pub use error::BuildError;
pub(super) use pkg_info::FILE as PKG_INFO;
pub use pkg_info::is_static;
pub use project::{Project, ProjectError};
