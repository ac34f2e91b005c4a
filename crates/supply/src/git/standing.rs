//! Whether a repository's own branches and tags have a commit.
//!
//! A forge keeps a repository and all its forks in one place and serves the commits of each under the addresses of all: that a commit
//! was served proves what is in it, and not that anybody who may write to the repository put it there. Its branches and tags do say
//! that. They are the host's word, as every name of a commit is; nothing is fetched here, and nothing that is learned is kept.

use super::{
    ObjectId, RemoteError, Repository,
    packet::line,
    remote::{Host, MAX_PACK, told},
};

/// So many branches are asked about, the first one (`HEAD`) before the others.
const BRANCHES: usize = 8;

/// How a branch or tag has a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// This branch or tag names it.
    Named(String),
    /// It is in the history of this branch.
    Within(String),
}

impl Host {
    /// The branch or tag that names a commit, or else, of the first few branches, the one whose history has it. None where the host
    /// says so of no branch and no tag.
    ///
    /// # Errors
    /// When the host cannot be asked.
    pub fn standing(
        &self,
        at: &Repository,
        commit: &ObjectId,
    ) -> Result<Option<Standing>, RemoteError> {
        let asked = ["HEAD", "refs/heads/", "refs/tags/"];
        let all = self.references(at, &asked)?;
        let head = all.iter().find(|(name, _)| name == "HEAD");
        let head = head.map(|(_, head)| head.clone());
        // A host may list more than it was asked for, such as what others propose.
        let own = |name: &str| asked.iter().skip(1).any(|prefix| name.starts_with(prefix));
        let mut own: Vec<_> = all.into_iter().filter(|(name, _)| own(name)).collect();
        if let Some((name, _)) = own.iter().find(|(_, end)| end == commit) {
            return Ok(Some(Standing::Named(name.clone())));
        }
        own.retain(|(name, _)| name.starts_with("refs/heads/"));
        own.sort_by_key(|(_, end)| Some(end) != head.as_ref());
        own.dedup_by(|(_, one), (_, other)| one == other);
        for (name, end) in own.into_iter().take(BRANCHES) {
            if self.leads_to(at, &end, commit)? {
                return Ok(Some(Standing::Within(name)));
            }
        }
        Ok(None)
    }

    /// Whether a commit is in the history of another one. The host is told that the one is here and the other is wanted: it is `ready`
    /// when everything that is wanted leads to something that is here. What it would send then is not read.
    fn leads_to(
        &self,
        at: &Repository,
        from: &ObjectId,
        to: &ObjectId,
    ) -> Result<bool, RemoteError> {
        let asked = format!(
            "{}{}{}",
            line("no-progress"),
            line(&format!("want {from}")),
            line(&format!("have {to}"))
        );
        let mut answer = self.command(at, "fetch", to.format(), &asked, MAX_PACK)?;
        let mut acknowledged = false;
        while let Some(text) = answer.line().map_err(|error| told(error, at))? {
            match text.as_str() {
                "acknowledgments" => acknowledged = true,
                "ready" if acknowledged => return Ok(true),
                _ if acknowledged => {}
                _ => return Err(RemoteError::Protocol("it does not say what it has")),
            }
        }
        Ok(false)
    }
}
