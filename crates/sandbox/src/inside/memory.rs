//! The memory of the whole tree, added up by the reaper where no cgroup does it.
//!
//! A process limit counts private memory of one process; this counts what is really resident, private and shared, of all
//! of them. It is read a few times a second, so a tree may be above the limit for that long.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, RawDir, openat};
use std::mem::MaybeUninit;

/// How often it is read, in milliseconds.
pub(super) const INTERVAL: i64 = 100;

const PAGE: u64 = 4096;

/// A look at all processes through `/proc`.
pub(super) struct Watch {
    proc: OwnedFd,
    limit: u64,
}

impl Watch {
    /// `None` where `/proc` cannot be read.
    pub(super) fn open(limit: u64) -> Option<Watch> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = rustix::fs::open(c"/proc", flags, Mode::empty()).ok()?;
        Some(Watch { proc, limit })
    }

    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.proc
    }

    /// Whether the tree uses more than it may. First with the cheap sum that counts shared program text several times; only when
    /// that is too much with the exact one.
    pub(super) fn is_above(&self) -> bool {
        self.sum(c"statm", resident) > self.limit
            && self.sum(c"status", private_and_shared) > self.limit
    }

    fn sum(&self, file: &std::ffi::CStr, read_value: fn(&[u8]) -> u64) -> u64 {
        // Reading a directory again starts where it ended, so it is opened anew.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(directory) = openat(&self.proc, c".", flags, Mode::empty()) else {
            return 0;
        };
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&directory, &mut space);
        let mut total = 0u64;
        while let Some(Ok(entry)) = entries.next() {
            let name = entry.file_name();
            if !name.to_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            let Ok(process) = openat(&directory, name, flags, Mode::empty()) else {
                continue;
            };
            let Ok(file) = openat(
                &process,
                file,
                OFlags::RDONLY | OFlags::CLOEXEC,
                Mode::empty(),
            ) else {
                continue;
            };
            let mut text = [0u8; 2048];
            let length = rustix::io::read(&file, &mut text).unwrap_or(0);
            total = total.saturating_add(read_value(text.get(..length).unwrap_or_default()));
        }
        total
    }
}

/// The second number of `statm`, in bytes.
fn resident(statm: &[u8]) -> u64 {
    let pages = statm.split(|b| *b == b' ').nth(1).map_or(0, number);
    pages.saturating_mul(PAGE)
}

/// `RssAnon` and `RssShmem` of `status`, in bytes.
fn private_and_shared(status: &[u8]) -> u64 {
    let of = |name: &[u8]| {
        let line = status
            .split(|b| *b == b'\n')
            .find_map(|line| line.strip_prefix(name));
        line.map_or(0, number).saturating_mul(1024)
    };
    of(b"RssAnon:").saturating_add(of(b"RssShmem:"))
}

/// The first run of digits.
fn number(text: &[u8]) -> u64 {
    let digits = text
        .iter()
        .skip_while(|b| !b.is_ascii_digit())
        .take_while(|b| b.is_ascii_digit());
    digits.fold(0u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(*digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read() {
        assert_eq!(resident(b"100 25 20 1 0 30 0\n"), 25 * PAGE);
        assert_eq!(resident(b""), 0);
        let status =
            b"Name:\tRssAnon\nRssAnon:\t     108 kB\nRssFile:\t 1500 kB\nRssShmem:\t  4 kB\n";
        assert_eq!(private_and_shared(status), 112 * 1024);
        assert_eq!(private_and_shared(b"garbage"), 0);
        assert_eq!(number(b"99999999999999999999999"), u64::MAX);
    }

    #[test]
    fn this_system_uses_memory() {
        let above = |limit| Watch::open(limit).unwrap().is_above();
        assert!(above(0));
        assert!(!above(u64::MAX));
    }
}
