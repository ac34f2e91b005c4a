//! Trees of repositories: one file that starts, what is in the store already, and what starts of it.

use super::{Checkout, Runner, Wish};
use crate::{
    digest::TreeDigest,
    locked::{Ecosystem, Entry, ExactVersion, Interpreter, LockedPackage, LockedTree, TreePath},
    npm,
    pypi::{self, Name},
    store::{InstallError, Layout, Placed, Store, StoreError, Stored},
};
use interlock_launch::PackageRef;

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
    /// A runner starts projects of its own kind.
    #[error(
        "the repository has no project of Python at its top: neither `pyproject.toml` nor `setup.py`{0}"
    )]
    NoPython(String),
    /// The same for npm's.
    #[error(
        "the repository has no `package.json` at its top, so npm's runners start nothing of it"
    )]
    NoNode,
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
        let file = self.file()?;
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

impl Checkout {
    /// The file that starts by itself; no runner names one.
    fn file(&self) -> Result<&TreePath, FileError> {
        match &self.wish().runner {
            Runner::Own => self.entry().ok_or(FileError::Nothing),
            Runner::Node => Err(FileError::NoNode),
            Runner::Python(_) => {
                let all = self.python_projects();
                let named = all.iter().take(3);
                let named: Vec<String> = named
                    .map(|directory| format!("`#subdirectory={directory}`"))
                    .collect();
                let led = match named.is_empty() {
                    true => String::new(),
                    false => format!("; directories of it have one: name {}", named.join(", ")),
                };
                Err(FileError::NoPython(led))
            }
        }
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

/// A tree that was made of this commit before and holds what this wish asks for, where it is in the store and `fits`; with what the
/// wish starts of it, as several start from one tree.
///
/// # Errors
/// When the store cannot be read.
pub fn stored_before(
    store: &Store,
    wish: &Wish,
    fits: impl Fn(&LockedTree) -> bool,
) -> Result<Option<LockedTree>, StoreError> {
    let address = wish.address();
    let is_own = |tree: &LockedTree| {
        let own = tree.own().filter(|_| tree.ecosystem == Ecosystem::Git);
        let own = own.filter(|own| own.archive.as_deref() == Some(address.as_str()));
        own.is_some_and(|own| is_named(own, wish) && starts(wish.runner.words(), own))
    };
    let trees = store.list()?.into_iter().filter_map(|tree| tree.locked);
    for tree in trees.filter(|tree| is_own(tree) && fits(tree)) {
        // A clean-up may have been faster.
        if !store.lease_stored(&tree.digest)? {
            continue;
        }
        if let Some(entry) = entry_of_wish(store, &tree, wish) {
            return Ok(Some(LockedTree { entry, ..tree }));
        }
    }
    Ok(None)
}

/// The tree of this digest where this program recorded that it is of this commit, as [`stored_before`].
///
/// # Errors
/// When the store cannot be read.
pub fn stored_as(
    store: &Store,
    wish: &Wish,
    digest: &TreeDigest,
) -> Result<Option<LockedTree>, StoreError> {
    stored_before(store, wish, |tree| tree.digest == *digest)
}

/// Whether words of this kind start a project that lies there: a runner starts its own kind, and Interlock's word any.
fn starts(words: interlock_launch::Ecosystem, own: &LockedPackage) -> bool {
    match words {
        interlock_launch::Ecosystem::PyPi => own.path.as_str() == pypi::PLACE,
        interlock_launch::Ecosystem::Npm => is_node(own),
        _ => true,
    }
}

fn is_node(own: &LockedPackage) -> bool {
    own.path.as_str().starts_with("node_modules/")
}

/// Whether the project that a tree was made of is called what was asked for.
fn is_named(own: &LockedPackage, wish: &Wish) -> bool {
    let name = wish.python().and_then(|python| python.name.as_ref());
    name.is_none_or(|name| name.as_str() == own.name.as_str())
}

/// What a wish starts of a stored tree; the record may be of another wish.
fn entry_of_wish(store: &Store, tree: &LockedTree, wish: &Wish) -> Option<Entry> {
    let own = tree.own()?;
    if own.path.as_str() == pypi::PLACE {
        let wish = pypi::wish_for(Name::new(own.name.as_str()).ok()?, wish);
        return pypi::started(store, tree, &wish).ok();
    }
    let command = wish.command.as_deref();
    // What was named of the repository is in the record; a command is not.
    if is_node(own) && wish.entry.is_none() {
        return npm::entry_in_tree(store, tree, std::slice::from_ref(&own.name), command);
    }
    let same = command.is_none_or(|command| *command == tree.entry.command);
    same.then(|| tree.entry.clone())
}

/// What starts of a repository's tree: the file that the request names, or the command. The record beside the tree has the entry
/// of one request, and two requests may have one tree.
pub(crate) fn entry_in_tree(
    store: &Store,
    tree: &LockedTree,
    package: &PackageRef,
) -> Option<Entry> {
    let own = tree.own().filter(|own| starts(package.ecosystem, own))?;
    let wanted = package.bin.as_deref();
    if own.path.as_str() == pypi::PLACE {
        // Interlock's own word names a directory there, and Python's runners a command.
        let command = wanted.filter(|_| package.ecosystem == interlock_launch::Ecosystem::PyPi);
        let names: Vec<&str> = std::iter::once(own.name.as_str())
            .chain(pypi::names_beside(package))
            .collect();
        return pypi::entry_in_tree(store, tree, &names, command);
    }
    // A directory that was named is all that there is: its project says what starts.
    let wanted = wanted.filter(|wanted| part(own) != Some(wanted) || is_file(store, tree, wanted));
    if wanted.is_none() && is_node(own) {
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
    if is_node(own) {
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
    None
}

/// What the record says was named of the repository: a file, or a directory.
fn part(own: &LockedPackage) -> Option<&str> {
    let (_, commit) = own.archive.as_deref()?.split_once('#')?;
    Some(commit.split_once(':')?.1)
}

fn is_file(store: &Store, tree: &LockedTree, path: &str) -> bool {
    let own = tree.own();
    let own = own.and_then(|own| store.package_in_tree(&tree.digest, own.path.as_str()));
    own.is_some_and(|stored| stored.has(path))
}
