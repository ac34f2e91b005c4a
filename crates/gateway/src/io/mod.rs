//! Descriptors: reading and writing that never waits, and signals as something to poll.

mod end;
mod signals;

pub(crate) use end::{Read, Reader, Writer, Wrote, nonblocking, read, write};
pub use signals::Signals;
