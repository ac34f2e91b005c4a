//! Archives that become a tree of their own and are no package of a registry: they leave nothing but the tree.

use super::packages::{ReadSeek, Spool};
use super::{
    Scratch, Store, StoreError, install::InstallError, install::Mismatch, install::Stored,
};
use crate::{
    digest::Integrity,
    store::manifest::FileRecord,
    unpack::{UnpackError, UnpackLimits},
};
use std::{fs, io::Read, os::unix::fs::PermissionsExt, path::Path};

/// An unpacked archive where nobody looks. What no tree took is gone with it.
pub(crate) struct Unpacked<T> {
    _scratch: Scratch,
    pub(crate) stored: Stored,
    /// SHA-256 of the archive.
    pub(crate) integrity: Integrity,
    /// What unpacking found out besides.
    pub(crate) found: T,
}

impl<T> Unpacked<T> {
    /// Makes a file one that can be executed.
    pub(crate) fn make_executable(&mut self, path: &str) -> Result<(), StoreError> {
        let record = self
            .stored
            .files
            .iter_mut()
            .find(|record| record.path.as_str() == path);
        if let Some(record) = record.filter(|record| !record.executable) {
            record.executable = true;
            let path = self.stored.directory.join(path);
            let mode = fs::Permissions::from_mode(record.mode());
            fs::set_permissions(&path, mode).map_err(StoreError::at("change", &path))?;
        }
        Ok(())
    }
}

impl Store {
    /// Reads an archive to its end, verifies its digest where one is expected, and only then unpacks it.
    pub(crate) fn unpacked<T>(
        &self,
        expected: Option<&Integrity>,
        archive: impl Read,
        limits: &UnpackLimits,
        on_bytes: &dyn Fn(u64),
        unpack: impl FnOnce(Box<dyn ReadSeek>, &Path) -> Result<(T, Vec<FileRecord>), UnpackError>,
    ) -> Result<Unpacked<T>, InstallError> {
        let scratch = self.scratch()?;
        let kind = Integrity::from_sha256([0; 32]);
        let (spool, integrity) = Spool::fill(archive, &scratch, &kind, limits.archive, on_bytes)?;
        if let Some(expected) = expected.filter(|expected| **expected != integrity) {
            return Err(InstallError::Integrity(Box::new(Mismatch {
                expected: expected.clone(),
                found: integrity,
            })));
        }
        let directory = scratch.path.join("files");
        fs::create_dir_all(&directory).map_err(StoreError::at("create", &directory))?;
        let (found, mut files) = unpack(spool.reader()?, &directory)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Unpacked {
            _scratch: scratch,
            stored: Stored { directory, files },
            integrity,
            found,
        })
    }
}
