//! Bytecode in a tree: made once, when the tree is, because the tree is read-only when a server runs from it.
//!
//! The compiler is the caller's, who starts the interpreter contained; what it gives back is believed as little as an
//! archive is. Only bytecode of a source that is in the tree goes in, in the form that is never compared with the source
//! (PEP 552, unchecked), so that the same sources and interpreter make the same tree.

use crate::locked::TreePath;
use std::path::Path;

/// Makes bytecode of sources, and runs none of them.
pub trait Compiler {
    /// The bytecode of every source of Python in the tree under `root`, with its place in the tree
    /// (`…/__pycache__/module.cpython-311.pyc`). What cannot be compiled is left out.
    ///
    /// # Errors
    /// When nothing could be compiled; the reason for a person.
    fn compile(&self, root: &Path) -> Result<Vec<(String, Vec<u8>)>, String>;
}

/// What begins the bytecode of CPython: magic number, flags, hash of the source.
const HEADER: usize = 16;

/// Takes what a compiler made, if all of it is bytecode of sources that are there.
pub(super) fn checked(
    made: Vec<(String, Vec<u8>)>,
    minor: u32,
    is_there: &dyn Fn(&str) -> bool,
) -> Result<Vec<(TreePath, Vec<u8>)>, String> {
    let end = format!(".cpython-3{minor}.pyc");
    let mut all = Vec::with_capacity(made.len());
    for (path, bytes) in made {
        let source = path
            .split_once("__pycache__/")
            .and_then(|(directory, name)| {
                let module = name.strip_suffix(&end)?;
                (!module.contains('/')).then(|| format!("{directory}{module}.py"))
            });
        let unchecked = bytes.len() > HEADER && bytes.get(4..8) == Some(&[1, 0, 0, 0]);
        match TreePath::new(path.as_str()) {
            Ok(path) if unchecked && source.is_some_and(|source| is_there(&source)) => {
                all.push((path, bytes))
            }
            _ => {
                return Err(format!(
                    "the compiler gave `{}`, which is no bytecode of this tree",
                    path.escape_default()
                ));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bytecode_of_what_is_there() {
        let good: &[u8] = b"\xa7\r\r\n\x01\0\0\0hashhash+";
        for (path, bytes, expected) in [
            ("python/site/a/__pycache__/b.cpython-311.pyc", good, true),
            ("python/site/a/__pycache__/c.cpython-311.pyc", good, false),
            ("python/site/a/__pycache__/b.cpython-312.pyc", good, false),
            ("python/site/a/b.pyc", good, false),
            ("python/site/a/b.py", good, false),
            ("python/site/a/__pycache__/x/b.cpython-311.pyc", good, false),
            (
                "../python/site/a/__pycache__/b.cpython-311.pyc",
                good,
                false,
            ),
            (
                "python/site/a/__pycache__/b.cpython-311.pyc",
                b"\xa7\r\r\n\0\0\0\0hashhash+",
                false,
            ),
            (
                "python/site/a/__pycache__/b.cpython-311.pyc",
                b"\xa7\r\r\n\x01\0\0\0",
                false,
            ),
        ] {
            let made = vec![(path.to_owned(), bytes.to_vec())];
            let found = checked(made, 11, &|source| source == "python/site/a/b.py");
            assert_eq!(found.is_ok(), expected, "{path}");
        }
    }
}
