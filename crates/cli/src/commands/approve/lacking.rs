//! What the packages of a tree of npm want besides their dependencies and do not get here, a line each. It is told; nothing is refused
//! for it.

use interlock_supply::npm::{UnmetPeer, Wants};
use interlock_supply::{LockedTree, Store};

use crate::terminal::visible;

/// So many peers are told one by one.
const TOLD: usize = 10;

/// What a person should know about a tree in the store. Nothing of what is no tree of npm.
pub fn told(packages: &Store, tree: &LockedTree) -> Vec<String> {
    let is_npm = |path: &str| path.starts_with("node_modules/");
    if !tree.packages.iter().any(|it| is_npm(it.path.as_str())) {
        return Vec::new();
    }
    let wants = Wants::of(packages, tree);
    let mut lines = peers(&wants);
    lines.extend(wants.pins_of_their_own().iter().map(|package| {
        format!(
            "{} pins what it needs in its npm-shrinkwrap.json, which npm would install; that is not followed here: what it needs \
             was chosen among the releases of today",
            visible(package)
        )
    }));
    lines
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
    let mut lines: Vec<String> = unmet.iter().take(TOLD).map(line).collect();
    if let Some(more) = unmet.len().checked_sub(TOLD).filter(|more| *more > 0) {
        lines.push(format!(
            "and {more} more peers that are not there as needed"
        ));
    }
    lines
}
