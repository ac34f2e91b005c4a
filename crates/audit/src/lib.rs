//! Interlock's hash-chained, signed audit log: writer, verifier, reader, exporters.
#![doc = include_str!("limits.md")]

mod batch;
mod chain;
mod checkpoint;
mod directory;
mod disk;
mod error;
mod event;
pub mod export;
mod flusher;
#[cfg(test)]
mod fuzz_tests;
mod head;
mod key;
mod line;
mod log;
mod memory;
pub mod read;
mod receipt;
mod render;
mod tail;
#[cfg(test)]
mod testing;
pub mod verify;

pub use batch::Batch;
pub use checkpoint::{Checkpoint, CheckpointSyntax};
pub use directory::DirectoryError;
pub use error::{AppendError, OpenError};
pub use event::{Digest, Event};
pub use key::KeyError;
pub use log::{Log, Options};
pub use memory::{Memory, MemoryError, memory_of};
pub use receipt::{BatchReceipt, Receipt};
pub use render::utc;
