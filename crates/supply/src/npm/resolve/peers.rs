//! Trees whose peers fit: where a package asks for another version of a peer than the one that came to be outermost, the tree is
//! built again around the one that it asks for, and what asks for the other has that nested.
//!
//! npm replaces what it placed before and comes to the same. What cannot be made to fit stays as it is, to be told.

use super::{
    build::{Built, Failure, Source, build_around},
    tree::Need,
};
use crate::{
    host::Host,
    npm::{Manifest, PackageName, Spec},
};
use std::{collections::BTreeSet, sync::Arc};

/// So many peers are tried outermost; the tree is built again for each.
const MAX_TRIED: usize = 8;

/// Builds the tree of what `root` asks for with as many peers that fit as can be had, or says which needed dependency cannot be
/// had.
pub(super) fn build(
    source: &dyn Source,
    host: &Host,
    root: Arc<Manifest>,
) -> Result<Built, Failure> {
    let mut built = build_around(source, host, root.clone(), &[])?;
    let mut first: Vec<Arc<Manifest>> = Vec::new();
    // What was asked for by name is outermost itself.
    let mut tried: BTreeSet<PackageName> = root.dependencies.keys().cloned().collect();
    for _ in 0..MAX_TRIED {
        let Some(name) = misfit(&built, &tried) else {
            break;
        };
        let asked_for = outermost(&built, source, &name);
        tried.insert(name);
        let Some(manifest) = asked_for.filter(|it| host.admits(&it.os, &it.cpu, &it.libc)) else {
            continue;
        };
        first.push(manifest);
        match build_around(source, host, root.clone(), &first) {
            Ok(other) if other.misfits.len() < built.misfits.len() => built = other,
            _ => drop(first.pop()),
        }
    }
    Ok(built)
}

/// A peer that is there in a version that does not fit, and was not tried.
fn misfit(built: &Built, tried: &BTreeSet<PackageName>) -> Option<PackageName> {
    let peers = built.misfits.iter().map(|(_, edge, _)| edge);
    let mut peers = peers.filter(|edge| edge.need == Need::Peer && !tried.contains(&edge.name));
    peers.next().map(|edge| edge.name.clone())
}

/// The version of a peer that suits those whom the present one does not: as many of them as can be suited together.
fn outermost(built: &Built, source: &dyn Source, name: &PackageName) -> Option<Arc<Manifest>> {
    let asked = built.misfits.iter().map(|(_, edge, _)| edge);
    let asked = asked.filter(|edge| edge.name == *name && edge.need == Need::Peer);
    let specs = asked.filter_map(|edge| Spec::parse(&edge.spec).ok());
    let (mut wanted, mut best) = (Vec::new(), None);
    for spec in specs.filter(|spec| spec.alias.is_none()) {
        wanted.push(spec.wanted);
        let found = match wanted.as_slice() {
            [only] => source.pick(name, only).ok(),
            all => source.pick_for_all(name, all),
        };
        match found {
            Some(manifest) => best = Some(manifest),
            None => drop(wanted.pop()),
        }
    }
    best
}
