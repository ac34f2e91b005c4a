//! Whether an approval is of what a lock proposes, and if not, what differs.

use interlock_launch::{Entry, Line, RequestRecord, command_line};
use interlock_supply::lockfile::{Base, Content, ProposedGrants, Server};
use interlock_supply::{LockedTree, Store, TreeDigest};

use crate::commands::approve::origin;
use crate::context::Context;

use super::resolving;

/// What differs between an approval and what the lock proposes under its name; nothing when it is the same. Tools that the lock
/// does not name are not compared.
pub fn differences(
    context: &Context,
    store: &Store,
    base: &Base,
    entry: &Entry,
    server: &Server,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let (was, now) = (
        &entry.launch().request,
        RequestRecord::from(&server.request(base)),
    );
    if *was != now {
        lines.push(Line {
            what: "request".to_owned(),
            was: Some(command_line(was)),
            now: Some(command_line(&now)),
        });
    }
    let mut proposed = server.clone();
    match resolving::profile(context, base, server) {
        Ok(profile) => proposed.grants = ProposedGrants::of(&profile, base),
        Err(failure) => lines.push(Line {
            what: "grants".to_owned(),
            was: None,
            now: Some(failure.on_one_line()),
        }),
    }
    let approved = as_locked(context, store, base, entry, &proposed);
    lines.extend(approved.changes(&proposed));
    lines
}

/// An approval written as the server of a lock.
fn as_locked(
    context: &Context,
    store: &Store,
    base: &Base,
    entry: &Entry,
    proposed: &Server,
) -> Server {
    let tree = tree_of(store, entry, proposed);
    let same = tree.is_some() && tree == proposed.content.tree;
    let content = Content::of(entry.launch(), tree.as_ref(), base, store);
    let same = same || (content.image.is_some() && content.image == proposed.content.image);
    let package = entry.launch().package.as_ref();
    let origin = match package {
        // The same bytes came from the same place; what an approval knew of it is not in the approval.
        Some(_) if same => proposed.content.origin.clone(),
        Some(package) => origin::kept(context, store, &package.tree),
        None => None,
    };
    let pins = entry
        .pins()
        .iter()
        .map(|pin| (pin.name.clone(), pin.digest));
    Server {
        source: proposed.source.clone(),
        registry: proposed.registry.clone(),
        args: proposed.args.clone(),
        content: Content { origin, ..content },
        grants: ProposedGrants::of(entry.profile(), base),
        tools: if proposed.tools.is_empty() {
            Default::default()
        } else {
            pins.collect()
        },
    }
}

/// The tree that was approved. Its digest is in the approval; the list of packages is the lock's own when the digest is the same.
fn tree_of(store: &Store, entry: &Entry, proposed: &Server) -> Option<LockedTree> {
    let package = entry.launch().package.as_ref()?;
    let digest = TreeDigest::parse(&package.tree).ok()?;
    let same = proposed
        .content
        .tree
        .as_ref()
        .filter(|tree| tree.digest == digest);
    same.cloned().or_else(|| store.recorded(&digest))
}
