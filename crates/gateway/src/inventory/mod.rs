//! What tools an approved server has: it is started once, asked, and stopped.
//!
//! Used when a person approves: the definitions that come back are what is pinned. The same run, with nothing granted,
//! says what a server would like to reach ([`learn`]).

mod asking;
mod talk;

use std::collections::BTreeSet;
use std::time::Duration;

use interlock_audit::{AppendError, Receipt};
use interlock_launch::Approved;
use thiserror::Error;

use crate::clock::Clock;
use crate::contain::{ContainError, Reach, Surroundings, contain};
use crate::egress_log::{Asked, Heard};
use crate::journal::Journal;
use crate::outcome::Exit;
use crate::pins::Digest;

pub use asking::AskError;

/// A tool as a server defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name: untrusted.
    pub name: String,
    /// Its definition as the server wrote it: raw JSON, untrusted.
    pub definition: Vec<u8>,
    /// SHA-256 over the canonical definition: the pin.
    pub digest: Digest,
}

/// What a server said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Its tools, in its own order.
    pub tools: Vec<Tool>,
    /// The revision that was spoken.
    pub revision: &'static str,
    /// What it wrote to stderr meanwhile, made harmless and bounded.
    pub diagnostics: String,
}

/// What a server asked for while nothing was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// What it said about itself, where it came to that.
    pub inventory: Result<Inventory, Unlisted>,
    /// The hosts that it asked for, in order of names.
    pub hosts: Vec<Asked>,
}

/// A server that did not tell its tools.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the server did not list its tools")]
pub struct Unlisted {
    /// What went wrong.
    #[source]
    pub error: AskError,
    /// What it wrote to stderr until then, made harmless and bounded.
    pub diagnostics: String,
}

/// Why there is no inventory.
#[derive(Debug, Error)]
pub enum InventoryError {
    /// The server was not started.
    #[error("the server was not started")]
    Contain(#[from] ContainError),
    /// It did not tell its tools.
    #[error(transparent)]
    Unlisted(#[from] Unlisted),
    /// It could not be recorded.
    #[error("the audit log cannot be written: run `interlock doctor`")]
    Record(#[from] AppendError),
}

/// How long a server has to list its tools.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts an approved server, asks it for all its tools in the era that it speaks, and stops it.
///
/// # Errors
/// [`InventoryError`]; the server is gone in any case.
pub fn inventory(
    approved: Approved,
    receipt: Receipt,
    around: &Surroundings<'_>,
    journal: &mut Journal,
    clock: &impl Clock,
) -> Result<Inventory, InventoryError> {
    ask(approved, receipt, Reach::Granted, around, journal, clock)
}

/// The same with the network refused, whatever is granted; says which hosts the server asked for. Which files it missed is
/// not seen: the kernel tells that to nobody but a tracer.
///
/// # Errors
/// When the server cannot be started. One that does not speak without its network is no error.
pub fn learn(
    approved: Approved,
    receipt: Receipt,
    around: &Surroundings<'_>,
    journal: &mut Journal,
    clock: &impl Clock,
) -> Result<Learned, InventoryError> {
    let heard = Heard::default();
    let reach = Reach::Learn(heard.clone());
    let inventory = match ask(approved, receipt, reach, around, journal, clock) {
        Ok(inventory) => Ok(inventory),
        Err(InventoryError::Unlisted(unlisted)) => Err(unlisted),
        Err(error) => return Err(error),
    };
    let hosts: BTreeSet<Asked> = heard.take().into_iter().collect();
    Ok(Learned {
        inventory,
        hosts: hosts.into_iter().collect(),
    })
}

fn ask(
    approved: Approved,
    receipt: Receipt,
    reach: Reach,
    around: &Surroundings<'_>,
    journal: &mut Journal,
    clock: &impl Clock,
) -> Result<Inventory, InventoryError> {
    let since = clock.now();
    let (mut running, pipes) = contain(approved, receipt, reach, around, journal, since)?;
    let talked = talk::talk(&mut running, pipes, PATIENCE, clock);
    let exit = running.finish();
    let now = clock.now();
    let micros = now.elapsed.saturating_sub(since.elapsed).as_micros();
    journal.tell(now, |session| interlock_audit::Event::Exit {
        session,
        code: match exit {
            Exit::Code(code) => Some(i64::from(code)),
            _ => None,
        },
        signal: None,
        reason: "inventory",
        micros: u64::try_from(micros).unwrap_or(u64::MAX),
    });
    journal.finish(now)?;
    Ok(talked?)
}
