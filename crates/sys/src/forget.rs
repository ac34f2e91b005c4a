//! Giving back the memory that a forked process inherited and does not need: everything that was on a heap.
//!
//! A process made by fork without exec keeps a copy of its parent's memory, with whatever secrets are in it. What stays is the
//! program itself with its statics, this thread's stack, and this thread's storage. Nothing in here allocates.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use crate::raw::check_unit;

/// Fills every private, writable memory of this process with zeroes that no file is behind: heaps, other threads' stacks.
/// `maps` is this process's own `/proc/PID/maps`.
///
/// Only for the one thread of a forked process, which from then on uses nothing that lies on a heap: it would read zeroes.
///
/// # Errors
/// When the list cannot be read, or memory is locked.
pub fn forget_heaps(maps: BorrowedFd<'_>) -> Result<(), Errno> {
    let here = 0u8;
    // SAFETY: asks for a number.
    let storage = unsafe { libc::pthread_self() } as usize;
    let kept = [(&raw const here) as usize, storage];
    let mut lines = Lines::new();
    let mut file_end = 0;
    let mut bytes = [0u8; 4096];
    loop {
        let count = match rustix::io::read(maps, &mut bytes) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
        };
        for byte in bytes.get(..count).unwrap_or_default() {
            let Some(range) = lines.add(*byte) else {
                continue;
            };
            // What follows a file without a gap are the statics that the file has no bytes for.
            if range.of_file || range.start == file_end {
                file_end = range.end;
            } else if range.private_and_writable && !kept.iter().any(|at| range.holds(*at)) {
                discard(&range)?;
            }
        }
    }
}

fn discard(range: &Range) -> Result<(), Errno> {
    // SAFETY: the range is a private mapping of this process without a file; the caller promises to use nothing in it any more,
    // and what is read there is zero.
    let result = unsafe {
        libc::syscall(
            libc::SYS_madvise,
            range.start,
            range.end - range.start,
            libc::MADV_DONTNEED,
        )
    };
    check_unit(result)
}

/// One mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: usize,
    end: usize,
    private_and_writable: bool,
    of_file: bool,
}

impl Range {
    fn holds(&self, address: usize) -> bool {
        (self.start..self.end).contains(&address)
    }
}

/// As much of a line as is looked at: up to the first character of the path.
const MOST: usize = 96;

/// Puts lines together, byte by byte.
struct Lines {
    line: [u8; MOST],
    length: usize,
}

impl Lines {
    fn new() -> Lines {
        Lines {
            line: [0; MOST],
            length: 0,
        }
    }

    /// The mapping of a line that ends with this byte.
    fn add(&mut self, byte: u8) -> Option<Range> {
        if byte == b'\n' {
            let found = parse(self.line.get(..self.length).unwrap_or_default());
            self.length = 0;
            return found;
        }
        if let Some(slot) = self.line.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
        None
    }
}

/// `START-END MODE OFFSET DEVICE INODE PATH`.
fn parse(line: &[u8]) -> Option<Range> {
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut ends = words.next()?.split(|b| *b == b'-');
    let (start, end) = (hexadecimal(ends.next()?)?, hexadecimal(ends.next()?)?);
    let mode = words.next()?;
    let inode = words.nth(2)?;
    Some(Range {
        start,
        end,
        private_and_writable: mode.get(1) == Some(&b'w') && mode.get(3) == Some(&b'p'),
        of_file: inode != b"0",
    })
}

fn hexadecimal(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0usize, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(digit as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Ended, Namespaces, clone_process};
    use std::os::fd::AsFd as _;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let check = |line: &[u8], expected: Option<(usize, usize, bool, bool)>| {
            let found = parse(line).map(|r| (r.start, r.end, r.private_and_writable, r.of_file));
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(line));
        };
        check(
            b"55d0a000-55d0b000 rw-p 00000000 00:00 0                          [heap]",
            Some((0x55d0_a000, 0x55d0_b000, true, false)),
        );
        check(
            b"7f00-7f10 r-xp 00001000 fe:00 1234 /usr/lib/a b",
            Some((0x7f00, 0x7f10, false, true)),
        );
        check(
            b"7f00-7f10 rw-s 00000000 00:01 77 /dev/zero (deleted)",
            Some((0x7f00, 0x7f10, false, true)),
        );
        check(
            b"7f00-7f10 rw-p 00000000 00:00 0 ",
            Some((0x7f00, 0x7f10, true, false)),
        );
        for wrong in [&b""[..], b"x", b"7f00 rw-p", b"7g-70 rw-p 0 0 0"] {
            check(wrong, None);
        }
    }

    #[test]
    fn heaps_are_forgotten_in_the_child_alone() {
        // On this thread's heap, and large enough for a mapping of its own.
        let small: Box<[u8]> = vec![7; 64].into();
        let large: Box<[u8]> = vec![7; 4 << 20].into();
        let on_stack = std::hint::black_box(7u8);
        let child = clone_process(Namespaces::NONE, None, &mut || {
            let flags = rustix::fs::OFlags::RDONLY;
            let maps = rustix::fs::open(c"/proc/self/maps", flags, rustix::fs::Mode::empty());
            let Ok(maps) = maps else { return 1 };
            if forget_heaps(maps.as_fd()).is_err() {
                return 2;
            }
            let gone = |bytes: &[u8]| std::hint::black_box(bytes).iter().all(|b| *b == 0);
            match (gone(&small), gone(&large), on_stack) {
                (true, true, 7) => 0,
                (true, _, _) => 3,
                _ => 4,
            }
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(0))));
        assert!(small.iter().chain(&large).all(|b| *b == 7));
    }
}
