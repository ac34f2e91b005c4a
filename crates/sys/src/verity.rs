//! Files that cannot change (fs-verity, Linux 5.4): sealing one, and the kernel's digest of a sealed one.
//!
//! The digest is not one of the file's bytes but of a description with the root of a hash tree over them. The kernel compares what it
//! reads with that tree, so another byte on the disk is an error of whoever reads it. That holds for file systems that do this in the
//! kernel; of any other nothing is asked.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::fs::fstatfs;
use rustix::io::Errno;

use crate::raw::check_unit;

/// The numbers (`f_type` of `statfs`) of the file systems that keep a hash tree themselves and compare with it what they read. Others may
/// answer as they like: the daemon of a FUSE file system is asked for the digest itself since Linux 6.10, and serves what it likes
/// afterwards. None can pretend to another number: the kernel's code of each says it.
const COMPARING: [u32; 3] = [
    // ext4; ext2 and ext3 have the same number and no such call.
    0xEF53,
    // btrfs
    0x9123_683E,
    // f2fs
    0xF2F5_2010,
];

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

// The two top bits of these numbers stand for the direction: as here on x86, Arm, RISC-V, LoongArch and s390, otherwise on MIPS, PowerPC,
// SPARC, Alpha and PA-RISC. There they are no known call (`NOTTY`), and nothing is sealed.

/// `_IOW('f', 133, struct fsverity_enable_arg)`.
const ENABLE_VERITY: libc::c_ulong = 0x4080_6685;
/// `_IOWR('f', 134, struct fsverity_digest)`, whose size leaves out the digest.
const MEASURE_VERITY: libc::c_ulong = 0xc004_6686;

/// Seals a file for ever: its bytes can only be read from now on. It has to be open for reading, by nobody for writing, and its
/// permissions have to let this process write to it. The rest of it (names, permissions, owner) can change as before.
///
/// # Errors
/// `NOTTY` and `OPNOTSUPP` where the file system or the kernel has no such thing, `EXIST` for one that is sealed, `TXTBSY` for one that
/// somebody has open for writing. `OPNOTSUPP` without asking where it is not the kernel that would compare.
pub fn seal(file: BorrowedFd<'_>) -> Result<(), Errno> {
    has_to_compare(file)?;
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

/// The kernel's digest of a sealed file: never anybody else's.
///
/// # Errors
/// `NODATA` for a file that is not sealed, `NOTTY` and `OPNOTSUPP` as above, `OVERFLOW` where it is sealed with something else than SHA-256.
pub fn measure(file: BorrowedFd<'_>) -> Result<[u8; 32], Errno> {
    has_to_compare(file)?;
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

/// Asked of each file: a directory can have another file system in the middle of it.
fn has_to_compare(file: BorrowedFd<'_>) -> Result<(), Errno> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the numbers have 32 bits, in a field whose type differs between architectures"
    )]
    let kind = fstatfs(file)?.f_type as u32;
    match compares(kind) {
        true => Ok(()),
        false => Err(Errno::OPNOTSUPP),
    }
}

/// Whether the file system with this number compares what it reads with a hash tree that it keeps.
fn compares(kind: u32) -> bool {
    COMPARING.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn nobody_answers_but_the_kernels_own_file_systems() {
        for (name, kind, expected) in [
            ("ext4", 0xEF53, true),
            ("btrfs", 0x9123_683E, true),
            ("f2fs", 0xF2F5_2010, true),
            ("fuse, virtiofs", 0x6573_5546, false),
            ("overlayfs", 0x794C_7630, false),
            ("ecryptfs", 0xF15F, false),
            ("nfs", 0x6969, false),
            ("9p", 0x0102_1997, false),
            ("cifs", 0xFF53_4D42, false),
            ("smb", 0xFE53_4D42, false),
            ("ceph", 0x00C3_6400, false),
            ("tmpfs", 0x0102_1994, false),
            ("ramfs", 0x8584_58F6, false),
            ("xfs", 0x5846_5342, false),
            ("bcachefs", 0xCA45_1A4E, false),
            ("zfs", 0x2FC1_2FC1, false),
            ("pipes", 0x5049_5045, false),
            ("none", 0, false),
            ("all", u32::MAX, false),
            ("ext4 and a bit", 0x0001_EF53, false),
        ] {
            assert_eq!(compares(kind), expected, "{name}");
        }
    }

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
        let memory = rustix::fs::memfd_create("m", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let proc = std::fs::File::open("/proc/self/maps").unwrap();
        // Each of them would say `NOTTY` if it was asked.
        for file in [reader.as_fd(), memory.as_fd(), proc.as_fd()] {
            assert_eq!(seal(file), Err(Errno::OPNOTSUPP));
            assert_eq!(measure(file), Err(Errno::OPNOTSUPP));
        }
    }
}
