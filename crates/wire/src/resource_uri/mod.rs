//! Judging resource URIs before anything is opened or fetched: what a `resources/read` may name.
//!
//! A peer's URI is judged once, here, and what comes out is not a string to be parsed again but a [`Target`]: for a file the
//! root that holds it and the names below that root, each decoded exactly once. Nothing here touches a disk or a
//! network, so a symbolic link or a name that resolves to a private address is not seen: the file is opened by descriptor with
//! no link followed, and the address is checked when it is connected to.
//!
//! ```
//! use interlock_wire::resource_uri::{Allowed, Target, UriFault};
//!
//! let allowed = Allowed::new().root("/srv/data")?;
//! let Ok(Target::File(file)) = allowed.judge("file:///srv/data/My%20File.txt") else { panic!() };
//! assert_eq!((file.root(), file.relative()), ("/srv/data", "My File.txt"));
//!
//! let fault = allowed.judge("file:///srv/data/..%2f..%2fetc/passwd").unwrap_err();
//! assert_eq!(fault, UriFault::EncodedSeparator);
//! assert_eq!(allowed.judge("file:///srv/data_evil/x").unwrap_err(), UriFault::OutsideRoots);
//! # Ok::<(), interlock_wire::resource_uri::RootFault>(())
//! ```

mod address;
mod allowed;
mod custom;
mod fault;
mod host;
mod name;
mod root;
mod scheme;
mod split;

pub use address::is_global;
pub use allowed::{Allowed, FileTarget, Target};
pub use fault::UriFault;
pub use root::{RootFault, file_uri, root_fault};
