//! Extended attributes of a file that is replaced: POSIX access lists, labels, and what its user wrote down about it.
//!
//! An access list says who may read and write a file, so a file whose list cannot be kept is not replaced at all. What else cannot be
//! kept (a label that only an administrator may set) is named, and the file is replaced.

use std::ffi::CString;
use std::fs::File;
use std::io;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

/// Most bytes of a list of names, and of one value: what Linux allows.
const LARGEST: usize = 64 << 10;

/// Attributes in which access lists are kept.
const ACCESS: &[&str] = &["system.posix_acl_access", "system.nfs4_acl"];

/// Attributes that speak of the old bytes alone.
const OF_CONTENT: &[&str] = &["security.ima", "security.evm"];

/// The attributes of one file.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    known: Vec<(CString, Vec<u8>)>,
    /// Those that are there and could not be read.
    unread: Vec<CString>,
}

impl Attributes {
    /// Those of an open file; none on a file system that has none.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let mut attributes = Self::default();
        for name in names(file)? {
            if OF_CONTENT.iter().any(|of| name.as_bytes() == of.as_bytes()) {
                continue;
            }
            let mut value = vec![0; LARGEST];
            match fgetxattr(file, name.as_c_str(), value.as_mut_slice()) {
                Ok(length) => {
                    value.truncate(length);
                    attributes.known.push((name, value));
                }
                // It went away meanwhile.
                Err(Errno::NODATA) => {}
                Err(_) => attributes.unread.push(name),
            }
        }
        Ok(attributes)
    }

    /// Gives them to another file, and takes away access lists that it got from its directory. The names of those that could not be
    /// given.
    pub(super) fn give(&self, file: &File) -> io::Result<Vec<String>> {
        let mut lost = Vec::new();
        for (name, value) in &self.known {
            if let Err(errno) = set(file, name, value) {
                lose(name, errno, &mut lost)?;
            }
        }
        for name in &self.unread {
            lose(name, Errno::PERM, &mut lost)?;
        }
        for name in names(file)? {
            let own = self.known.iter().any(|(known, _)| *known == name);
            if !own && is_access(&name) {
                fremovexattr(file, name.as_c_str())?;
            }
        }
        Ok(lost)
    }
}

/// Writes a value, unless it is there: a label that the directory gives by itself need not be one that a user may set.
fn set(file: &File, name: &CString, value: &[u8]) -> Result<(), Errno> {
    let mut there = vec![0; LARGEST];
    let length = fgetxattr(file, name.as_c_str(), there.as_mut_slice()).ok();
    if length.and_then(|length| there.get(..length)) == Some(value) {
        return Ok(());
    }
    fsetxattr(file, name.as_c_str(), value, XattrFlags::empty())
}

fn lose(name: &CString, errno: Errno, lost: &mut Vec<String>) -> io::Result<()> {
    if is_access(name) {
        return Err(errno.into());
    }
    lost.push(name.to_string_lossy().escape_debug().to_string());
    Ok(())
}

fn is_access(name: &CString) -> bool {
    ACCESS
        .iter()
        .any(|access| name.as_bytes() == access.as_bytes())
}

fn names(file: &File) -> io::Result<Vec<CString>> {
    let mut list = vec![0; LARGEST];
    let length = match flistxattr(file, list.as_mut_slice()) {
        Ok(length) => length,
        Err(Errno::NOTSUP | Errno::NOSYS) => 0,
        Err(errno) => return Err(errno.into()),
    };
    list.truncate(length);
    let names = list
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names.filter_map(|name| CString::new(name).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: &str = "this test needs a temporary directory with extended attributes and access lists, as ext4, btrfs, xfs and tmpfs have";

    /// An access list: its owner reads and writes, one more user reads, the group and others do nothing.
    fn list() -> Vec<u8> {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in [
            (0x01_u16, 6_u16, u32::MAX),
            (0x02, 4, 12_345),
            (0x04, 0, u32::MAX),
            (0x10, 4, u32::MAX),
            (0x20, 0, u32::MAX),
        ] {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    fn value(file: &File, name: &str) -> Option<Vec<u8>> {
        let mut value = vec![0; LARGEST];
        let length = fgetxattr(file, name, value.as_mut_slice()).ok()?;
        value.truncate(length);
        Some(value)
    }

    #[test]
    fn access_lists_and_notes_go_from_one_file_to_the_other() {
        let there = tempfile::tempdir().unwrap();
        let old = File::create(there.path().join("old")).unwrap();
        let new = File::create(there.path().join("new")).unwrap();
        fsetxattr(&old, "user.note", b"mine", XattrFlags::empty()).expect(NEEDED);
        fsetxattr(&old, ACCESS[0], &list(), XattrFlags::empty()).expect(NEEDED);
        let lost = Attributes::of(&old).unwrap().give(&new).unwrap();
        assert_eq!(lost, Vec::<String>::new());
        assert_eq!(value(&new, "user.note").as_deref(), Some(&b"mine"[..]));
        assert_eq!(value(&new, ACCESS[0]), Some(list()));
        // A list that the new file has and the old one had not would let others in.
        let plain = File::create(there.path().join("plain")).unwrap();
        Attributes::of(&plain).unwrap().give(&new).unwrap();
        assert_eq!(value(&new, ACCESS[0]), None);
    }

    #[test]
    fn what_cannot_be_kept_is_named_and_an_access_list_stops_it() {
        let there = tempfile::tempdir().unwrap();
        let new = File::create(there.path().join("new")).unwrap();
        let unread = |name: &str| Attributes {
            known: Vec::new(),
            unread: vec![CString::new(name).unwrap()],
        };
        let lost = unread("security.label").give(&new).unwrap();
        assert_eq!(lost, ["security.label"]);
        for access in ACCESS {
            assert!(unread(access).give(&new).is_err());
        }
    }
}
