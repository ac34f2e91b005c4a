//! A line that says how far a slow scan is. A quick one shows nothing.

use std::io::{IsTerminal as _, Write as _};

use crate::options::Global;

/// Scans of fewer files are over before a line could be read.
const SLOW: usize = 2000;
/// Files between two lines.
const STEP: usize = 500;

/// The line, where it is wanted.
pub struct Progress {
    wanted: bool,
    shown: bool,
}

impl Progress {
    /// Nothing yet.
    pub fn new(global: &Global) -> Self {
        let wanted = !global.quiet && !global.no_progress && std::io::stderr().is_terminal();
        Self {
            wanted,
            shown: false,
        }
    }

    /// So many files were read.
    pub fn at(&mut self, read: usize) {
        if self.wanted && read >= SLOW && read.is_multiple_of(STEP) {
            let _ = write!(std::io::stderr().lock(), "\r{read} files read");
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn done(&self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
