//! The relay: judge, record, forward.

mod clock;
mod io;
mod journal;
mod outcome;
mod relay;
mod stderr;
mod text;

pub mod pins;

pub use clock::{Clock, Now, SystemClock};
pub use io::Signals;
pub use journal::Journal;
pub use outcome::{Exit, NotMcp, Outcome};
pub use relay::{Observer, Unapproved};
pub use text::visible;
