//! What a process put into the store, or found there, and has not yet written into an approval or a lock.
//!
//! A lease is an empty file with a tree's digest in its name, locked as long as the [`Store`] that took it lives. The kernel lets go of
//! the lock when the process dies, however it dies, so nobody has to guess an age after which a tree is nobody's. A clean-up
//! spares leased trees and removes the files that nobody holds.

use super::{Store, StoreError, guard};
use crate::digest::TreeDigest;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The leases of one store handle and its clones.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Mutex<BTreeMap<TreeDigest, Lease>>>);

impl Leases {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TreeDigest, Lease>> {
        // Every change to the map is one statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them; ended when dropped.
#[derive(Debug)]
struct Lease {
    path: PathBuf,
    _held: guard::Guard,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // One that stays is removed by the next clean-up: nobody holds it any more.
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// Keeps a tree from clean-ups of others until this handle and its clones are dropped. The caller holds the store's lock, so
    /// that no clean-up is between looking and deleting.
    pub(crate) fn lease(&self, digest: &TreeDigest) -> Result<(), StoreError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let mut leases = self.leases.lock();
        if leases.contains_key(digest) {
            return Ok(());
        }
        let process = std::process::id();
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let name = format!("leases/{digest}.{process}-{number}");
            let path = self.root.join(name);
            // One left by a crashed process that had the same number is nobody's; another number is as good.
            if let Some(held) = guard::hold_new(&path)? {
                leases.insert(*digest, Lease { path, _held: held });
                return Ok(());
            }
        }
    }

    /// Keeps a tree that is there already, unless a clean-up was faster: whether it is there.
    pub(crate) fn lease_stored(&self, digest: &TreeDigest) -> Result<bool, StoreError> {
        let _adding = self.adding()?;
        let there = self.tree_path(digest).is_dir();
        if there && !self.is_read_only() {
            self.lease(digest)?;
        }
        Ok(there)
    }

    /// Gives back the lease of a tree that is no more.
    pub(super) fn release(&self, digest: &TreeDigest) {
        self.leases.lock().remove(digest);
    }

    /// The trees that others hold a lease of; removes what nobody holds. The caller keeps everybody else from adding.
    pub(super) fn leased_by_others(&self) -> Result<BTreeSet<TreeDigest>, StoreError> {
        let own: BTreeSet<PathBuf> = self
            .leases
            .lock()
            .values()
            .map(|lease| lease.path.clone())
            .collect();
        let mut leased = BTreeSet::new();
        for path in super::gc::children(&self.join("leases"))? {
            if own.contains(&path) {
                continue;
            }
            if guard::is_held(&path)? {
                leased.extend(named(&path));
            } else {
                remove(&path)?;
            }
        }
        Ok(leased)
    }
}

/// Whoever held it may have removed it first.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::at("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// The tree that a lease is of.
fn named(path: &Path) -> Option<TreeDigest> {
    let (digest, _) = path.file_name()?.to_str()?.split_once('.')?;
    TreeDigest::parse(digest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> TreeDigest {
        TreeDigest::from_bytes([7; 32])
    }

    #[test]
    fn a_lease_lasts_as_long_as_the_handle_that_took_it() {
        let directory = tempfile::tempdir().unwrap();
        let one = Store::open(directory.path()).unwrap();
        let other = Store::open(directory.path()).unwrap();
        let clone = one.clone();
        one.lease(&tree()).unwrap();
        one.lease(&tree()).unwrap();
        assert_eq!(fs::read_dir(one.join("leases")).unwrap().count(), 1);
        assert_eq!(other.leased_by_others().unwrap(), BTreeSet::from([tree()]));
        // Whoever cleans up knows what it is doing itself.
        assert!(one.leased_by_others().unwrap().is_empty());
        drop(one);
        assert_eq!(other.leased_by_others().unwrap(), BTreeSet::from([tree()]));
        drop(clone);
        assert!(other.leased_by_others().unwrap().is_empty());
        assert_eq!(fs::read_dir(other.join("leases")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_gone_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let lease = directory.path().join("lease");
        remove(&lease).unwrap();
        fs::create_dir(&lease).unwrap();
        assert!(remove(&lease).is_err());
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_in_nobodys_way() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let process = std::process::id();
        let tree = tree();
        for number in 0..64 {
            let name = format!("leases/{tree}.{process}-{number}");
            fs::write(store.join(&name), "").unwrap();
        }
        fs::write(store.join("leases/of-no-tree"), "").unwrap();
        store.lease(&tree).unwrap();
        let other = Store::open(directory.path()).unwrap();
        assert_eq!(other.leased_by_others().unwrap(), BTreeSet::from([tree]));
        assert_eq!(fs::read_dir(other.join("leases")).unwrap().count(), 1);
    }
}
