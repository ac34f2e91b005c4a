//! What `launch` asks the store: where a locked package is, and which file of it starts.
//!
//! Bytes are verified by resolution itself, over the directory named here; a wrong answer from a
//! damaged record is therefore refused there, because the fingerprint covers what would run.

use crate::{
    digest::TreeDigest,
    fetched, git,
    locked::{Ecosystem, Entry, Interpreter, LockedTree},
    npm::{self, PackageName},
    pypi,
    store::Store,
};
use interlock_launch::{
    Interpreter as Runs, LocateError, Located, LockedPackage, PackageRef, PackageStore, SourceKind,
    SourceWord,
};
use std::path::Path;

impl PackageStore for Store {
    fn image(&self, locked: &LockedPackage) -> Result<interlock_launch::LocatedImage, LocateError> {
        self.locate_image(locked)
    }

    fn locate(
        &self,
        package: &PackageRef,
        locked: &LockedPackage,
        home: &Path,
    ) -> Result<Located, LocateError> {
        let shown = format!("{}@{}", locked.name, locked.version);
        let digest =
            TreeDigest::parse(&locked.tree).map_err(|_| LocateError::Missing(shown.clone()))?;
        let root = self.tree_path(&digest).join("root");
        if !root.is_dir() {
            return Err(LocateError::Missing(shown));
        }
        let damaged = |detail: &str| LocateError::Damaged {
            package: shown.clone(),
            detail: detail.into(),
        };
        if let Some(SourceKind::Binary | SourceKind::Mcpb) =
            SourceWord::of(package).map(|it| it.kind())
        {
            return fetched::locate(self, package, locked, &digest, home);
        }
        let record = self
            .lock_record(&digest)
            .ok_or_else(|| damaged("its lock record is unreadable"))?;
        let entry = match (record.ecosystem, &package.bin) {
            // Whoever wrote the record, what starts is what the request names in the packages themselves.
            (Ecosystem::Npm, _) => npm_entry(self, &record, package, locked)?,
            (Ecosystem::Pypi, Some(bin)) if *bin != record.entry.command => {
                other_entry(self, &record, package, bin)
                    .ok_or_else(|| no_program(&record, locked, bin))?
            }
            // Two wishes may have one tree; the record has the command of one of them.
            (Ecosystem::Pypi, None) => {
                pypi::entry_in_tree(self, &record, &[record.name.as_str()], None)
                    .unwrap_or(record.entry)
            }
            (Ecosystem::Pypi, Some(_)) => record.entry,
            (Ecosystem::Git, bin) => git::entry_in_tree(self, &record, package)
                .ok_or_else(|| no_program(&record, locked, bin.as_deref().unwrap_or("")))?,
            (Ecosystem::Binary | Ecosystem::Mcpb, _) => record.entry,
        };
        Ok(Located {
            entry: root.join(entry.file.as_str()),
            root,
            interpreter: runs(&entry),
            start: None,
        })
    }
}

/// What an approval keeps of a locked tree; the store finds the rest again by its digest.
impl From<&LockedTree> for LockedPackage {
    fn from(tree: &LockedTree) -> Self {
        Self {
            ecosystem: tree.ecosystem.as_str().into(),
            name: tree.name.to_string(),
            version: tree.version.to_string(),
            integrity: tree
                .integrity()
                .map(ToString::to_string)
                .unwrap_or_default(),
            tree: tree.digest.to_string(),
        }
    }
}

fn runs(entry: &Entry) -> Runs {
    match entry.interpreter {
        // A first line with options is read where scripts are.
        Interpreter::Node if entry.interpreter_args.is_empty() => Runs::Node,
        Interpreter::Python if entry.interpreter_args.is_empty() => Runs::Python,
        Interpreter::IsolatedPython => Runs::IsolatedPython,
        _ => Runs::Itself,
    }
}

fn no_program(record: &LockedTree, locked: &LockedPackage, bin: &str) -> LocateError {
    LocateError::NoSuchProgram {
        package: format!("{}@{}", locked.name, locked.version),
        bin: bin.escape_default().to_string(),
        found: format!("`{}`", record.entry.command.escape_default()),
    }
}

/// The program of an npm package that the request names, or of one beside it.
fn npm_entry(
    store: &Store,
    record: &LockedTree,
    package: &PackageRef,
    locked: &LockedPackage,
) -> Result<Entry, LocateError> {
    let damaged = |detail: &str| LocateError::Damaged {
        package: format!("{}@{}", locked.name, locked.version),
        detail: detail.into(),
    };
    let asked = PackageName::new(package.name.as_str());
    let asked = asked.map_err(|_| damaged("the package that is asked for has no name"))?;
    let place = format!("node_modules/{asked}");
    let is_there = record.packages.iter().any(|own| {
        own.path.as_str() == place
            && own.name.as_str() == locked.name
            && own.version.as_str() == locked.version
    });
    if !is_there {
        return Err(damaged("it has another package in its place"));
    }
    let beside = package
        .with
        .iter()
        .filter_map(|text| PackageName::of_wish(text));
    let names: Vec<PackageName> = std::iter::once(asked).chain(beside).collect();
    let bin = package.bin.as_deref();
    npm::entry_in_tree(store, record, &names, bin).ok_or_else(|| match bin {
        Some(bin) => no_program(record, locked, bin),
        None => damaged("its package has no command of its own"),
    })
}

/// Another command of a Python tree than the one it was locked for.
fn other_entry(
    store: &Store,
    record: &LockedTree,
    package: &PackageRef,
    bin: &str,
) -> Option<Entry> {
    let beside = pypi::names_beside(package);
    let names: Vec<&str> = std::iter::once(record.name.as_str())
        .chain(beside)
        .collect();
    pypi::entry_in_tree(store, record, &names, Some(bin))
}
