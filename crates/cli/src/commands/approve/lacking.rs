//! What the packages of a tree of npm want besides their dependencies and do not get here, a line each. It is told; nothing is refused
//! for it.

use interlock_supply::npm::{UnmetPeer, Wants};
use interlock_supply::{LockedTree, Store};

use crate::context::Context;
use crate::launching;
use crate::terminal::visible;

/// So many of a kind are told one by one.
const TOLD: usize = 10;

/// What a person should know about a tree in the store. Nothing of what is no tree of npm.
pub fn told(context: &Context, packages: &Store, tree: &LockedTree) -> Vec<String> {
    let is_npm = |path: &str| path.starts_with("node_modules/");
    if !tree.packages.iter().any(|it| is_npm(it.path.as_str())) {
        return Vec::new();
    }
    let wants = Wants::of(packages, tree);
    let mut lines = peers(&wants);
    lines.extend(wants.pins_of_their_own().iter().map(|package| {
        format!(
            "{} pins what it needs in its npm-shrinkwrap.json, which npm would install; that is not followed here, so \
             other versions may be there",
            visible(package)
        )
    }));
    lines.extend(nodes(context, packages, &wants));
    lines
}

fn nodes(context: &Context, packages: &Store, wants: &Wants) -> Vec<String> {
    let node = launching::host(context, packages).node;
    let others = wants.for_other_nodes(node.as_ref());
    let Some(node) = node else {
        let first = others.first().map(|(by, range)| {
            format!(
                "which version node is cannot be read from its files, so whether it is new enough is not known; {} is for node {}",
                visible(by),
                visible(range)
            )
        });
        return first.into_iter().collect();
    };
    let line = |(by, range): &(String, String)| {
        let (by, range) = (visible(by), visible(range));
        format!("{by} is for node {range}, and {node} is here; it may fail")
    };
    shortened(&others, line, "packages for another node")
}

fn peers(wants: &Wants) -> Vec<String> {
    let unmet = wants.unmet_peers();
    let line = |peer: &UnmetPeer| {
        let found = peer.found.as_ref().map(|it| visible(it.as_str()));
        format!(
            "{} needs its peer {} {}, and {} is there; it may fail",
            visible(&peer.by),
            visible(peer.name.as_str()),
            visible(&peer.wanted),
            found.unwrap_or_else(|| "none".to_owned())
        )
    };
    shortened(&unmet, line, "peers that are not there as needed")
}

/// The first of them one by one, and how many more.
fn shortened<T>(all: &[T], line: impl Fn(&T) -> String, what: &str) -> Vec<String> {
    let more = all.len().saturating_sub(TOLD);
    let more = (more > 0).then(|| format!("and {more} more {what}"));
    all.iter().take(TOLD).map(line).chain(more).collect()
}
