//! Between one client and one server: what comes is judged, recorded, and only then goes on.
//!
//! [`Relay`] is the whole of it without IO: bytes and the time go in, bytes and deadlines come out.
//! [`driver`] gives it descriptors.

mod alarm;
mod buffer;
mod calls;
pub(crate) mod driver;
mod gate;
mod judge;
pub(crate) mod lane;
mod life;
mod lists;
mod machine;
mod rare;

pub(crate) use judge::Setup;
pub(crate) use life::Why;
pub use lists::{Observer, Unapproved};
pub(crate) use machine::Relay;
