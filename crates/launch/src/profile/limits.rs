//! How much of the machine a server may use.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Ceilings of one server's whole process tree. `Default` is what a server gets unasked.
///
/// The numbers are ceilings for the sandbox, which says which of them this kernel can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Open files a process.
    pub open_files: u64,
    /// Bytes in the private home and temporary directories together.
    pub tmp_bytes: u64,
    /// Largest file that may be written, in bytes.
    pub file_bytes: u64,
    /// Seconds of processor time a process; zero means no limit.
    pub cpu_seconds: u64,
}

/// A limit that no server could run under.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{value}` is too small for {what}: at least {least}")]
pub struct LimitError {
    what: &'static str,
    value: u64,
    least: u64,
}

const MIB: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 2048 * MIB,
            processes: 256,
            open_files: 1024,
            tmp_bytes: 256 * MIB,
            file_bytes: 1024 * MIB,
            cpu_seconds: 0,
        }
    }
}

impl Limits {
    /// Every limit with its name, in order.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("memory", self.memory_bytes),
            ("processes", self.processes),
            ("open files", self.open_files),
            ("temporary files", self.tmp_bytes),
            ("file size", self.file_bytes),
            ("processor seconds", self.cpu_seconds),
        ]
    }

    /// Refuses limits that would only look like a broken server later.
    pub(super) fn checked(self) -> Result<Self, LimitError> {
        let floors = [
            ("memory", self.memory_bytes, 16 * MIB),
            ("processes", self.processes, 1),
            ("open files", self.open_files, 16),
            ("temporary files", self.tmp_bytes, MIB),
            ("file size", self.file_bytes, 4096),
        ];
        match floors.into_iter().find(|(_, value, least)| value < least) {
            Some((what, value, least)) => Err(LimitError { what, value, least }),
            None => Ok(self),
        }
    }
}
