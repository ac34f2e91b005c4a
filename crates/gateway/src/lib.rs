//! The relay: judge, record, forward.

mod clock;
mod contain;
mod egress_log;
mod front;
mod inventory;
mod io;
mod journal;
mod outcome;
mod refusal;
mod relay;
mod run;
mod stderr;
mod text;

pub mod pins;

pub use clock::{Clock, Now, SystemClock};
pub use contain::{ContainError, Surroundings};
pub use egress_log::Asked;
pub use front::Client;
pub use inventory::{AskError, Inventory, InventoryError, Learned, Tool, inventory, learn};
pub use io::Signals;
pub use journal::Journal;
pub use outcome::{Exit, NotMcp, Outcome};
pub use relay::{Observer, Unapproved};
pub use run::{NotStarted, Report, Setting, Wanted, admit, run};
pub use text::visible;
