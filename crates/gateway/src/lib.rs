//! The relay between one client and one server: judge, record, forward.
//!
//! ```text
//! run      judge → resolve → admit ⇒ Approved → record ⇒ Receipt → contain(Approved, Receipt) → connect
//! connect  client stdin ─▶ lane ─┐                      ┌─ lane ─▶ client stdout
//!                                judge ─▶ journal ─▶ release
//!          server stdin ◀─ lane ─┘                      └─ lane ◀─ server stdout
//! ```
//!
//! - [`run`](run()) is the whole story of one server for one client; [`inventory`](inventory()) starts an approved
//!   server once to list its tools, [`learn`] to hear what it would like to reach. [`launch`](launch()) is `run` for a client of the
//!   SDK in this same program.
//! - A process is started in one function, which takes the approval and the receipt of its record by value.
//! - A tool call leaves when its record is written, and never when the tool is not what was approved: [`pins`].
//! - The relay itself takes bytes and the time, and gives bytes and deadlines; one loop around it polls. What was
//!   judged is what is forwarded, from the buffer that it was read into.
//! - Memory is bounded whatever a peer sends: a lane reads only when all that it judged has left, so a slow reader
//!   stops its writer. A message is judged whole, so one of 16 MiB is held once while it passes; its pages go back to
//!   the kernel with its last byte.
//!
//! It knows no sandbox layers, no grammar and no file format: those are the crates below. It prints nothing.

mod clock;
mod contain;
mod egress_log;
mod front;
mod hash_seed;
mod inventory;
mod io;
mod journal;
mod local;
mod outcome;
mod refusal;
mod relay;
mod remote;
mod run;
mod settled;
mod stderr;
mod text;
mod upstream;

pub mod pins;

pub use clock::{Clock, Now, SystemClock};
pub use contain::{ContainError, Surroundings};
pub use egress_log::Asked;
pub use front::Client;
pub use inventory::{
    AskError, Inventory, InventoryError, Learned, Tool, Unlisted, inventory, learn,
};
pub use io::Signals;
pub use journal::Journal;
pub use local::{Ending, Local, launch};
pub use outcome::{Exit, NotMcp, Outcome};
pub use refusal::turn_away;
pub use relay::{Observer, Unapproved};
pub use run::{NotStarted, Report, Setting, Wanted, admit, record_approval, run};
pub use text::visible;
