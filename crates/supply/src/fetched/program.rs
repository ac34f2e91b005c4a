//! Which file of a release is its program, and whether this machine can run it. Headers are read, nothing is executed.

use crate::{
    locked::{Entry, Interpreter, TreePath},
    store::Stored,
};
use interlock_launch::excerpt;
use std::{fs::File, io::Read};

/// So much of a file is looked at: the header and the program headers, or a first line.
const HEAD: u64 = 4096;
/// Most names in a message.
const SHOWN: usize = 8;

/// What a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ELF program of this machine's kind.
    Elf {
        /// It needs a loader and libraries of the machine.
        dynamic: bool,
    },
    /// A script; its first line after `#!`.
    Script(String),
}

impl Kind {
    /// A few words for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Elf { dynamic: true } => {
                format!("an ELF program for {}, dynamically linked", machine())
            }
            Self::Elf { dynamic: false } => {
                format!("an ELF program for {}, statically linked", machine())
            }
            Self::Script(line) => format!("a script for `{}`", excerpt(line)),
        }
    }
}

/// The processor, as people call it.
fn machine() -> &'static str {
    std::env::consts::ARCH
}

/// The file to start: the one that is asked for, or the only one that can be.
pub(crate) fn entry(
    stored: &Stored,
    place: &TreePath,
    wanted: Option<&str>,
) -> Result<(Entry, Kind), String> {
    let path = match wanted {
        Some(wanted) if stored.has(wanted) => wanted.to_owned(),
        Some(wanted) => {
            return Err(format!("it has no file `{}`", excerpt(wanted)));
        }
        None => only(stored)?,
    };
    let kind =
        kind(&head(stored, &path)).map_err(|problem| format!("`{}` {problem}", excerpt(&path)))?;
    let file = place.join(&path).map_err(|error| error.to_string())?;
    let command = path.rsplit('/').next().unwrap_or(&path).to_owned();
    let interpreter = match &kind {
        Kind::Elf { .. } => Interpreter::Native,
        Kind::Script(line) => Interpreter::Other(line.clone()),
    };
    let entry = Entry {
        command,
        file,
        interpreter,
        interpreter_args: Vec::new(),
    };
    Ok((entry, kind))
}

/// The only file, the only ELF program, or the only file marked executable.
fn only(stored: &Stored) -> Result<String, String> {
    let names = |keep: &dyn Fn(&crate::store::manifest::FileRecord) -> bool| -> Vec<String> {
        let all = stored.files.iter().filter(|file| keep(file));
        all.map(|file| file.path.to_string()).collect()
    };
    let elf = |path: &str| head(stored, path).starts_with(b"\x7fELF") && !is_library(path);
    for found in [
        names(&|_| true),
        names(&|file| elf(file.path.as_str())),
        names(&|file| file.executable && !is_library(file.path.as_str())),
    ] {
        if let [one] = found.as_slice() {
            return Ok(one.clone());
        }
    }
    let mut all = names(&|file| file.executable || elf(file.path.as_str()));
    if all.is_empty() {
        all = names(&|_| true);
    }
    let shown: Vec<String> = all
        .iter()
        .take(SHOWN)
        .map(|path| format!("`{}`", excerpt(path)))
        .collect();
    Err(format!(
        "which of its {} files starts is not clear: name it after `#:`, for example one of {}",
        stored.files.len(),
        shown.join(", ")
    ))
}

fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".so") || name.contains(".so.")
}

fn head(stored: &Stored, path: &str) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = File::open(stored.directory.join(path)) {
        // What cannot be read here cannot be started later, and fails there.
        let _ = file.take(HEAD).read_to_end(&mut head);
    }
    head
}

/// What the first bytes say.
pub(crate) fn kind(head: &[u8]) -> Result<Kind, &'static str> {
    if head.starts_with(b"\x7fELF") {
        return elf(head);
    }
    if let Some(rest) = head.strip_prefix(b"#!") {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let text = String::from_utf8_lossy(line).trim().to_owned();
        return Ok(Kind::Script(
            text.chars().filter(|c| !c.is_control()).collect(),
        ));
    }
    Err(match head {
        [b'M', b'Z', ..] => "is a program for Windows",
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe, ..] => "is a program for macOS, or for a Java machine",
        [b'<', ..] => "is a page, not a program: is this the address of the file itself?",
        _ => {
            "is no program: it is neither ELF nor a script with a first line such as `#!/usr/bin/env node`"
        }
    })
}

/// This machine's numbers of ELF: class and `e_machine`.
fn own() -> Option<(u8, u16)> {
    Some(match std::env::consts::ARCH {
        "x86_64" => (2, 62),
        "aarch64" => (2, 183),
        "riscv64" => (2, 243),
        "x86" => (1, 3),
        "arm" => (1, 40),
        _ => return None,
    })
}

