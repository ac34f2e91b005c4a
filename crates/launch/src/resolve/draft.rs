//! A launch in the making: files, trees and arguments are added until it is complete.

use std::collections::BTreeMap;
use std::path::Path;

use super::content::{EnvRecord, FileRecord, LaunchRecord, LockedPackage, RequestRecord};
use super::content::{TreeRecord, TreeRole};
use super::error::ResolveError;
use super::launch::{InImage, Launch, SYSTEM};
use super::program::{self, Found};
use super::roots::VOLATILE;
use super::{Prior, Resolver};
use crate::address::Address;
use crate::digest_cache::Seal;
use crate::guarded::shown;
use crate::profile::remembered;
use crate::request::Request;
use crate::stamp::Stamp;
use crate::tree::{self, Manifest, Omit};

/// What is known of a launch so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) program: Option<FileRecord>,
    pub(super) argv: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) cwd: Option<String>,
    pub(super) package: Option<LockedPackage>,
    pub(super) image: Option<InImage>,
    pub(super) remote: Option<Address>,
    chain: Vec<FileRecord>,
    trees: Vec<TreeRecord>,
    seals: Vec<Seal>,
    manifests: Vec<Manifest>,
    stamps: Vec<Stamp>,
}

impl Draft {
    /// Digests a file that is interpreted on the way to the program, or given to it.
    pub(super) fn file(
        &mut self,
        found: &Found,
        resolver: &mut Resolver<'_>,
        prior: Prior<'_>,
    ) -> Result<program::Looked, ResolveError> {
        refuse_own(&found.real, resolver)?;
        refuse_writable(&found.real, prior)?;
        let mut looked = program::look(&found.real, resolver.cache)?;
        self.seals.extend(looked.seal);
        self.stamps.extend(looked.stamp.take());
        Ok(looked)
    }

    /// Adds a file to the chain, once.
    pub(super) fn link(&mut self, record: FileRecord) {
        if !self.chain.contains(&record) {
            self.chain.push(record);
        }
    }

    /// Digests a directory of code, unless one around it is there already. What lies in it goes.
    pub(super) fn tree(
        &mut self,
        root: &Path,
        role: TreeRole,
        hidden: &[String],
        resolver: &mut Resolver<'_>,
        prior: Prior<'_>,
    ) -> Result<(), ResolveError> {
        let root = std::fs::canonicalize(root).map_err(|source| ResolveError::NotFound {
            path: shown(root),
            source,
        })?;
        if role != TreeRole::Package {
            refuse_own(&root, resolver)?;
        }
        refuse_writable(&root, prior)?;
        if self.trees.iter().any(|tree| root.starts_with(&tree.root)) {
            return Ok(());
        }
        self.trees
            .retain(|tree| !Path::new(&tree.root).starts_with(&root));
        let hidden = hidden_names(role, hidden);
        let writable = writable_paths(&root, prior)?;
        let paths = hidden.iter().chain(&writable).cloned().collect();
        let omit = Omit { paths };
        let digest = tree::digest(&root, &omit, resolver.cache)?;
        self.stamps.push(Stamp::of_tree(&root, omit, &digest));
        self.seals.extend(digest.seal);
        self.seals.extend(digest.held);
        self.manifests.extend(digest.manifest);
        self.trees.push(TreeRecord {
            root: program::text(&root)?,
            role,
            hidden,
            writable,
            digest: digest.digest,
            files: digest.files,
        });
        Ok(())
    }

    /// Whether a path lies in a digested directory.
    pub(super) fn covers(&self, path: &Path) -> bool {
        self.trees.iter().any(|tree| path.starts_with(&tree.root))
    }

    /// Completes the launch.
    pub(super) fn finish(mut self, request: &Request) -> Result<Launch, ResolveError> {
        if self.program.is_none() && self.remote.is_none() {
            return Err(ResolveError::Refused);
        }
        self.trees
            .sort_by(|a, b| (a.role, &a.root).cmp(&(b.role, &b.root)));
        let record = LaunchRecord {
            request: RequestRecord::from(request),
            program: self.program,
            argv: self.argv,
            env: self
                .env
                .iter()
                .map(|(name, value)| variable(name, value))
                .collect(),
            cwd: self.cwd,
            chain: self.chain,
            trees: self.trees,
            package: self.package,
            remote: self.remote,
        };
        Ok(Launch {
            record,
            values: self.env.into_iter().collect(),
            seals: self.seals,
            manifests: self.manifests,
            stamps: self.stamps,
            image: self.image,
        })
    }
}

impl From<&Request> for RequestRecord {
    /// The request as an approval remembers it.
    fn from(request: &Request) -> Self {
        let mut env: Vec<EnvRecord> = request
            .env
            .iter()
            .map(|(name, value)| variable(name, value))
            .collect();
        // Stable: of two values for one name, the order says which counts, so it is kept.
        env.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            command: request.command.clone(),
            args: request.args.clone(),
            env,
            cwd: request.cwd.clone(),
        }
    }
}

fn variable(name: &str, value: &str) -> EnvRecord {
    EnvRecord {
        name: name.to_owned(),
        value: remembered(name, value),
    }
}

/// The volatile names of a project, there or not (one that appears later changes nothing), and what the caller hides.
fn hidden_names(role: TreeRole, also: &[String]) -> Vec<String> {
    let volatile = VOLATILE.iter().filter(|_| role == TreeRole::Project);
    let mut hidden: Vec<String> = volatile
        .map(|name| (*name).to_owned())
        .chain(also.iter().cloned())
        .collect();
    hidden.sort_unstable();
    hidden
}

/// Grants for writing under a root, relative to it. They are left out of the digest.
fn writable_paths(root: &Path, prior: Prior<'_>) -> Result<Vec<String>, ResolveError> {
    let under = prior.writes.iter().filter_map(|grant| {
        let inside = grant.as_path().strip_prefix(root).ok()?;
        (!inside.as_os_str().is_empty()).then_some(inside)
    });
    under.map(program::text).collect()
}

/// Interlock's own directories hold keys, approvals and traces; no code is started from there but packages.
fn refuse_own(path: &Path, resolver: &Resolver<'_>) -> Result<(), ResolveError> {
    let own = resolver.places.own();
    if own
        .iter()
        .any(|own| path.starts_with(own) || own.starts_with(path))
    {
        let store = resolver.places.store();
        let in_store = path.starts_with(store) && path != store;
        if !in_store {
            return Err(ResolveError::OwnFiles { path: shown(path) });
        }
    }
    Ok(())
}

/// Code that the server may write is not the code that was approved.
fn refuse_writable(code: &Path, prior: Prior<'_>) -> Result<(), ResolveError> {
    match prior.writes.iter().find(|grant| grant.covers(code)) {
        Some(grant) => Err(ResolveError::WritesCode {
            grant: grant.to_string(),
            code: shown(code),
        }),
        None => Ok(()),
    }
}

/// Whether a path lies where every sandbox looks anyway.
pub(super) fn is_system(path: &Path) -> bool {
    SYSTEM.iter().any(|tree| path.starts_with(tree))
}
