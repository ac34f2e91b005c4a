//! What the kernel answers for files that it keeps from changing (fs-verity).
//!
//! A sealed file's bytes are compared with a hash tree whenever they come from the disk, and the digest of that tree is known without
//! reading them. What is remembered of a file next to its measured digest holds therefore for as long as the file measures the same.
//! Nothing here decides what is sealed or what is believed.

use std::io;
use std::os::fd::BorrowedFd;

use crate::digest::Digest;

/// How files are sealed and measured: by the kernel, unless a test answers in its place.
#[derive(Debug, Clone, Copy)]
pub struct Verity {
    /// Seals a file that is open for reading. What cannot be sealed stays as it is.
    pub seal: fn(BorrowedFd<'_>) -> io::Result<()>,
    /// The kernel's digest of a file; none when it is not sealed, or where nothing can be.
    pub measure: fn(BorrowedFd<'_>) -> Option<Digest>,
}

impl Verity {
    /// What this kernel and the file system of each file can.
    pub const KERNEL: Self = Self {
        seal: |file| Ok(interlock_sys::verity::seal(file)?),
        measure: |file| {
            let measured = interlock_sys::verity::measure(file);
            measured.ok().map(Digest::from_bytes)
        },
    };
}
