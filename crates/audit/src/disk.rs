//! The few things the log does to a disk, behind a trait, so that tests can crash or fill it at each step.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Writing, cutting and flushing.
pub(crate) trait Disk: Debug + Send {
    /// Writes some of `bytes` at `offset`; says how many.
    fn write(&mut self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Replaces the head; all of it or nothing (see `head`).
    fn write_head(&mut self, file: &File, line: &[u8]) -> io::Result<()>;

    /// Cuts the file to a length.
    fn truncate(&mut self, file: &File, len: u64) -> io::Result<()>;

    /// Returns once the file's content would survive a loss of power.
    fn sync(&mut self, file: &File) -> io::Result<()>;
}

/// The real one.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn write(&mut self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }

    fn write_head(&mut self, file: &File, line: &[u8]) -> io::Result<()> {
        file.write_all_at(line, 0)?;
        // A longer one was tampered with.
        file.set_len(line.len() as u64)
    }

    fn truncate(&mut self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Writes all of `bytes` at `offset`, or as much as the disk takes before it fails.
pub(crate) fn write_all(
    disk: &mut dyn Disk,
    file: &File,
    mut bytes: &[u8],
    mut offset: u64,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
