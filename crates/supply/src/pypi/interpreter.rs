//! What an interpreter is, read from its files: nothing is started.
//!
//! Only CPython on Linux: the version from its name and its own bytes, the C library from the loader that it asks for.

use super::{marker::Environment, version::Version};
use crate::host::Libc;
use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Why an interpreter cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// It cannot be read.
    #[error("the interpreter `{path}` cannot be read", path = .path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else than CPython 3 in a build that is known.
    #[error("`{path}` is not CPython 3 for Linux: name one with `--python 3.12`", path = .path.display())]
    Unknown {
        /// Which one.
        path: PathBuf,
    },
}

/// One interpreter: what decides which wheels it loads and which conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// `12` of `3.12.1`.
    pub minor: u32,
    /// The whole version.
    pub version: String,
    /// The processor, as `uname -m` says it.
    pub arch: String,
    /// The C library and its version.
    pub libc: (Libc, (u32, u32)),
}

/// Largest interpreter or library that is looked through.
const MAX: u64 = 256 << 20;

impl Python {
    /// Looks at the interpreter at its real path.
    ///
    /// # Errors
    /// When it cannot be read or is not CPython 3 for Linux.
    pub fn inspect(path: &Path) -> Result<Self, InterpreterError> {
        let unknown = || InterpreterError::Unknown { path: path.into() };
        let bytes = read(path).map_err(|source| InterpreterError::Read {
            path: path.into(),
            source,
        })?;
        let minor = minor_of(path).ok_or_else(unknown)?;
        let arch = machine(&bytes).ok_or_else(unknown)?;
        let prefix = path.parent().and_then(Path::parent);
        let version = full_version(&bytes, minor)
            .or_else(|| {
                libraries(prefix, minor)
                    .iter()
                    .find_map(|library| full_version(&read(library).ok()?, minor))
            })
            .ok_or_else(unknown)?;
        let libc = libc(&bytes).ok_or_else(unknown)?;
        Ok(Self {
            minor,
            version,
            arch: arch.to_owned(),
            libc,
        })
    }

    /// The interpreter that a tree's target names, if it names one as they are written here.
    #[must_use]
    pub fn of_target(target: &str) -> Option<Self> {
        let parts: Vec<&str> = target.split('-').collect();
        let ["cpython", version, "linux", arch, libc, of_libc] = parts.as_slice() else {
            return None;
        };
        let minor = version.strip_prefix("3.")?;
        let minor = minor.split(|c: char| !c.is_ascii_digit()).next()?;
        let libc = match *libc {
            "glibc" => Libc::Glibc,
            "musl" => Libc::Musl,
            _ => return None,
        };
        let (first, second) = of_libc.split_once('.')?;
        let found = Self {
            minor: minor.parse().ok()?,
            version: (*version).to_owned(),
            arch: (*arch).to_owned(),
            libc: (libc, (first.parse().ok()?, second.parse().ok()?)),
        };
        (found.to_string() == target).then_some(found)
    }

    /// The values of environment markers.
    #[must_use]
    pub fn environment(&self) -> Environment {
        let values = [
            ("os_name", "posix"),
            ("sys_platform", "linux"),
            ("platform_machine", self.arch.as_str()),
            ("platform_python_implementation", "CPython"),
            ("platform_system", "Linux"),
            ("python_full_version", self.version.as_str()),
            ("implementation_name", "cpython"),
            ("implementation_version", self.version.as_str()),
        ];
        let mut all: std::collections::BTreeMap<_, _> = values
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        all.insert("python_version", format!("3.{}", self.minor));
        Environment(all)
    }

    /// The version, to compare with `requires-python`.
    #[must_use]
    pub fn parsed_version(&self) -> Option<Version> {
        self.version.parse().ok()
    }

    #[cfg(test)]
    pub(super) fn fixture(minor: u32, arch: &str, libc: (Libc, (u32, u32))) -> Self {
        Self {
            minor,
            version: format!("3.{minor}.7"),
            arch: arch.into(),
            libc,
        }
    }
}

impl fmt::Display for Python {
    /// As a tree's target: `cpython-3.11.7-linux-x86_64-glibc-2.36`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (libc, (major, minor)) = self.libc;
        let libc = match libc {
            Libc::Glibc => "glibc",
            Libc::Musl => "musl",
        };
        write!(
            f,
            "cpython-{}-linux-{}-{libc}-{major}.{minor}",
            self.version, self.arch
        )
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// From the name `python3.12`, else from the one library beside an interpreter of another name.
fn minor_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    if let Some(minor) = name.strip_prefix("python3.") {
        return minor.parse().ok();
    }
    let library = path.parent()?.parent()?.join("lib");
    let names = fs::read_dir(library).ok()?.flatten();
    let minors = names.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let minor = name.strip_prefix("python3.")?.parse().ok()?;
        entry.path().join("os.py").is_file().then_some(minor)
    });
    let mut minors: Vec<u32> = minors.collect();
    minors.dedup();
    match minors.as_slice() {
        [minor] => Some(*minor),
        _ => None,
    }
}

/// Where the code of an interpreter is when it is not in the program itself.
fn libraries(prefix: Option<&Path>, minor: u32) -> Vec<PathBuf> {
    let Some(lib) = prefix.map(|prefix| prefix.join("lib")) else {
        return Vec::new();
    };
    let name = format!("libpython3.{minor}.so.1.0");
    let nested = fs::read_dir(&lib)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    std::iter::once(lib.clone())
        .chain(nested)
        .map(|directory| directory.join(&name))
        .filter(|path| path.is_file())
        .collect()
}

