//! The words in which Interlock itself names a server's bytes: `binary:ADDRESS#sha256=DIGEST`, `mcpb:ADDRESS#sha256=DIGEST`,
//! `git:ADDRESS#COMMIT`. They are command words of `interlock approve` and `interlock.lock`; no system starts them.
//!
//! Parsing is pure and strict: one text has one meaning and is its own display. Nothing is looked up or opened here.

use std::fmt;
use std::str::FromStr;

use super::normal_form::normal_form;
use crate::judge::{Ecosystem, PackageRef};
use crate::text;

/// Longest accepted word, in bytes.
const LONGEST: usize = 4096;

/// What kind of thing an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// One program, or a release archive that holds it.
    Binary,
    /// An MCPB bundle.
    Mcpb,
    /// A repository at a commit.
    Git,
}

impl SourceKind {
    const ALL: [Self; 3] = [Self::Binary, Self::Mcpb, Self::Git];

    /// The scheme, without its colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Mcpb => "mcpb",
            Self::Git => "git",
        }
    }

    /// What stands between `#` and the pin itself.
    fn mark(self) -> &'static str {
        match self {
            Self::Binary | Self::Mcpb => "sha256=",
            Self::Git => "",
        }
    }

    /// A bundle says itself what starts.
    fn has_entry(self) -> bool {
        self != Self::Mcpb
    }

    fn is_pin(self, pin: &str) -> bool {
        match self {
            Self::Binary | Self::Mcpb => pin.len() == 64 && is_hex(pin),
            Self::Git => is_commit(pin),
        }
    }

    /// What a person may write in a pin's place: a branch or a tag, in the characters that almost all of them have.
    fn is_name(self, name: &str) -> bool {
        self == Self::Git && is_revision(name)
    }
}

/// The whole name of a commit.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

/// A commit, or the name of a branch or tag in the characters that almost all of them have; nothing that begins like an option.
pub(super) fn is_revision(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_./+@".contains(&c);
    // A commit is named in lower case; in any other it would be looked for as a branch.
    let is_upper = !is_commit(text) && is_commit(&text.to_ascii_lowercase());
    !is_upper
        && text.len() <= 200
        && text.bytes().all(plain)
        && text
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with(['.', '-']))
}

/// Why a word names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceWordError {
    /// None of the schemes.
    #[error("it begins with none of `binary:`, `mcpb:` and `git:`")]
    Scheme,
    /// Nothing that can be fetched.
    #[error(
        "the address is not `https://HOST/PATH` (`http` is for `127.0.0.1` and `[::1]`; a bundle may be a path)"
    )]
    Address,
    /// A repository has one address, so that what is locked can be compared with what is asked for.
    #[error(
        "the address of a repository has one form: a host in lower case, no `:443`, no `?`, no `.` or `..` between slashes and no `/` at its end"
    )]
    Form,
    /// The same, where that form is known.
    #[error("the address of a repository has one form: write `{0}`")]
    Written(String),
    /// The pin is not of the kind that this source has.
    #[error(
        "what follows `#` is no pin: `#sha256=` and 64 digits in lower case, or a commit in lower case, a branch or a tag"
    )]
    Pin,
    /// What starts is no plain path.
    #[error("what follows the pin's `:` is no plain path in it")]
    Entry,
}

/// A source as one word: where it is, exactly which bytes, and which file of them starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceWord {
    kind: SourceKind,
    address: String,
    /// Of a repository also the name of a branch or tag.
    pin: Option<String>,
    entry: Option<String>,
}

impl SourceWord {
    /// Whether a word begins with one of the schemes, so that nothing else reads it.
    #[must_use]
    pub fn is_one(word: &str) -> bool {
        split(word).is_some()
    }

    /// The word behind a package that was asked for in one.
    #[must_use]
    pub fn of(package: &PackageRef) -> Option<Self> {
        let kind = match package.ecosystem {
            Ecosystem::Binary => SourceKind::Binary,
            Ecosystem::Mcpb => SourceKind::Mcpb,
            Ecosystem::Git => SourceKind::Git,
            _ => return None,
        };
        Some(Self {
            kind,
            address: package.source.clone()?,
            pin: package.spec.clone(),
            entry: package.bin.clone(),
        })
    }

