//! A host that serves repositories, asked by Git's smart protocol in version 2 over HTTPS.
//!
//! Three requests: what the host can do, which commit a name stands for, and the objects of one commit without its history. No
//! login is sent, and no redirect is followed: who serves a repository is part of what a person reads.

use super::{
    ObjectFormat, ObjectId, RemoteError, Repository,
    packet::{Band, Packets, escaped, line},
};
use crate::http::{Client, FetchError, Post, Sent, Trust};
use std::io::Read;

/// Largest list of names and abilities.
const MAX_TEXT: u64 = 16 << 20;
/// Largest pack; as for archives of packages.
pub(super) const MAX_PACK: u64 = 512 << 20;

/// A client for hosts of repositories.
#[derive(Clone)]
pub struct Host {
    client: Client,
}

/// What a name stood for when the host was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The branch or tag, in full; `HEAD` when none was named.
    pub name: String,
    /// The commit.
    pub commit: ObjectId,
}

impl Resolved {
    /// Whether the repository's owners say what the name stands for. What others propose has names as well (`refs/pull/9/head`).
    #[must_use]
    pub fn is_own(&self) -> bool {
        let kinds = ["refs/heads/", "refs/tags/"];
        self.name == "HEAD" || kinds.iter().any(|kind| self.name.starts_with(kind))
    }

    /// What it stands for, for a person; safe to print.
    #[must_use]
    pub fn told(&self, at: &Repository) -> String {
        let (name, commit) = (self.name.escape_debug(), &self.commit);
        format!("{name} of {at} stands for commit {commit} now; that commit is kept")
    }
}

/// What a host said that it can do.
struct Abilities {
    format: ObjectFormat,
}

impl Host {
    /// Prepares a client; connects to nothing yet.
    #[must_use]
    pub fn new(trust: &Trust) -> Self {
        Self {
            client: Client::new(trust),
        }
    }

    /// Whether the network was ruled out.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.client.is_offline()
    }

    /// Which commit a branch or tag stands for now; without one, the branch that the repository names first (`HEAD`).
    ///
    /// # Errors
    /// When the host cannot be asked or knows no such name, or a branch and a tag have it at different commits: Git takes the tag
    /// then, and installers of packages the branch.
    pub fn resolve(&self, at: &Repository, name: Option<&str>) -> Result<Resolved, RemoteError> {
        let candidates = match name {
            None => vec!["HEAD".to_owned()],
            Some(name) => ["", "refs/tags/", "refs/heads/"]
                .iter()
                .map(|prefix| format!("{prefix}{name}"))
                .filter(|full| full == "HEAD" || full.starts_with("refs/"))
                .collect(),
        };
        let unknown = || {
            let shown = name.unwrap_or("HEAD").chars().take(200);
            RemoteError::NoSuchName(shown.flat_map(char::escape_debug).collect())
        };
        if candidates.iter().any(|name| !is_name(name)) {
            return Err(unknown());
        }
        let asked: Vec<&str> = candidates.iter().map(String::as_str).collect();
        let found = self.references(at, &asked)?;
        let mut named = candidates
            .iter()
            .filter_map(|name| found.iter().find(|(found, _)| found == name));
        let (full, commit) = named.next().ok_or_else(unknown)?;
        // A name in full has one meaning.
        let is_full = name.is_none_or(|name| name == full);
        if !is_full && named.any(|(_, other)| other != commit) {
            let shown = name.unwrap_or_default().escape_debug();
            return Err(RemoteError::TwoNames(shown.to_string()));
        }
        Ok(Resolved {
            name: full.clone(),
            commit: commit.clone(),
        })
    }

    /// The names that begin with one of these, and the commits that they stand for.
    pub(super) fn references(
        &self,
        at: &Repository,
        prefixes: &[&str],
    ) -> Result<Vec<(String, ObjectId)>, RemoteError> {
        let abilities = self.abilities(at)?;
        let mut asked = line("peel");
        for prefix in prefixes {
            asked += &line(&format!("ref-prefix {prefix}"));
        }
        let mut answer = self.command(at, "ls-refs", abilities.format, &asked, MAX_TEXT)?;
        let mut found = Vec::new();
        while let Some(text) = answer.line().map_err(|error| told(error, at))? {
            found.extend(reference(&text).ok_or(RemoteError::Protocol("a line names no commit"))?);
        }
        found.retain(|(_, commit): &(_, ObjectId)| commit.format() == abilities.format);
        Ok(found)
    }

    /// Asks for the objects of one commit; the pack is read from what this returns.
    pub(super) fn pack(
        &self,
        at: &Repository,
        commit: &ObjectId,
    ) -> Result<Band<Box<dyn Read + Send>>, RemoteError> {
        let abilities = self.abilities(at)?;
        if abilities.format != commit.format() {
            return Err(RemoteError::OtherFormat(commit.clone()));
        }
        let asked = [
            line("no-progress"),
            line("ofs-delta"),
            line("deepen 1"),
            line(&format!("want {commit}")),
            line("done"),
        ];
        let answer = self.command(at, "fetch", abilities.format, &asked.concat(), MAX_PACK)?;
        packfile(answer, at)
    }

    fn abilities(&self, at: &Repository) -> Result<Abilities, RemoteError> {
        let url = format!("{at}/info/refs?service=git-upload-pack");
        let sent = self.client.asked(&Post {
            url: &url,
            body: None,
            headers: &[("git-protocol", "version=2")],
            limit: MAX_TEXT,
            plain: at.is_plain(),
        });
        let mut packets = packets(sent, at, MAX_TEXT)?;
        // Some hosts begin with a line that names the service, as version 1 did.
        let mut first = packets.line().map_err(|error| told(error, at))?;
        if first
            .as_deref()
            .is_some_and(|text| text.starts_with("# service="))
        {
            packets.next().map_err(|error| told(error, at))?;
            first = packets.line().map_err(|error| told(error, at))?;
        }
        if first.as_deref() != Some("version 2") {
            return Err(RemoteError::Protocol(
                "it does not speak version 2 of Git's protocol",
            ));
        }
        let (mut format, mut fetch) = (ObjectFormat::Sha1, false);
        while let Some(text) = packets.line().map_err(|error| told(error, at))? {
            match text.split_once('=').unwrap_or((&text, "")) {
                ("object-format", "sha1") => format = ObjectFormat::Sha1,
                ("object-format", "sha256") => format = ObjectFormat::Sha256,
                ("object-format", _) => return Err(RemoteError::Protocol("its hash is unknown")),
                ("fetch", words) => fetch = words.split(' ').any(|word| word == "shallow"),
                _ => {}
            }
        }
        if fetch {
            Ok(Abilities { format })
        } else {
            Err(RemoteError::Protocol(
                "it cannot serve a commit without its history",
            ))
        }
    }

    pub(super) fn command(
        &self,
        at: &Repository,
        command: &str,
        format: ObjectFormat,
        asked: &str,
        limit: u64,
    ) -> Result<Packets<Box<dyn Read + Send>>, RemoteError> {
        let head = line(&format!("command={command}"));
        let format = line(&format!("object-format={}", format.as_str()));
        let body = format!("{head}{format}0001{asked}0000");
        let sent = self.client.asked(&Post {
            url: &format!("{at}/git-upload-pack"),
            body: Some(body.as_bytes()),
            headers: &[
                ("git-protocol", "version=2"),
                ("content-type", "application/x-git-upload-pack-request"),
                ("accept", "application/x-git-upload-pack-result"),
            ],
            limit,
            plain: at.is_plain(),
        });
        packets(sent, at, limit)
    }
}

