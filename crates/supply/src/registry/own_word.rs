//! What a stored package says of itself, beside the entry that named it.

use serde_json::Value;
use std::{fs::File, io::Read};

use super::{Review, review_entry};
use crate::{
    locked::{Ecosystem, LockedTree},
    store::{Store, Stored},
};

/// Most bytes of a package.json or METADATA.
const LARGEST: u64 = 4 << 20;

/// Compares an entry with the package's own claim: `mcpName` in package.json (npm), `mcp-name:` in the description (PyPI). None where
/// the kind of package has no such place: a bundle is named by its digest in the entry.
#[must_use]
pub fn own_word(entry: &Value, store: &Store, tree: &LockedTree) -> Option<Review> {
    let own = tree.packages.iter().find(|package| {
        package.name == tree.name && package.version == tree.version && !package.path.is_nested()
    })?;
    let stored = store.package_in_tree(&tree.digest, own.path.as_str())?;
    let mut review = match tree.ecosystem {
        Ecosystem::Npm => {
            let manifest = text(&stored, "package.json")?;
            let manifest = serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok()?;
            review_entry(entry, Some(&manifest), None)
        }
        Ecosystem::Pypi => {
            let metadata = metadata(&stored, tree.name.as_str())?;
            review_entry(entry, None, Some(&text(&stored, &metadata)?))
        }
        _ => return None,
    };
    review
        .reasons
        .retain(|reason| reason.code.starts_with("claim-") || reason.code == "name-mismatch");
    Some(review)
}

/// `site/NAME-VERSION.dist-info/METADATA` of the package itself.
fn metadata(stored: &Stored, name: &str) -> Option<String> {
    let folded = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
    let paths = stored.files.iter().map(|file| file.path.as_str());
    let own = paths.filter(|path| {
        let Some(info) = path.strip_suffix(".dist-info/METADATA") else {
            return false;
        };
        let last = info.rsplit('/').next().unwrap_or(info);
        last.rsplit_once('-')
            .is_some_and(|(found, _)| folded(found) == folded(name))
    });
    own.map(str::to_owned).next()
}

fn text(stored: &Stored, path: &str) -> Option<String> {
    let mut text = String::new();
    let file = File::open(stored.directory.join(path)).ok()?;
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}
