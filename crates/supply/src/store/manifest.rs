//! The list of a tree's files: what a tree digest is taken over.
//!
//! Text, one file a line, sorted by path: SHA-256, size, `x` or `-`, path. Paths have no control
//! characters (they are [`TreePath`]s), so nothing needs escaping and the form is unambiguous.

use crate::{
    digest::{Sha256, TreeDigest},
    locked::TreePath,
};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRecord {
    pub(crate) path: TreePath,
    pub(crate) sha256: Sha256,
    pub(crate) size: u64,
    /// Mode 0555, else 0444.
    pub(crate) executable: bool,
}

impl FileRecord {
    /// The one mode the file has on disk.
    pub(crate) fn mode(&self) -> u32 {
        if self.executable { 0o555 } else { 0o444 }
    }
}

/// The first line, so that no other kind of text has the digest of a tree.
const HEADER: &str = "interlock tree 1\n";

/// Renders the files, which have to be sorted by path.
pub(crate) fn render(files: &[FileRecord]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(HEADER.len() + files.len() * 140);
    text.push_str(HEADER);
    for file in files {
        let mark = if file.executable { 'x' } else { '-' };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {mark} {}", file.sha256, file.size, file.path);
    }
    text
}

/// The digest of a rendered manifest.
pub(crate) fn digest(text: &str) -> TreeDigest {
    TreeDigest::from_bytes(*Sha256::of(text.as_bytes()).as_bytes())
}

/// Reads a rendered manifest; `None` when it is not exactly one.
pub(crate) fn parse(text: &str) -> Option<Vec<FileRecord>> {
    let body = text.strip_prefix(HEADER)?;
    let files: Vec<FileRecord> = body.lines().map(line).collect::<Option<_>>()?;
    let sorted = files.is_sorted_by(|a, b| a.path < b.path);
    (sorted && (body.is_empty() || body.ends_with('\n'))).then_some(files)
}

fn line(text: &str) -> Option<FileRecord> {
    let mut parts = text.splitn(4, ' ');
    let sha256 = Sha256::parse(parts.next()?).ok()?;
    let size = parts.next()?.parse().ok()?;
    let executable = match parts.next()? {
        "x" => true,
        "-" => false,
        _ => return None,
    };
    Some(FileRecord {
        path: TreePath::new(parts.next()?).ok()?,
        sha256,
        size,
        executable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str, executable: bool) -> FileRecord {
        let path = TreePath::new(path).unwrap();
        FileRecord {
            sha256: Sha256::of(path.as_str().as_bytes()),
            path,
            size: 7,
            executable,
        }
    }

    #[test]
    fn renders_and_parses() {
        let files = vec![
            record("a b/ c", true),
            record("a/b", false),
            record("ü", false),
        ];
        let text = render(&files);
        assert_eq!(parse(&text), Some(files));
        assert_eq!(parse(&render(&[])), Some(vec![]));
    }

    #[test]
    fn refuses_other_texts() {
        let text = render(&[record("a", true), record("b", false)]);
        for bad in [
            String::new(),
            text.replacen("interlock", "interl0ck", 1),
            text.trim_end().to_owned(),
            text.replacen(" x a", " y a", 1),
            text.replacen(" x a", " x ../a", 1),
            text.replacen(" x a", " x c", 1),
            text.replacen(" x a", " x b", 1),
            text.replacen(" 7 ", " -7 ", 1),
            text.clone() + "x\n",
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn every_field_is_in_the_digest() {
        let base = vec![record("a", false), record("b", false)];
        let mut others = vec![base.clone(); 4];
        others[0][0].executable = true;
        others[1][0].size = 8;
        others[2][1].path = TreePath::new("c").unwrap();
        others[3][0].sha256 = Sha256::of(b"other");
        for other in &others {
            assert_ne!(digest(&render(&base)), digest(&render(other)));
        }
        assert_ne!(digest(&render(&base)), digest(&render(&base[..1])));
    }
}