/// Reads the header (System V ABI, chapter 4), little-endian.
fn elf(head: &[u8]) -> Result<Kind, &'static str> {
    let short = "is an ELF file that is damaged";
    let byte = |at: usize| head.get(at).copied().ok_or(short);
    let half = |at: usize| -> Result<u16, &'static str> {
        let bytes = head.get(at..at + 2).and_then(|two| two.try_into().ok());
        bytes.map(u16::from_le_bytes).ok_or(short)
    };
    let (class, order) = (byte(4)?, byte(5)?);
    if order != 1 {
        return Err("is an ELF program for another processor");
    }
    // Executable or position-independent; a library is the latter too and fails when it is started.
    if !matches!(half(16)?, 2 | 3) {
        return Err("is an ELF file, but no program");
    }
    if own().is_some_and(|own| own != (class, half(18).unwrap_or_default())) {
        return Err("is an ELF program for another processor");
    }
    let wide = class == 2;
    let table = if wide {
        head.get(32..40)
            .and_then(|eight| eight.try_into().ok())
            .map(u64::from_le_bytes)
    } else {
        head.get(28..32)
            .and_then(|four| four.try_into().ok())
            .map(u32::from_le_bytes)
            .map(u64::from)
    };
    let table = usize::try_from(table.ok_or(short)?).map_err(|_| short)?;
    let (size, count) = if wide {
        (half(54)?, half(56)?)
    } else {
        (half(42)?, half(44)?)
    };
    let interpreter = 3_u32.to_le_bytes();
    let dynamic = (0..usize::from(count)).any(|index| {
        let at = table.saturating_add(index.saturating_mul(usize::from(size)));
        head.get(at..at.saturating_add(4)) == Some(interpreter.as_slice())
    });
    Ok(Kind::Elf { dynamic })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digest::Sha256, store::manifest::FileRecord};

    /// A header of this machine's kind with one program header.
    fn header(program_header: u32) -> Vec<u8> {
        let (class, machine) = own().unwrap();
        let mut head = vec![0_u8; 128];
        head[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1]);
        head[16] = 3;
        head[18..20].copy_from_slice(&machine.to_le_bytes());
        let (table, size, count) = if class == 2 {
            (32, 54, 56)
        } else {
            (28, 42, 44)
        };
        head[table] = 64;
        head[size] = 56;
        head[count] = 1;
        head[64..68].copy_from_slice(&program_header.to_le_bytes());
        head
    }

    #[test]
    fn kinds_of_files() {
        let mut foreign = header(1);
        foreign[18] = 0xf7;
        let mut object = header(1);
        object[16] = 1;
        for (head, expected) in [
            (header(3), "ELF dynamically"),
            (header(1), "ELF statically"),
            (
                b"#!/usr/bin/env node\nx".to_vec(),
                "script /usr/bin/env node",
            ),
            (foreign, "another processor"),
            (object, "no program"),
            (b"\x7fELF\x02\x01".to_vec(), "damaged"),
            (b"MZ\x90".to_vec(), "Windows"),
            (vec![0xcf, 0xfa, 0xed, 0xfe], "macOS"),
            (b"<!doctype html>".to_vec(), "page"),
            (b"hello".to_vec(), "neither ELF"),
            (Vec::new(), "neither ELF"),
        ] {
            let found = match kind(&head) {
                Ok(kind) => kind.describe(),
                Err(problem) => problem.to_owned(),
            };
            for part in expected.split(' ') {
                assert!(found.contains(part), "{found} / {expected}");
            }
        }
    }

    /// `name mode content` a file; the chosen one or a part of the message.
    fn check(files: &[(&str, bool, &[u8])], wanted: Option<&str>, expected: Result<&str, &str>) {
        let directory = tempfile::tempdir().unwrap();
        let mut records = Vec::new();
        for (name, executable, content) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
            records.push(FileRecord {
                path: TreePath::new(*name).unwrap(),
                sha256: Sha256::of(content),
                size: content.len() as u64,
                executable: *executable,
            });
        }
        records.sort_by(|a, b| a.path.cmp(&b.path));
        let stored = Stored {
            directory: directory.path().to_owned(),
            files: records,
        };
        let found = entry(&stored, &TreePath::new("program").unwrap(), wanted);
        match (found, expected) {
            (Ok((entry, _)), Ok(expected)) => {
                assert_eq!(entry.file.as_str(), format!("program/{expected}"));
            }
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
            (found, expected) => panic!("{found:?} / {expected:?}"),
        }
    }

    #[test]
    fn the_program_is_named_or_the_only_one() {
        let elf = header(1);
        let elf = elf.as_slice();
        let text = b"text".as_slice();
        check(&[("t", true, elf)], None, Ok("t"));
        check(
            &[("LICENSE", false, text), ("bin/t", false, elf)],
            None,
            Ok("bin/t"),
        );
        check(
            &[("LICENSE", false, text), ("run", true, b"#!/bin/sh\n")],
            None,
            Ok("run"),
        );
        check(
            &[("lib/x.so.1", true, elf), ("t", true, elf)],
            None,
            Ok("t"),
        );
        check(
            &[("a", true, elf), ("b", true, elf)],
            None,
            Err("one of `a`, `b`"),
        );
        check(&[("a", true, elf), ("b", true, elf)], Some("b"), Ok("b"));
        check(&[("a", true, elf)], Some("c"), Err("no file `c`"));
        check(
            &[("LICENSE", false, text), ("x", false, text)],
            None,
            Err("`LICENSE`, `x`"),
        );
        check(&[("t", true, text)], None, Err("neither ELF"));
    }
}
