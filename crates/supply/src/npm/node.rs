//! Which version a node is, read from its files: nothing is started.

use super::name::Version;
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// Largest program that is looked through.
const MAX: u64 = 512 << 20;
/// Largest header that is read.
const MAX_HEADER: u64 = 64 << 10;
/// What the address of its own sources begins with, which released builds know.
const SOURCES: &[u8] = b"nodejs.org/download/release/v";

/// The version of the node at its real path: as the header that is installed beside it says, else as its own bytes do. `None` where neither
/// does, as for builds of some systems without their headers.
#[must_use]
pub fn node_version(program: &Path) -> Option<Version> {
    let prefix = program.parent()?.parent()?;
    let header = read(&prefix.join("include/node/node_version.h"), MAX_HEADER).ok();
    let header = header.and_then(|raw| in_header(&String::from_utf8_lossy(&raw)));
    header.or_else(|| in_program(&read(program, MAX).ok()?))
}

fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// From the lines `#define NODE_MAJOR_VERSION 20` and the like.
fn in_header(text: &str) -> Option<Version> {
    let number = |part: &str| -> Option<u64> {
        let mut lines = text.lines().map(str::split_ascii_whitespace);
        lines.find_map(|mut words| {
            let define = words.next() == Some("#define") && words.next() == Some(part);
            define.then(|| words.next()?.parse().ok())?
        })
    };
    let major = number("NODE_MAJOR_VERSION")?;
    let (minor, patch) = (number("NODE_MINOR_VERSION")?, number("NODE_PATCH_VERSION")?);
    format!("{major}.{minor}.{patch}").parse().ok()
}

/// From `https://nodejs.org/download/release/v20.1.0/node-v20.1.0.tar.gz`.
fn in_program(bytes: &[u8]) -> Option<Version> {
    // A byte that is rare in programs is looked for first: this is many megabytes.
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == b'j') {
        // `j` is the fifth letter of `nodejs`.
        let start = (from + at).checked_sub(4);
        from += at + 1;
        let found = start.and_then(|start| bytes.get(start..)?.strip_prefix(SOURCES));
        let Some(rest) = found else { continue };
        let end = rest.iter().take(24).position(|byte| *byte == b'/');
        let text = end.and_then(|end| std::str::from_utf8(rest.get(..end)?).ok());
        if let Some(version) = text.and_then(|text| text.parse().ok()) {
            return Some(version);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(major: &str) -> String {
        format!(
            "#ifndef SRC_NODE_VERSION_H_\n#define NODE_MAJOR_VERSION {major}\n#define NODE_MINOR_VERSION 3\n\
             #define  NODE_PATCH_VERSION 1\n#define NODE_VERSION_IS_LTS 1\n"
        )
    }

    fn shown(version: Option<Version>) -> Option<String> {
        version.map(|version| version.to_string())
    }

    #[test]
    fn in_headers() {
        for (text, expected) in [
            (header("20"), Some("20.3.1")),
            (header("x"), None),
            (header("20").replace("MINOR", "OTHER"), None),
            (String::new(), None),
        ] {
            assert_eq!(shown(in_header(&text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn in_programs() {
        for (bytes, expected) in [
            (
                &b"\x7fELFjj\0https://nodejs.org/download/release/v22.1.0/node-v22.1.0.tar.gz\0"[..],
                Some("22.1.0"),
            ),
            (b"https://nodejs.org/download/release/v22.1.0", None),
            (
                b"nodejs.org/download/release/vx/ nodejs.org/download/release/v1.2.3/",
                Some("1.2.3"),
            ),
            (b"https://nodejs.org/download/nightly/v22.1.0/", None),
            (b"j", None),
            (b"", None),
        ] {
            assert_eq!(shown(in_program(bytes)).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn beside_the_program() {
        let directory = tempfile::tempdir().unwrap();
        let node = directory.path().join("bin/node");
        fs::create_dir_all(node.parent().unwrap()).unwrap();
        assert_eq!(node_version(&node), None);
        fs::write(&node, "nodejs.org/download/release/v18.0.0/").unwrap();
        assert_eq!(shown(node_version(&node)).as_deref(), Some("18.0.0"));
        let include = directory.path().join("include/node");
        fs::create_dir_all(&include).unwrap();
        fs::write(include.join("node_version.h"), header("20")).unwrap();
        assert_eq!(shown(node_version(&node)).as_deref(), Some("20.3.1"));
    }
}
