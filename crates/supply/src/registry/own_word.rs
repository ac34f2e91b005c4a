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
    });
    let stored = own.and_then(|own| store.package_in_tree(&tree.digest, own.path.as_str()));
    let stored = stored.as_ref();
    // What cannot be read claims nothing.
    let mut review = match tree.ecosystem {
        Ecosystem::Npm => {
            let manifest = stored.and_then(|stored| text(stored, "package.json"));
            let manifest = manifest
                .and_then(|text| serde_json::from_str(text.trim_start_matches('\u{feff}')).ok());
            review_entry(entry, Some(&manifest.unwrap_or_default()), None)
        }
        Ecosystem::Pypi => {
            let readme = stored.and_then(|stored| {
                let metadata = metadata(stored, tree.name.as_str())?;
                text(stored, &metadata)
            });
            review_entry(entry, None, Some(&readme.unwrap_or_default()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locked::{Entry, ExactVersion, Interpreter, TreePath};
    use crate::{digest::TreeDigest, npm::PackageName};
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_claims_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("store")).unwrap();
        let entry = json!({"name": "io.github.user/x", "version": "1.0.0"});
        for (ecosystem, expected) in [
            (Ecosystem::Npm, Some("claim-missing")),
            (Ecosystem::Pypi, Some("claim-missing")),
            (Ecosystem::Mcpb, None),
        ] {
            let tree = LockedTree {
                format: 1,
                ecosystem,
                name: PackageName::new("x").unwrap(),
                version: ExactVersion::new("1.0.0").unwrap(),
                entry: Entry {
                    command: "x".into(),
                    file: TreePath::new("x").unwrap(),
                    interpreter: Interpreter::Node,
                    interpreter_args: Vec::new(),
                },
                target: None,
                sources: None,
                digest: TreeDigest::from_bytes([7; 32]),
                files: 0,
                bytes: 0,
                packages: Vec::new(),
            };
            let found = own_word(&entry, &store, &tree);
            let code = found.map(|review| review.reasons[0].code);
            assert_eq!(code, expected, "{ecosystem:?}");
        }
    }
}
