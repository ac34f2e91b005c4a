//! Replacing a client's file: whole or not at all, with its mode, owner, access list and attributes, and only when it still holds what was
//! read.
//!
//! The new text is written beside the old one and flushed, then both change places in one step of the file system. Only then
//! is the old one looked at again: had a client replaced it in between, the two change places back. A process that is killed at any
//! point leaves the old or the new file whole, and at worst a temporary file beside it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use thiserror::Error;

use super::attributes::Attributes;
use crate::clients::Place;
use crate::document::LARGEST_FILE;

/// Why a file stays as it is.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// The system refused.
    #[error("`{path}` cannot be rewritten")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody wrote to it after it was read.
    #[error(
        "`{0}` was changed by another program meanwhile and was left alone: run the command again"
    )]
    Changed(String),
    /// It is a directory, a device or the like.
    #[error("`{0}` is no regular file")]
    NotAFile(String),
    /// A link, or a directory on the way that is one, where none is followed.
    #[error("`{0}` is or is behind a symbolic link in a project: put the file itself there")]
    Link(String),
    /// It has another name elsewhere, which would keep the old content.
    #[error("`{0}` has a second name (a hard link): make it a file of its own first")]
    Linked(String),
    /// Its owner may not write it.
    #[error("`{0}` is read-only: run `chmod u+w` on it if Interlock may change it")]
    ReadOnly(String),
    /// It belongs to another user.
    #[error("`{0}` belongs to another user: run this as that user")]
    Owner(String),
}

/// Whether a symbolic link is followed to the file that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// A person's own files: many keep them elsewhere and link to them.
    Follow,
    /// Files of a project, which somebody else may have written: no part of the path may be a link, or a project could have files
    /// outside of it changed.
    Refuse,
}

impl Links {
    /// What becomes of links on the way to a file at this place.
    #[must_use]
    pub fn at(place: &Place) -> Self {
        if place.in_project() {
            Links::Refuse
        } else {
            Links::Follow
        }
    }
}

/// A file as it was when it was read.
#[derive(Debug)]
pub struct Original {
    path: PathBuf,
    bytes: Vec<u8>,
    metadata: Metadata,
    attributes: Attributes,
}

impl Original {
    /// Reads a file that is to be replaced later. With [`Links::Refuse`], `path` is the real path from the root on.
    ///
    /// # Errors
    /// When it cannot be replaced anyway, or not be read.
    pub fn read(path: &Path, links: Links) -> Result<Self, ReplaceError> {
        let io = |source| ReplaceError::Io {
            path: shown(path),
            source,
        };
        if links == Links::Refuse && path.is_symlink() {
            return Err(ReplaceError::Link(shown(path)));
        }
        let real = std::fs::canonicalize(path).map_err(io)?;
        if links == Links::Refuse && real != path {
            return Err(ReplaceError::Link(shown(path)));
        }
        let file = open(&real).map_err(io)?;
        let (bytes, metadata) = contents(&file).map_err(io)?;
        if !metadata.is_file() {
            return Err(ReplaceError::NotAFile(shown(path)));
        }
        if metadata.nlink() > 1 {
            return Err(ReplaceError::Linked(shown(path)));
        }
        if metadata.mode() & 0o200 == 0 {
            return Err(ReplaceError::ReadOnly(shown(path)));
        }
        let user = rustix::process::geteuid();
        if metadata.uid() != user.as_raw() && !user.is_root() {
            return Err(ReplaceError::Owner(shown(path)));
        }
        Ok(Self {
            path: real,
            bytes,
            metadata,
            attributes: Attributes::of(&file).map_err(io)?,
        })
    }

    /// The file itself, with no link on the way to it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was in it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts `bytes` in its place. Gives the names of the extended attributes that could not be kept.
    ///
    /// # Errors
    /// When it is not any more what was read, or the system refuses. Nothing has changed then.
    pub fn replace(self, bytes: &[u8]) -> Result<Vec<String>, ReplaceError> {
        self.replace_while(bytes, || ())
    }

    /// The same, with something else happening at the worst moment: after the file was looked at, before it is exchanged.
    pub(super) fn replace_while(
        self,
        bytes: &[u8],
        meanwhile: impl FnOnce(),
    ) -> Result<Vec<String>, ReplaceError> {
        let io = |source| ReplaceError::Io {
            path: shown(&self.path),
            source,
        };
        let (temporary, lost) = self.write_beside(bytes).map_err(io)?;
        let outcome = self.exchange(&temporary, meanwhile);
        // After an exchange this is the old file, else the new one that nobody wants.
        let removed = std::fs::remove_file(&temporary);
        outcome?;
        removed.map_err(io)?;
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(io)?;
        Ok(lost)
    }

    pub(super) fn exchange(
        &self,
        temporary: &Path,
        meanwhile: impl FnOnce(),
    ) -> Result<(), ReplaceError> {
        let io = |source| ReplaceError::Io {
            path: shown(&self.path),
            source,
        };
        if !self.is_at(&self.path) {
            return Err(ReplaceError::Changed(shown(&self.path)));
        }
        meanwhile();
        let swap = || renameat_with(CWD, temporary, CWD, &self.path, RenameFlags::EXCHANGE);
        match swap() {
            Ok(()) if self.is_at(temporary) => Ok(()),
            Ok(()) => {
                swap().map_err(|errno| io(errno.into()))?;
                Err(ReplaceError::Changed(shown(&self.path)))
            }
            // A file system that cannot exchange: the moment between looking and renaming stays.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                std::fs::rename(temporary, &self.path).map_err(io)?;
                // So that removing the temporary file finds one.
                File::create_new(temporary).map(drop).map_err(io)
            }
            Err(errno) => Err(io(errno.into())),
        }
    }

    /// Whether the very file that was read, with the very content, is at `path`.
    fn is_at(&self, path: &Path) -> bool {
        let found = open(path).and_then(|file| contents(&file));
        found.is_ok_and(|(bytes, metadata)| {
            (metadata.dev(), metadata.ino()) == (self.metadata.dev(), self.metadata.ino())
                && bytes == self.bytes
        })
    }

    /// The new content under a name of its own, flushed, with the old one's mode, owner and attributes; and which of these could not be kept.
    pub(super) fn write_beside(&self, bytes: &[u8]) -> io::Result<(PathBuf, Vec<String>)> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let directory = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let temporary = (0..100_u32)
            .map(|number| {
                directory.join(format!(".{name}.interlock-{}-{number}", std::process::id()))
            })
            .find(|path| std::fs::symlink_metadata(path).is_err())
            .ok_or(io::ErrorKind::AlreadyExists)?;
        let written = self.write_new(&temporary, bytes);
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        written.map(|lost| (temporary, lost))
    }

    fn write_new(&self, temporary: &Path, bytes: &[u8]) -> io::Result<Vec<String>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(temporary)?;
        // Who may read it is settled while there is nothing to read: between a mode and an access list others might.
        let (uid, gid) = (self.metadata.uid(), self.metadata.gid());
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (uid, gid) {
            std::os::unix::fs::fchown(&file, Some(uid), Some(gid))?;
        }
        let lost = self.attributes.give(&file)?;
        file.set_permissions(std::fs::Permissions::from_mode(
            self.metadata.mode() & 0o7777,
        ))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(lost)
    }
}

/// Opens a file without waiting for anything that is none.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// What is in a regular file, and what the system says of it.
fn contents(file: &File) -> io::Result<(Vec<u8>, Metadata)> {
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    if metadata.is_file() {
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() > LARGEST_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok((bytes, metadata))
}

/// A path as it is shown in a message.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().escape_debug().to_string()
}
