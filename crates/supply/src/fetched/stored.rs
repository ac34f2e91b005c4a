//! Where what was fetched by its address is in a tree, and what starts there, worked out from the stored bytes.

use super::{bundle, program};
use crate::{
    digest::{Integrity, TreeDigest},
    locked::TreePath,
    store::Store,
};
use interlock_launch::{
    Interpreter as Runs, LocateError, Located, LockedPackage, PackageRef, SourceKind, SourceWord,
};
use std::path::Path;

/// The directory of a tree that everything lies in.
pub(crate) fn place(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Binary => "program",
        SourceKind::Mcpb => "bundle",
        SourceKind::Git => "repository",
    }
}

/// Finds what starts in a stored tree. Only the approval's digests are believed, no record.
pub(crate) fn locate(
    store: &Store,
    package: &PackageRef,
    locked: &LockedPackage,
    digest: &TreeDigest,
    home: &Path,
) -> Result<Located, LocateError> {
    let shown = format!("{}@{}", locked.name, locked.version);
    let damaged = |detail: &str| LocateError::Damaged {
        package: shown.clone(),
        detail: detail.into(),
    };
    let unfit = |problem: String| LocateError::Unfit {
        package: shown.clone(),
        problem,
    };
    let word = SourceWord::of(package).ok_or_else(|| damaged("it is another kind of package"))?;
    if word.pin().is_some_and(|pin| !is_pinned(pin, locked)) {
        return Err(unfit("other bytes are approved than it names".to_owned()));
    }
    let root = store.tree_path(digest).join("root");
    let place = TreePath::new(place(word.kind())).map_err(|_| damaged("it has no place"))?;
    let stored = store
        .package_in_tree(digest, place.as_str())
        .filter(|stored| !stored.files.is_empty())
        .ok_or_else(|| damaged("its list of files cannot be read"))?;
    if word.kind() == SourceKind::Binary {
        let (entry, _) = program::entry(&stored, &place, word.entry()).map_err(unfit)?;
        return Ok(Located {
            entry: root.join(entry.file.as_str()),
            root,
            interpreter: Runs::Itself,
            start: None,
        });
    }
    let start = bundle::start(&stored, &package.args, home);
    let start = start.map_err(|error| unfit(bundle::told(&error)))?;
    Ok(Located {
        entry: stored.directory.join(start.entry.as_str()),
        root,
        interpreter: start.runs,
        start: Some(start.words),
    })
}

fn is_pinned(pin: &str, locked: &LockedPackage) -> bool {
    let integrity = Integrity::try_from(locked.integrity.clone());
    integrity.is_ok_and(|integrity| integrity.algorithm_and_hex() == ("sha256", pin.to_owned()))
}