    /// What kind of thing it leads to.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The `https` address, or a bundle's path.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the address is a path on this machine.
    #[must_use]
    pub fn is_path(&self) -> bool {
        self.kind == SourceKind::Mcpb && is_bundle_path(&self.address)
    }

    /// The host of the address, with its port; none for a path.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        if self.is_path() {
            return None;
        }
        let (_, rest) = self.address.split_once("://")?;
        rest.split('/').next()
    }

    /// The SHA-256 of what is fetched, or the commit: lower-case hexadecimal. None where a person left it out.
    #[must_use]
    pub fn pin(&self) -> Option<&str> {
        let pin = self.pin.as_deref()?;
        self.kind.is_pin(pin).then_some(pin)
    }

    /// The pin, or the branch or tag that a person wrote in its place.
    #[must_use]
    pub fn asked(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// The file that starts, where it is named: a plain relative path.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.entry.as_deref()
    }

    /// The same source, with what was found at it.
    ///
    /// # Errors
    /// When `pin` is none of this kind.
    pub fn pinned(&self, pin: &str) -> Result<Self, SourceWordError> {
        if !self.kind.is_pin(pin) {
            return Err(SourceWordError::Pin);
        }
        Ok(Self {
            pin: Some(pin.to_owned()),
            ..self.clone()
        })
    }

    /// The same source at another place: a path made absolute, or relative to a project.
    ///
    /// # Errors
    /// When nothing can be fetched from there.
    pub fn at(&self, address: &str) -> Result<Self, SourceWordError> {
        let moved = Self {
            address: address.to_owned(),
            ..self.clone()
        };
        moved.to_string().parse()
    }

    /// What the tree is called in records: the last part of the entry or of the address, without the endings of archives.
    #[must_use]
    pub fn name(&self) -> String {
        let path = match self.address.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => self.address.as_str(),
        };
        let path = path.split('?').next().unwrap_or_default();
        let entry = self
            .entry
            .as_deref()
            .filter(|_| self.kind == SourceKind::Binary);
        let last = entry.unwrap_or(path).trim_end_matches('/');
        let last = last.rsplit('/').next().unwrap_or(last);
        let endings = [
            ".tar.gz", ".tgz", ".zip", ".mcpb", ".dxt", ".git", ".exe", ".gz",
        ];
        let stem = endings.iter().find_map(|ending| last.strip_suffix(ending));
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let name: String = stem
            .unwrap_or(last)
            .chars()
            .filter(plain)
            .take(100)
            .collect();
        let name = name.trim_start_matches(['.', '-', '_']);
        if name.is_empty() || name == "node_modules" {
            return self.kind.as_str().to_owned();
        }
        name.to_owned()
    }
}

/// The kind and what follows its scheme.
fn split(word: &str) -> Option<(SourceKind, &str)> {
    SourceKind::ALL.into_iter().find_map(|kind| {
        let rest = word.strip_prefix(kind.as_str())?.strip_prefix(':')?;
        Some((kind, rest))
    })
}

impl FromStr for SourceWord {
    type Err = SourceWordError;

    fn from_str(word: &str) -> Result<Self, SourceWordError> {
        let (kind, rest) = split(word).ok_or(SourceWordError::Scheme)?;
        if word.len() > LONGEST || text::hidden_char(word, false).is_some() {
            return Err(SourceWordError::Address);
        }
        let is_url = rest.starts_with("https://") || rest.starts_with("http://");
        // A file's name may hold a `#`; an address ends at its first.
        let (address, fragment) = if is_url {
            match rest.split_once('#') {
                Some((address, fragment)) => (address, Some(fragment)),
                None => (rest, None),
            }
        } else {
            match rest.rsplit_once("#sha256=") {
                Some((path, _)) => (path, rest.get(path.len() + 1..)),
                None => (rest, None),
            }
        };
        let fits = match is_url {
            true => is_address(address),
            false => kind == SourceKind::Mcpb && is_bundle_path(address),
        };
        if !fits {
            return Err(SourceWordError::Address);
        }
        if kind == SourceKind::Git {
            match normal_form(address) {
                Some(normal) if normal == address => {}
                Some(normal) => return Err(SourceWordError::Written(normal)),
                None => return Err(SourceWordError::Form),
            }
        }
        let (pin, entry) = match fragment {
            Some(fragment) => pin_and_entry(kind, fragment)?,
            None => (None, None),
        };
        Ok(Self {
            kind,
            address: address.to_owned(),
            pin,
            entry,
        })
    }
}

