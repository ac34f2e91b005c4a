//! Trees of repositories: one file that starts, what is in the store already, and what starts of it.

use super::{Checkout, Wish};
use crate::{
    locked::{Ecosystem, Entry, ExactVersion, Interpreter, LockedPackage, LockedTree, TreePath},
    npm, pypi,
    store::{InstallError, Layout, Placed, Store, StoreError, Stored},
};

/// Where the files of a repository are in a tree that has nothing else.
const PLACE: &str = "repository";

/// Why one file of a repository cannot be a server.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No file was named.
    #[error(
        "nothing in the repository says what starts: it has neither `package.json` nor `pyproject.toml`; name a file of it: \
         `git:ADDRESS#COMMIT:FILE`"
    )]
    Nothing,
    /// The kernel could not start it, and no interpreter is known for it.
    #[error(
        "nothing says what runs `{0}`: it is neither executable nor a script of node or Python"
    )]
    NoInterpreter(String),
    /// A lock's tree is another one.
    #[error("the lock's tree is not of `{0}`")]
    OtherCommit(String),
    /// The tree cannot be put together or stored.
    #[error("the tree cannot be put together")]
    Assemble(#[from] InstallError),
}

impl Checkout {
    /// Puts a tree into the store that starts the named file, with the repository's own files beside it and nothing else.
    ///
    /// # Errors
    /// When nothing is named that could start, or the disk fails.
    pub fn lock_file(&self, store: &Store) -> Result<LockedTree, FileError> {
        let (tree, layout) = self.file_tree()?;
        store.add_tree(&layout, &tree)?;
        Ok(tree)
    }

    /// The same for a tree that was locked before: these bytes or none.
    ///
    /// # Errors
    /// When it is not the same tree, or the disk fails.
    pub fn install_file(&self, store: &Store, locked: &LockedTree) -> Result<(), FileError> {
        let (tree, layout) = self.file_tree()?;
        if tree != *locked {
            return Err(FileError::OtherCommit(self.address()));
        }
        Ok(store.add_tree(&layout, locked)?)
    }

    fn file_tree(&self) -> Result<(LockedTree, Layout), FileError> {
        let place = path(PLACE)?;
        let file = self.entry().ok_or(FileError::Nothing)?;
        let (entry, made) = entry(self.stored(), file)?;
        let placed = Placed {
            path: &place,
            package: self.stored(),
        };
        let layout = Layout::with(&[placed], made)?;
        let named = self.tree();
        let version = ExactVersion::new(named.version).map_err(|_| FileError::Nothing)?;
        let own = LockedPackage {
            path: place,
            name: named.name.clone(),
            version: version.clone(),
            integrity: self.integrity().clone(),
            archive: Some(self.address()),
            install_script: false,
            built: None,
        };
        let tree = LockedTree {
            format: 1,
            ecosystem: named.ecosystem,
            name: named.name,
            version,
            entry,
            target: None,
            sources: None,
            digest: layout.digest,
            files: layout.count(),
            bytes: layout.bytes(),
            packages: vec![own],
        };
        Ok((tree, layout))
    }
}

fn path(text: &str) -> Result<TreePath, FileError> {
    TreePath::new(text).map_err(|source| {
        FileError::Assemble(InstallError::Path {
            path: text.escape_default().to_string(),
            source,
        })
    })
}

/// Files that are made for a tree.
type Made = Vec<(TreePath, Vec<u8>)>;

/// What starts a file, and what has to be beside it for that.
fn entry(stored: &Stored, file: &TreePath) -> Result<(Entry, Made), FileError> {
    let inside = path(&format!("{PLACE}/{file}"))?;
    let (mut interpreter, interpreter_args) = npm::interpreter_of(stored, file);
    if file.as_str().ends_with(".py") {
        interpreter = Interpreter::Python;
    }
    let executable = stored
        .files
        .iter()
        .any(|record| record.path == *file && record.executable);
    let plain = Entry {
        command: file.to_string(),
        file: inside,
        interpreter,
        interpreter_args,
    };
    match plain.interpreter {
        Interpreter::Python | Interpreter::IsolatedPython => {
            let (start, text) = pypi::start_of_file(&plain.file)
                .ok_or_else(|| FileError::NoInterpreter(file.to_string()))?;
            let entry = Entry {
                file: start.clone(),
                interpreter: Interpreter::IsolatedPython,
                interpreter_args: Vec::new(),
                ..plain
            };
            Ok((entry, vec![(start, text.into_bytes())]))
        }
        // Without an ending it is node's only where the kernel could start it as well.
        Interpreter::Node if executable || file.as_str().contains('.') => Ok((plain, Vec::new())),
        Interpreter::Native | Interpreter::Other(_) if executable => Ok((plain, Vec::new())),
        _ => Err(FileError::NoInterpreter(file.to_string())),
    }
}

