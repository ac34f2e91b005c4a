//! How paths are shown and written into reports: short for people, the same on every machine where that can be.

use std::path::{Path, PathBuf};

use interlock_launch::text::excerpt;

/// What paths are told in relation to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// A repository: paths below it are told from there.
    pub root: Option<PathBuf>,
    /// A home: paths below it begin with `~`.
    pub home: Option<PathBuf>,
}

impl Shown {
    /// The path for a person and for fingerprints. With `/` between components.
    #[must_use]
    pub fn path(&self, path: &Path) -> String {
        let (before, rest) = self.split(path);
        let shown = components(rest);
        match before {
            "" if rest.is_absolute() => excerpt(&format!("/{shown}")),
            "" => excerpt(&shown),
            before => excerpt(&format!("{before}{shown}")),
        }
    }

    /// The path as a reference for machines: relative to the repository, else a `file:` address.
    #[must_use]
    pub fn uri(&self, path: &Path) -> String {
        let below = self
            .root
            .as_ref()
            .and_then(|root| path.strip_prefix(root).ok());
        match below {
            Some(below) => encoded(&components(below)),
            None if path.is_absolute() => format!("file:///{}", encoded(&components(path))),
            None => encoded(&components(path)),
        }
    }

    fn split<'p>(&self, path: &'p Path) -> (&'static str, &'p Path) {
        let below =
            |base: &Option<PathBuf>| base.as_ref().and_then(|base| path.strip_prefix(base).ok());
        if let Some(rest) = below(&self.root) {
            return ("", rest);
        }
        match below(&self.home) {
            Some(rest) => ("~/", rest),
            None => ("", path),
        }
    }
}

fn components(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        std::path::Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        std::path::Component::ParentDir => Some("..".to_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// As a reference of RFC 3986: everything that is not plain, escaped.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short_and_addresses_whole() {
        let shown = Shown {
            root: Some("/srv/repo".into()),
            home: Some("/home/me".into()),
        };
        for (path, text, uri) in [
            ("/srv/repo/.mcp.json", ".mcp.json", ".mcp.json"),
            ("/srv/repo/a b/x.json", "a b/x.json", "a%20b/x.json"),
            (
                "/home/me/.cursor/mcp.json",
                "~/.cursor/mcp.json",
                "file:///home/me/.cursor/mcp.json",
            ),
            ("/etc/x", "/etc/x", "file:///etc/x"),
            ("/srv/repo/\u{202e}x", "\\u{202e}x", "%E2%80%AEx"),
        ] {
            assert_eq!(shown.path(Path::new(path)), text);
            assert_eq!(shown.uri(Path::new(path)), uri);
        }
    }
}