/// `PIN`, `PIN:ENTRY` or `:ENTRY`.
fn pin_and_entry(
    kind: SourceKind,
    fragment: &str,
) -> Result<(Option<String>, Option<String>), SourceWordError> {
    let (pin, entry) = match fragment.split_once(':') {
        Some((pin, entry)) => (pin, Some(entry)),
        None => (fragment, None),
    };
    let pin = match pin {
        "" if entry.is_some() => None,
        pin => {
            let digits = pin.strip_prefix(kind.mark()).ok_or(SourceWordError::Pin)?;
            if !kind.is_pin(digits) && !kind.is_name(digits) {
                return Err(SourceWordError::Pin);
            }
            Some(digits.to_owned())
        }
    };
    if entry.is_some_and(|entry| !kind.has_entry() || !is_plain(entry)) {
        return Err(SourceWordError::Entry);
    }
    Ok((pin, entry.map(str::to_owned)))
}

/// An address without credentials, in characters that need no escaping.
fn is_address(address: &str) -> bool {
    let (tls, rest) = match (
        address.strip_prefix("https://"),
        address.strip_prefix("http://"),
    ) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    let Some((authority, path)) = rest.split_once('/') else {
        return false;
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let own = matches!(host, "127.0.0.1" | "[::1]");
    let named = !host.is_empty()
        && host
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-'));
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    let plain = |c: u8| c.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&c);
    (tls || own) && (named || bracketed) && port_fits && path.bytes().all(plain)
}

