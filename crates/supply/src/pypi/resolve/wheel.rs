//! Wheels to fetch, and what stored ones have in them.

use crate::{
    built::Built,
    digest::Integrity,
    locked::TreePath,
    pypi::{EntryPoint, Name, WheelName, listing::ListedWheel},
    store::Stored,
    unpack::{SCRIPTS, SITE},
};
use std::{fs, io::Read};

/// The directory of all packages in a tree.
pub(crate) const PLACE: &str = "python";
/// Largest file of metadata that is read: a RECORD may be that large.
const MAX: u64 = 32 << 20;

/// A wheel to fetch.
#[derive(Debug, Clone)]
pub(super) struct Wheel {
    pub(super) name: WheelName,
    pub(super) integrity: Integrity,
    pub(super) url: String,
    pub(super) size: Option<u64>,
    /// What is there is a source archive, and the wheel has to be built.
    pub(super) source: bool,
    /// How it was built, here or, as a lock says, elsewhere.
    pub(super) built: Option<Built>,
}

impl From<&ListedWheel> for Wheel {
    fn from(listed: &ListedWheel) -> Self {
        Self {
            name: listed.name.clone(),
            integrity: listed.integrity.clone(),
            url: listed.url.clone(),
            size: listed.size,
            source: listed.source,
            built: None,
        }
    }
}

/// A file of the `.dist-info` directory as text; empty when it is not there.
pub(super) fn text(stored: &Stored, name: &str) -> String {
    let info = |path: &str| {
        let mut parts = path.split('/');
        parts.next() == Some(SITE)
            && parts
                .next()
                .is_some_and(|part| part.ends_with(".dist-info"))
            && parts.next() == Some(name)
            && parts.next().is_none()
    };
    let found = stored.files.iter().find(|file| info(file.path.as_str()));
    found
        .map(|file| read(stored, file.path.as_str()))
        .unwrap_or_default()
}

/// A file of a stored package as text; empty when it is not there.
pub(super) fn read(stored: &Stored, path: &str) -> String {
    let mut raw = Vec::new();
    if let Ok(file) = fs::File::open(stored.directory.join(path)) {
        // What cannot be read is as what is not there: nothing is started from it then.
        let _ = file.take(MAX).read_to_end(&mut raw);
    }
    String::from_utf8_lossy(&raw).into_owned()
}

/// Something that a package can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// A function in a module.
    Function(EntryPoint),
    /// A script of Python, by its path in the tree.
    Script { name: String, path: TreePath },
    /// A native program, by its path in the tree.
    Native { name: String, path: TreePath },
}

impl Command {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Function(entry) => &entry.command,
            Self::Script { name, .. } | Self::Native { name, .. } => name,
        }
    }

    /// The commands of a stored wheel; entry points come before scripts.
    pub(super) fn of(stored: &Stored) -> Vec<Self> {
        let mut all: Vec<Self> = EntryPoint::commands(&text(stored, "entry_points.txt"))
            .into_iter()
            .map(Self::Function)
            .collect();
        for file in &stored.files {
            let Some(name) = file
                .path
                .as_str()
                .strip_prefix(SCRIPTS)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            let Ok(path) = TreePath::new(format!("{PLACE}/{}", file.path)) else {
                continue;
            };
            if !name.bytes().all(plain)
                || name.starts_with(['.', '-'])
                || all.iter().any(|one| one.name() == name)
            {
                continue;
            }
            let name = name.to_owned();
            let mut head = Vec::new();
            if let Ok(file) = fs::File::open(stored.directory.join(file.path.as_str())) {
                let _ = file.take(64).read_to_end(&mut head);
            }
            if head.starts_with(b"\x7fELF") {
                all.push(Self::Native { name, path });
            } else if head.starts_with(b"#!python") || head.starts_with(b"#!/usr/bin/env python") {
                all.push(Self::Script { name, path });
            }
        }
        all
    }
}

/// Whether two names are one, in whatever spelling.
pub(super) fn same_name(command: &str, package: &Name) -> bool {
    Name::new(command).is_ok_and(|command| command == *package)
}
