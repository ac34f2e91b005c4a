//! Whether a repository's own branches and tags have a commit.
//!
//! A forge keeps a repository and all its forks in one place and serves the commits of each under the addresses of all: that a commit
//! was served proves what is in it, and not that anybody who may write to the repository put it there. Its branches and tags do say
//! that. They are the host's word, as every name of a commit is; nothing of the commit is fetched here.

use super::{
    ObjectId, RemoteError, Repository,
    packet::line,
    remote::{Host, MAX_PACK, packfile},
};
use std::io::Read as _;

/// Of so many branches and tags the histories are looked into, branches before tags.
const NAMES: usize = 256;

/// How a repository's own names have a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// This branch or tag stands for it.
    Named(String),
    /// It is in the history of the repository's first branch (`HEAD`).
    InFirst,
    /// It is in the history of another branch, or of a tag.
    InOther,
}

impl Host {
    /// How the branches and tags of a repository have a commit. None where none of them does, as far as they are looked into.
    ///
    /// # Errors
    /// When the host cannot be asked, or has no such commit.
    pub fn standing(
        &self,
        at: &Repository,
        commit: &ObjectId,
    ) -> Result<Option<Standing>, RemoteError> {
        let all = self.references(at, &["HEAD", "refs/heads/", "refs/tags/"])?;
        // A host may list more than it was asked for, such as what others propose.
        let own = |name: &str| name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
        let (own, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| own(name));
        if let Some((name, _)) = own.iter().find(|(_, end)| end == commit) {
            return Ok(Some(Standing::Named(name.clone())));
        }
        let first = rest.iter().find(|(name, _)| name == "HEAD");
        if let Some((_, first)) = first
            && self.leads_to(at, &[first], commit)?
        {
            return Ok(Some(Standing::InFirst));
        }
        let mut others: Vec<&ObjectId> = own.iter().map(|(_, end)| end).take(NAMES).collect();
        others.dedup();
        let found = !others.is_empty() && self.leads_to(at, &others, commit)?;
        Ok(found.then_some(Standing::InOther))
    }

    /// Whether a commit is in the history of others. The host is told that the others are here: then it has nothing to send for it. (That
    /// it is `ready` to send says less: so it is for a commit whose parent alone is known.)
    fn leads_to(
        &self,
        at: &Repository,
        from: &[&ObjectId],
        to: &ObjectId,
    ) -> Result<bool, RemoteError> {
        let mut asked = line("no-progress") + &line(&format!("want {to}"));
        for end in from {
            asked += &line(&format!("have {end}"));
        }
        asked += &line("done");
        let answer = self.command(at, "fetch", to.format(), &asked, MAX_PACK)?;
        let mut head = [0; 12];
        let read = packfile(answer, at)?.read_exact(&mut head);
        read.map_err(|_| RemoteError::Protocol("its pack has no head"))?;
        match head {
            [b'P', b'A', b'C', b'K', _, _, _, _, count @ ..] => Ok(count == [0; 4]),
            _ => Err(RemoteError::Protocol("its pack has no head")),
        }
    }
}