/// A path as a lock or a person writes it: absolute, or relative to a place that is known.
fn is_bundle_path(path: &str) -> bool {
    ["/", "./", "../", "~/"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// A relative path without `.`, `..` and empty parts.
fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains('\\')
}

impl fmt::Display for SourceWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.address)?;
        if self.pin.is_some() || self.entry.is_some() {
            f.write_str("#")?;
        }
        if let Some(pin) = &self.pin {
            write!(f, "{}{pin}", self.kind.mark())?;
        }
        match &self.entry {
            Some(entry) => write!(f, ":{entry}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `address | pin's length | entry | name`, or the error.
    fn check(word: &str, expected: &str) {
        let found = match word.parse::<SourceWord>() {
            Ok(source) => {
                assert_eq!(source.to_string(), word, "one form only");
                let pin = source.pin().map_or(0, str::len);
                let entry = source.entry().unwrap_or("-");
                format!("{} | {pin} | {entry} | {}", source.address(), source.name())
            }
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(found, expected, "{word}");
    }

    #[test]
    fn words_are_read_in_one_way() {
        let digest = "0a".repeat(32);
        let commit = "0a".repeat(20);
        for (word, expected) in [
            (
                "binary:https://h.example/x/tool-1.2".to_owned(),
                "https://h.example/x/tool-1.2 | 0 | - | tool-1.2",
            ),
            (
                format!("binary:https://h.example:8443/t.tar.gz#sha256={digest}:bin/tool"),
                "https://h.example:8443/t.tar.gz | 64 | bin/tool | tool",
            ),
            (
                "binary:https://h.example/t.zip?x=1#:tool.exe".to_owned(),
                "https://h.example/t.zip?x=1 | 0 | tool.exe | tool",
            ),
            (
                "binary:http://127.0.0.1:9/t".to_owned(),
                "http://127.0.0.1:9/t | 0 | - | t",
            ),
            (
                "binary:https://[::1]:9/".to_owned(),
                "https://[::1]:9/ | 0 | - | binary",
            ),
            (
                format!("mcpb:./a b#1.mcpb#sha256={digest}"),
                "./a b#1.mcpb | 64 | - | ab1",
            ),
            ("mcpb:/srv/x.dxt".to_owned(), "/srv/x.dxt | 0 | - | x"),
            (
                "mcpb:/srv/a://x.dxt".to_owned(),
                "/srv/a://x.dxt | 0 | - | mcpb",
            ),
            (
                "git:https://h.example/o/r#v1.2/rc:a.js".to_owned(),
                "https://h.example/o/r | 0 | a.js | r",
            ),
            (
                format!("git:https://h.example/o/r.git#{commit}:src/main.py"),
                "https://h.example/o/r.git | 40 | src/main.py | r",
            ),
        ] {
            check(&word, expected);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let digest = "0a".repeat(32);
        for (word, expected) in [
            ("binary:tool".to_owned(), "Address"),
            ("binary:/usr/bin/tool".to_owned(), "Address"),
            ("binary:http://h.example/t".to_owned(), "Address"),
            (
                "binary:http://127.0.0.1.evil.example/t".to_owned(),
                "Address",
            ),
            ("binary:https://user@h.example/t".to_owned(), "Address"),
            ("binary:https://h.example".to_owned(), "Address"),
            ("binary:https://h.example:0/t".to_owned(), "Address"),
            ("binary:https:///t".to_owned(), "Address"),
            ("binary:https://h.example/a b".to_owned(), "Address"),
            ("binary:https://h.example/\u{202e}t".to_owned(), "Address"),
            ("binary:HTTPS://h.example/t".to_owned(), "Address"),
            ("binary:https://h.example/t#".to_owned(), "Pin"),
            ("binary:https://h.example/t#sha256=0a".to_owned(), "Pin"),
            (format!("binary:https://h.example/t#{digest}"), "Pin"),
            (
                format!(
                    "binary:https://h.example/t#sha256={}",
                    digest.to_uppercase()
                ),
                "Pin",
            ),
            ("binary:https://h.example/t#:../x".to_owned(), "Entry"),
            ("binary:https://h.example/t#:/x".to_owned(), "Entry"),
            ("binary:https://h.example/t#:".to_owned(), "Entry"),
            ("mcpb:https://h.example/t#:x".to_owned(), "Entry"),
            ("mcpb:x.mcpb".to_owned(), "Address"),
            ("git:https://h.example/r#-x".to_owned(), "Pin"),
            ("git:https://h.example/r#a//b".to_owned(), "Pin"),
            ("git:https://h.example/r#a b".to_owned(), "Pin"),
            ("git:https://h.example/r#a\\b".to_owned(), "Pin"),
            ("git:ssh://h.example/r".to_owned(), "Address"),
            (
                "git:https://H.example:443/a/../r/".to_owned(),
                r#"Written("https://h.example/r")"#,
            ),
            ("git:https://h.example/r?x=1".to_owned(), "Form"),
            ("npm:x".to_owned(), "Scheme"),
        ] {
            check(&word, expected);
        }
        assert!(
            SourceWord::is_one("git:x")
                && !SourceWord::is_one("git")
                && !SourceWord::is_one("github:x")
        );
    }

    #[test]
    fn a_pin_is_added_once_it_is_known() {
        let word: SourceWord = "binary:https://h.example/t#:x".parse().unwrap();
        let pinned = word.pinned(&"0a".repeat(32)).unwrap();
        assert!(pinned.to_string().ends_with("0a:x"));
        assert_eq!(word.pinned("0a"), Err(SourceWordError::Pin));
        let slashes: SourceWord = "mcpb:/srv/a://x".parse().unwrap();
        assert!(slashes.is_path() && slashes.host().is_none());
        let bundle: SourceWord = "mcpb:./x.mcpb".parse().unwrap();
        assert_eq!(
            bundle.at("/srv/x.mcpb").unwrap().to_string(),
            "mcpb:/srv/x.mcpb"
        );
        assert_eq!(bundle.at("x"), Err(SourceWordError::Address));
    }
}
