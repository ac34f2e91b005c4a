//! Erasing what a forked process inherited: the argument and environment block that `/proc/PID/environ` shows.
//!
//! A process made by fork without exec keeps a copy of its parent's memory. The block is found before fork
//! and overwritten after, in the copy alone.

use std::fs;
use std::sync::OnceLock;

use rustix::io::Errno;

/// Where this process's arguments and environment lie in its memory.
#[derive(Clone, Copy, Debug)]
pub struct StartBlock {
    // INVARIANT: ranges of this process's own initial stack, as the kernel reported them.
    start: usize,
    length: usize,
}

impl StartBlock {
    /// Looks them up in `/proc/self/stat`.
    ///
    /// # Errors
    /// When `/proc` is not there or does not have the fields.
    pub fn find() -> Result<StartBlock, Errno> {
        // They never move, and the kernel takes its time over this file.
        static FOUND: OnceLock<Result<StartBlock, Errno>> = OnceLock::new();
        *FOUND.get_or_init(StartBlock::look_up)
    }

    fn look_up() -> Result<StartBlock, Errno> {
        let stat = fs::read_to_string("/proc/self/stat").map_err(|_| Errno::NOENT)?;
        // The second field is a name in parentheses that may contain anything; fields count from after the last one.
        let (_, rest) = stat.rsplit_once(')').ok_or(Errno::INVAL)?;
        let field = |number: usize| -> Result<usize, Errno> {
            rest.split_ascii_whitespace()
                .nth(number - 3)
                .and_then(|f| f.parse().ok())
                .ok_or(Errno::INVAL)
        };
        let (arg_start, env_end) = (field(48)?, field(51)?);
        if arg_start == 0 || env_end < arg_start {
            return Err(Errno::INVAL);
        }
        Ok(StartBlock {
            start: arg_start,
            length: env_end - arg_start,
        })
    }

    /// Overwrites the block with zeroes, in this process.
    ///
    /// Only for a process that will not read its arguments or environment again: what std hands out of
    /// them afterwards is empty.
    pub fn erase(&self) {
        // SAFETY: the range is this process's own start block, which is writable memory of its stack mapping for the life
        // of the process; nothing in it is a Rust reference (std copies what it hands out).
        unsafe { std::ptr::write_bytes(self.start as *mut u8, 0, self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Ended, Namespaces, clone_process};

    #[test]
    fn the_environment_is_gone_in_the_child_alone() {
        let before = fs::read("/proc/self/environ").unwrap();
        assert!(before.iter().any(|b| *b != 0));
        let block = StartBlock::find().unwrap();
        let child = clone_process(Namespaces::NONE, None, &mut || {
            block.erase();
            let mut buffer = [1u8; 4096];
            let Ok(fd) = rustix::fs::open(
                c"/proc/self/environ",
                rustix::fs::OFlags::RDONLY,
                rustix::fs::Mode::empty(),
            ) else {
                return 2;
            };
            let Ok(count) = rustix::io::read(&fd, &mut buffer) else {
                return 3;
            };
            i32::from(buffer.iter().take(count).any(|b| *b != 0))
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(0))));
        assert_eq!(fs::read("/proc/self/environ").unwrap(), before);
    }
}