/// The tree that was made of this wish before, where it is in the store.
///
/// # Errors
/// When the store cannot be read.
pub fn stored_before(store: &Store, wish: &Wish) -> Result<Option<LockedTree>, StoreError> {
    let address = wish.address();
    let fits = |tree: &LockedTree| {
        let command = wish.command.as_ref();
        let command = command.is_none_or(|command| *command == tree.entry.command);
        let mut packages = tree.packages.iter();
        tree.ecosystem == Ecosystem::Git
            && command
            && packages.any(|package| package.archive.as_deref() == Some(address.as_str()))
    };
    let mut trees = store.list()?.into_iter().filter_map(|tree| tree.locked);
    let Some(tree) = trees.find(fits) else {
        return Ok(None);
    };
    // A clean-up may have been faster.
    Ok(store.lease_stored(&tree.digest)?.then_some(tree))
}

/// What starts of a repository's tree: the file that the request names, or the command. The record beside the tree has the entry
/// of one request, and two requests may have one tree.
pub(crate) fn entry_in_tree(
    store: &Store,
    tree: &LockedTree,
    wanted: Option<&str>,
) -> Option<Entry> {
    let own = own(tree)?;
    // A directory that was named is all that there is: its project says what starts.
    let wanted = wanted.filter(|wanted| part(own) != Some(wanted) || is_file(store, tree, wanted));
    if wanted.is_none() && own.path.as_str().starts_with("node_modules/") {
        let names = std::slice::from_ref(&own.name);
        return npm::entry_in_tree(store, tree, names, None);
    }
    if wanted.is_none_or(|wanted| wanted == tree.entry.command) {
        return Some(tree.entry.clone());
    }
    if own.path.as_str() == PLACE {
        // A file of its own makes a tree of its own, except where nothing is made for it.
        let stored = store.package_in_tree(&tree.digest, PLACE)?;
        let file = TreePath::new(wanted?).ok()?;
        let (entry, made) = entry(&stored, &file).ok()?;
        return made.is_empty().then_some(entry);
    }
    if own.path.as_str().starts_with("node_modules/") {
        let stored = store.package_in_tree(&tree.digest, own.path.as_str())?;
        let file = TreePath::new(wanted?).ok();
        if let Some(file) = file.filter(|file| stored.has(file.as_str())) {
            let (interpreter, interpreter_args) = npm::interpreter_of(&stored, &file);
            return Some(Entry {
                command: file.to_string(),
                file: own.path.join(file.as_str()).ok()?,
                interpreter,
                interpreter_args,
            });
        }
        return npm::entry_in_tree(store, tree, std::slice::from_ref(&own.name), wanted);
    }
    pypi::entry_in_tree(store, tree, &[own.name.as_str()], wanted?)
}

/// What the record says was named of the repository: a file, or a directory.
fn part(own: &LockedPackage) -> Option<&str> {
    let (_, commit) = own.archive.as_deref()?.split_once('#')?;
    Some(commit.split_once(':')?.1)
}

fn is_file(store: &Store, tree: &LockedTree, path: &str) -> bool {
    let own = own(tree).and_then(|own| store.package_in_tree(&tree.digest, own.path.as_str()));
    own.is_some_and(|stored| stored.has(path))
}

/// The package of a tree that is the repository itself.
fn own(tree: &LockedTree) -> Option<&LockedPackage> {
    tree.packages.iter().find(|package| {
        let archive = package.archive.as_deref();
        archive.is_some_and(|archive| archive.starts_with("git+"))
    })
}
