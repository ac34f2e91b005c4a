//! Files that cannot change (fs-verity, Linux 5.4): sealing one, and the kernel's digest of a sealed one.
//!
//! The digest is not one of the file's bytes but of a description with the root of a hash tree over them. The kernel compares what it
//! reads with that tree, so another byte on the disk is an error of whoever reads it.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::io::Errno;

use crate::raw::check_unit;

/// The kernel's number of SHA-256, for files and in what it says of them.
const SHA256: u16 = 1;
/// The one size of blocks that every kernel with fs-verity takes where pages are as large.
const BLOCK: u32 = 4096;

/// `struct fsverity_enable_arg`.
#[repr(C)]
struct Enable {
    version: u32,
    hash_algorithm: u32,
    block_size: u32,
    salt_size: u32,
    salt: u64,
    signature_size: u32,
    reserved_one: u32,
    signature: u64,
    reserved_two: [u64; 11],
}

/// `struct fsverity_digest` with room for the longest digest.
#[repr(C)]
struct Answer {
    algorithm: u16,
    size: u16,
    digest: [u8; 64],
}

/// `_IOW('f', 133, struct fsverity_enable_arg)`.
const ENABLE_VERITY: libc::c_ulong = 0x4080_6685;
/// `_IOWR('f', 134, struct fsverity_digest)`, whose size leaves out the digest.
const MEASURE_VERITY: libc::c_ulong = 0xc004_6686;

/// Seals a file for ever: its bytes can only be read from now on. It has to be open for reading, by nobody for writing, and its
/// permissions have to let this process write to it. The rest of it (names, permissions, owner) can change as before.
///
/// # Errors
/// `NOTTY` and `OPNOTSUPP` where the file system or the kernel has no such thing, `EXIST` for one that is sealed, `TXTBSY` for one that
/// somebody has open for writing.
pub fn seal(file: BorrowedFd<'_>) -> Result<(), Errno> {
    let argument = Enable {
        version: 1,
        hash_algorithm: u32::from(SHA256),
        block_size: BLOCK,
        salt_size: 0,
        salt: 0,
        signature_size: 0,
        reserved_one: 0,
        signature: 0,
        reserved_two: [0; 11],
    };
    // SAFETY: a live descriptor and a complete `struct fsverity_enable_arg`, which the kernel only reads; its pointers have size zero.
    let result = unsafe {
        libc::syscall(
            libc::SYS_ioctl,
            file.as_raw_fd(),
            ENABLE_VERITY,
            &raw const argument,
        )
    };
    check_unit(result)
}

/// The kernel's digest of a sealed file.
///
/// # Errors
/// `NODATA` for a file that is not sealed, `NOTTY` and `OPNOTSUPP` as above, `OVERFLOW` where it is sealed with something else than SHA-256.
pub fn measure(file: BorrowedFd<'_>) -> Result<[u8; 32], Errno> {
    let mut answer = Answer {
        algorithm: 0,
        size: 64,
        digest: [0; 64],
    };
    // SAFETY: a live descriptor and a `struct fsverity_digest` that is followed by as many bytes as its size says: the kernel writes no more.
    let result = unsafe {
        libc::syscall(
            libc::SYS_ioctl,
            file.as_raw_fd(),
            MEASURE_VERITY,
            &raw mut answer,
        )
    };
    check_unit(result)?;
    match (answer.algorithm, answer.size, answer.digest.first_chunk()) {
        (SHA256, 32, Some(digest)) => Ok(*digest),
        _ => Err(Errno::OVERFLOW),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn the_kernels_structures() {
        assert_eq!(size_of::<Enable>(), 128);
        assert_eq!(std::mem::offset_of!(Enable, salt), 16);
        assert_eq!(std::mem::offset_of!(Enable, signature), 32);
        assert_eq!(std::mem::offset_of!(Answer, digest), 4);
    }

    #[test]
    fn what_is_no_file_of_a_disk_is_neither_sealed_nor_measured() {
        let (reader, _writer) = rustix::pipe::pipe().unwrap();
        assert_eq!(seal(reader.as_fd()), Err(Errno::NOTTY));
        assert_eq!(measure(reader.as_fd()), Err(Errno::NOTTY));
        let proc = std::fs::File::open("/proc/self/maps").unwrap();
        assert!(measure(proc.as_fd()).is_err());
    }
}
