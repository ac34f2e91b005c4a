//! Bytecode of a fetched tree, made by the interpreter in a sandbox of its own.
//!
//! The one process that Interlock starts without an approval: the user's interpreter with the program below, which parses
//! sources and runs none. It sees the interpreter, the system's libraries and the tree, has no network, and may write
//! nothing; the bytecode comes back through its standard output and is checked by the store.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use interlock_sandbox::{Access, Exit, Kernel, Profile, Stdio, Stdio3};
use interlock_supply::pypi::Compiler;

/// Most bytes of bytecode of one tree.
const MOST: u64 = 512 << 20;
/// Most files of bytecode of one tree.
const FILES: usize = 200_000;
/// Processor time in seconds.
const TIME: u64 = 900;

/// For every source: length and path, length and bytecode; an empty path ends it. Sorted, in one process and with a fixed
/// hash seed, so that the same sources give the same bytes.
const PROGRAM: &str = r#"
import sys
sys.path[:] = [path for path in sys.path if path]
import importlib.util, marshal, os
root, out = sys.argv[1], sys.stdout.buffer
for place, folders, files in os.walk(root + "/python/site"):
    folders.sort()
    for name in sorted(files):
        if not name.endswith(".py"):
            continue
        path = place + "/" + name
        try:
            with open(path, "rb") as file:
                source = file.read()
            code = compile(source, path[len(root) + 1:], "exec", dont_inherit=True)
            code = marshal.dumps(code)
        except Exception:
            continue
        code = importlib.util.MAGIC_NUMBER + b"\1\0\0\0" + importlib.util.source_hash(source) + code
        end = "." + sys.implementation.cache_tag + ".pyc"
        made = place[len(root) + 1:] + "/__pycache__/" + name[:-3] + end
        for part in (made.encode(), code):
            out.write(len(part).to_bytes(4, "little") + part)
out.write(bytes(4))
out.flush()
"#;

/// Compiles with one interpreter.
pub struct Contained {
    python: PathBuf,
}

impl Contained {
    /// With the interpreter at this real path.
    pub fn new(python: PathBuf) -> Self {
        Self { python }
    }

    fn profile(&self, root: &Path) -> Profile {
        let words = [
            "-s", "-S", "-B", "-W", "ignore", "-X", "utf8", "-c", PROGRAM,
        ];
        let profile = words
            .iter()
            .fold(Profile::new(&self.python), |profile, word| {
                profile.arg(OsString::from(word))
            });
        let mut profile = profile
            .arg(root)
            .env("PYTHONHASHSEED", "0")
            .grant(root, Access::Read);
        profile.limits.cpu_seconds = Some(TIME);
        profile
    }
}

impl Compiler for Contained {
    fn compile(&self, root: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
        let plan = self
            .profile(root)
            .plan(&Kernel::assume())
            .map_err(|error| error.to_string())?;
        let streams = Stdio3 {
            stdin: Stdio::Null,
            stdout: Stdio::Piped,
            stderr: Stdio::Null,
        };
        let mut confined = plan.spawn(streams).map_err(|error| error.to_string())?;
        let stdout = confined.stdout.take().ok_or("its output cannot be read")?;
        let mut raw = Vec::new();
        let read = File::from(stdout).take(MOST + 1).read_to_end(&mut raw);
        read.map_err(|error| error.to_string())?;
        if raw.len() as u64 > MOST {
            return Err("there is more of it than any tree has".into());
        }
        match confined.wait().map_err(|error| error.to_string())? {
            Exit::Code(0) => parts(raw, FILES).map_err(|error| error.to_string()),
            exit => Err(format!("the interpreter ended with {exit}")),
        }
    }
}

/// Why output was not taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PartsError {
    /// It has no end, or more after it.
    #[error("it came back incomplete")]
    Incomplete,
    /// It has more parts than there can be.
    #[error("there is more of it than there can be")]
    TooMany,
}

/// Takes the output apart, which has no more than `most` parts. Of what it is in, no more is kept than of a part.
pub(super) fn parts(mut raw: Vec<u8>, most: usize) -> Result<Vec<(String, Vec<u8>)>, PartsError> {
    let mut found = Vec::new();
    let mut rest = raw.as_slice();
    let incomplete = PartsError::Incomplete;
    loop {
        let path = part(&mut rest).ok_or(incomplete)?;
        if path.is_empty() {
            break;
        }
        if found.len() == most {
            return Err(PartsError::TooMany);
        }
        let path = String::from_utf8(path.to_vec()).map_err(|_| incomplete)?;
        found.push((path, part(&mut rest).ok_or(incomplete)?.len()));
    }
    if !rest.is_empty() {
        return Err(incomplete);
    }
    // From the end and out of the output itself, so that nothing is there twice but one part of several.
    raw.truncate(raw.len().saturating_sub(4));
    let mut all = Vec::with_capacity(found.len());
    while let Some((path, length)) = found.pop() {
        let content = if found.is_empty() {
            raw.drain(..raw.len().saturating_sub(length));
            std::mem::take(&mut raw)
        } else {
            let content = raw.split_off(raw.len().saturating_sub(length));
            raw.truncate(raw.len().saturating_sub(path.len() + 8));
            content
        };
        all.push((path, content));
    }
    all.reverse();
    Ok(all)
}

fn part<'a>(raw: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = raw.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *raw = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_taken_apart_or_refused() {
        let whole = b"\x01\0\0\0a\x02\0\0\0bc\x01\0\0\0d\0\0\0\0\0\0\0\0";
        let expected = vec![
            ("a".to_owned(), b"bc".to_vec()),
            ("d".to_owned(), Vec::new()),
        ];
        let incomplete = Err(PartsError::Incomplete);
        assert_eq!(parts(whole.to_vec(), 2), Ok(expected));
        assert_eq!(parts(whole.to_vec(), 1), Err(PartsError::TooMany));
        assert_eq!(parts(vec![0; 4], 0), Ok(Vec::new()));
        for cut in 0..whole.len() {
            assert_eq!(parts(whole[..cut].to_vec(), 2), incomplete, "{cut}");
        }
        assert_eq!(parts([whole.as_slice(), b"x"].concat(), 2), incomplete);
        assert_eq!(
            parts(b"\x01\0\0\0\xff\0\0\0\0\0\0\0\0".to_vec(), 2),
            incomplete
        );
    }

    #[test]
    fn compiling_runs_nothing_and_gives_the_same_bytes_twice() {
        let directory = tempfile::tempdir().unwrap();
        let site = directory.path().join("python/site");
        std::fs::create_dir_all(site.join("b")).unwrap();
        let marker = directory.path().join("ran");
        let hostile = format!("open({marker:?}, 'w')\nS = {{'x', 'y', 'z'}}\n");
        std::fs::write(site.join("a.py"), hostile).unwrap();
        std::fs::write(site.join("b/c.py"), "def f(): return {1, 2}\n").unwrap();
        std::fs::write(site.join("bad.py"), "print 'two'\n").unwrap();
        std::fs::write(site.join("x.pth"), "import os; os.abort()\n").unwrap();
        let python = Path::new("/usr/bin/python3").canonicalize().unwrap();
        let compiler = Contained::new(python);
        let first = compiler.compile(directory.path()).unwrap();
        let names: Vec<&str> = first.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(
            names[0].starts_with("python/site/__pycache__/a.cpython-3"),
            "{names:?}"
        );
        assert!(first.iter().all(|(_, bytes)| bytes[4..8] == [1, 0, 0, 0]));
        assert_eq!(compiler.compile(directory.path()).unwrap(), first);
        assert!(!marker.exists());
    }
}