/// The pack in an answer, after what is said before it.
pub(super) fn packfile<R: Read>(
    mut answer: Packets<R>,
    at: &Repository,
) -> Result<Band<R>, RemoteError> {
    loop {
        let section = answer.line().map_err(|error| told(error, at))?;
        match section.as_deref() {
            Some("packfile") => return Ok(Band::new(answer)),
            // What history is left out is what was asked for.
            Some("shallow-info") => {
                while answer.line().map_err(|error| told(error, at))?.is_some() {}
            }
            _ => {
                return Err(RemoteError::Protocol(
                    "it has no pack where one was asked for",
                ));
            }
        }
    }
}

fn packets(
    sent: Result<Sent, FetchError>,
    at: &Repository,
    limit: u64,
) -> Result<Packets<Box<dyn Read + Send>>, RemoteError> {
    let fetch = |source| RemoteError::Fetch {
        url: at.to_string(),
        source,
    };
    match sent.map_err(fetch)? {
        Sent::Answer(answer) => Ok(Packets::new(answer.reader, limit)),
        Sent::Elsewhere(to) => Err(RemoteError::Moved {
            from: at.to_string(),
            to: escaped(to.as_bytes()),
        }),
    }
}

/// Puts the address to an error of the connection.
fn told(error: RemoteError, at: &Repository) -> RemoteError {
    match error {
        RemoteError::Fetch { source, .. } => RemoteError::Fetch {
            url: at.to_string(),
            source,
        },
        other => other,
    }
}

/// `COMMIT NAME [peeled:COMMIT]`: a tag with a message of its own stands for what it names. None for a name of nothing.
fn reference(text: &str) -> Option<Option<(String, ObjectId)>> {
    let mut words = text.split(' ');
    let (id, name) = (words.next()?, words.next()?);
    if id == "unborn" {
        return Some(None);
    }
    let peeled = words.find_map(|word| word.strip_prefix("peeled:"));
    let commit = ObjectId::parse(peeled.unwrap_or(id))?;
    Some(Some((name.to_owned(), commit)))
}

/// What Git lets be the name of a branch or tag, in plain characters.
fn is_name(name: &str) -> bool {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+' | '@');
    name.len() <= 250
        && name.chars().all(plain)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && !part.ends_with(['.'])
                && !part.ends_with(".lock")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        for (text, expected) in [
            (
                format!("{a} refs/heads/main"),
                Some(Some(("refs/heads/main", &a))),
            ),
            (
                format!("{a} refs/tags/v1 peeled:{b}"),
                Some(Some(("refs/tags/v1", &b))),
            ),
            (
                format!("{a} HEAD symref-target:refs/heads/main"),
                Some(Some(("HEAD", &a))),
            ),
            ("unborn HEAD".to_owned(), Some(None)),
            (format!("{} x", "a".repeat(39)), None),
            ("x".to_owned(), None),
        ] {
            let found = reference(&text);
            let found = found.as_ref().map(|found| {
                found
                    .as_ref()
                    .map(|(name, id)| (name.as_str(), id.to_string()))
            });
            let expected = expected.map(|it| it.map(|(name, id)| (name, id.clone())));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn names() {
        for (name, good) in [
            ("HEAD", true),
            ("refs/tags/v1.2.3-rc.1+b", true),
            ("refs/heads/feature/x", true),
            ("refs/tags/@scope/name@1.0", true),
            ("refs/heads/", false),
            ("refs/heads/-x", false),
            ("refs/heads/a..b", false),
            ("refs/heads/a b", false),
            ("refs/heads/a\n", false),
            ("refs/heads/x.lock", false),
            ("refs/heads/.x", false),
            ("refs/heads/x@{1}", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }
}
