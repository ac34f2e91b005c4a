//! What one server may touch: grants and limits, every string checked where it is made.
//!
//! A [`Profile`] is data. It confines nothing: the sandbox does, from what a profile says.

mod danger;
mod grants;
mod limits;
mod name;
mod net;
mod path;
mod variable;

pub use danger::{Danger, UnknownDanger};
pub use grants::{BaseProfile, GrantError, Grants, Profile};
pub use limits::{LimitError, Limits};
pub use name::{EnvName, LayerName, NameError, SecretName, ServerName};
pub use net::{HostPort, HostPortError};
pub use path::{GrantPath, PathError};
pub(crate) use variable::remembered;