/// The text `3.MINOR.MICRO` that ends with a zero byte: what `Py_GetVersion` begins with. A linker may have merged it with the end
/// of a longer text (`…/Python-3.11.7`), so such an end counts where the text does not stand alone, and all of them say the same.
fn full_version(bytes: &[u8], minor: u32) -> Option<String> {
    let prefix = format!("3.{minor}.");
    let prefix = prefix.as_bytes();
    let mut merged = Vec::new();
    for (at, window) in bytes.windows(prefix.len()).enumerate() {
        if window != prefix {
            continue;
        }
        let Some(version) = bytes.get(at..).and_then(version_text) else {
            continue;
        };
        match at.checked_sub(1).and_then(|before| bytes.get(before)) {
            Some(0) => return Some(version),
            Some(before) if before.is_ascii_digit() || *before == b'.' => {}
            _ => merged.push(version),
        }
    }
    merged.dedup();
    merged.pop().filter(|_| merged.is_empty())
}

/// A version up to a zero byte. A `+` marks a build from between two releases.
fn version_text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().take(24).position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let text = text.trim_end_matches('+');
    text.parse::<Version>().ok().map(|_| text.to_owned())
}

/// The processor of an ELF file, in `uname`'s words.
fn machine(bytes: &[u8]) -> Option<&'static str> {
    let header = bytes
        .get(..20)
        .filter(|header| header.starts_with(b"\x7fELF"))?;
    let [low, high] = [*header.get(18)?, *header.get(19)?];
    match u16::from_le_bytes([low, high]) {
        62 => Some("x86_64"),
        183 => Some("aarch64"),
        243 => Some("riscv64"),
        _ => None,
    }
}

/// The loader that a program asks for, and the version of its C library.
fn libc(bytes: &[u8]) -> Option<(Libc, (u32, u32))> {
    let head = bytes.get(..bytes.len().min(8 << 10))?;
    let at = head
        .windows(4)
        .position(|window| window == b"/ld-" || window == b"/lib")?;
    let start = head.get(..at)?.iter().rposition(|byte| *byte == 0)? + 1;
    let text = head.get(start..)?;
    let loader = std::str::from_utf8(text.get(..text.iter().position(|byte| *byte == 0)?)?).ok()?;
    if loader.contains("ld-musl") {
        // musl keeps no version that can be read without starting it; wheels ask for 1.1 or 1.2, and 1.2 is from 2020.
        return Some((Libc::Musl, (1, 2)));
    }
    let places = [
        "/lib/x86_64-linux-gnu",
        "/lib/aarch64-linux-gnu",
        "/lib/riscv64-linux-gnu",
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
    ];
    places
        .iter()
        .find_map(|place| glibc_version(&read(&Path::new(place).join("libc.so.6")).ok()?))
}

/// From the library's own words: `GNU C Library (…) stable release version 2.36.`
fn glibc_version(bytes: &[u8]) -> Option<(Libc, (u32, u32))> {
    let mark = b"release version ";
    let at = bytes
        .windows(mark.len())
        .position(|window| window == mark)?;
    let text = bytes.get(at + mark.len()..)?;
    let end = text
        .iter()
        .take(16)
        .position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let text = std::str::from_utf8(text.get(..end)?)
        .ok()?
        .trim_end_matches('.');
    let mut parts = text.split('.');
    let version = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((Libc::Glibc, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_programs() {
        for (bytes, expected) in [
            (&b"..\x003.11.7\x00.."[..], Some("3.11.7")),
            (b"\x003.11.\x00\x003.11.4+\x00", Some("3.11.4")),
            (b"\x003.11.0rc1\x00", Some("3.11.0rc1")),
            (b"\x003.11.7 (main)\x00", None),
            (b"\x003.12.1\x00", None),
            (b"\x003.11.7", None),
            (b"/Python-3.11.7\x00..", Some("3.11.7")),
            (b"/Python-3.11.7\x00/lib-3.11.7\x00", Some("3.11.7")),
            (b"/Python-3.11.7\x00/old-3.11.6\x00", None),
            (b"/Python-3.11.7\x00\x003.11.6\x00", Some("3.11.6")),
            (b"13.11.7\x00.3.11.7\x00", None),
            (b"", None),
        ] {
            assert_eq!(full_version(bytes, 11).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn versions_of_the_c_library() {
        let text = b"GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright";
        assert_eq!(glibc_version(text), Some((Libc::Glibc, (2, 36))));
        assert_eq!(glibc_version(b"release version x"), None);
        assert_eq!(glibc_version(b""), None);
    }

    #[test]
    fn programs_that_are_no_interpreter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("python3.11");
        assert!(matches!(
            Python::inspect(&path),
            Err(InterpreterError::Read { .. })
        ));
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", &[0x7f; 4096]] {
            fs::write(&path, bytes).unwrap();
            assert!(matches!(
                Python::inspect(&path),
                Err(InterpreterError::Unknown { .. })
            ));
        }
    }

    #[test]
    fn a_target_reads_like_a_platform() {
        let python = Python::fixture(11, "x86_64", (Libc::Glibc, (2, 36)));
        assert_eq!(python.to_string(), "cpython-3.11.7-linux-x86_64-glibc-2.36");
    }

    #[test]
    fn targets_are_read_as_they_are_written() {
        for libc in [(Libc::Glibc, (2, 36)), (Libc::Musl, (1, 2))] {
            let python = Python::fixture(12, "x86_64", libc);
            assert_eq!(Python::of_target(&python.to_string()), Some(python));
        }
        for other in [
            "",
            "cpython-3.12.7",
            "pypy-3.12.7-linux-x86_64-glibc-2.36",
            "cpython-2.7.1-linux-x86_64-glibc-2.36",
            "cpython-3.12.7-linux-x86_64-glibc-2.036",
            "cpython-3.12.7-linux-x86_64-glibc-2.36-x",
        ] {
            assert_eq!(Python::of_target(other), None, "{other}");
        }
    }
}
