//! A store for one run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Store, StoreError, StoreKey};
use crate::BoxFuture;

/// Keeps credentials until the process ends.
///
/// ```
/// use interlock_sdk::auth::store::{MemoryStore, Store, StoreKey};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::default();
/// let key = StoreKey::new("https://idp.example", "https://mcp.example");
/// store.save(&key, b"record").await.unwrap();
/// assert_eq!(store.load(&key).await.unwrap().unwrap().as_slice(), b"record");
/// # });
/// ```
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<StoreKey, Zeroizing<Vec<u8>>>>);

impl MemoryStore {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<StoreKey, Zeroizing<Vec<u8>>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn load<'a>(
        &'a self,
        key: &'a StoreKey,
    ) -> BoxFuture<'a, Result<Option<Zeroizing<Vec<u8>>>, StoreError>> {
        Box::pin(async move { Ok(self.with(|records| records.get(key).cloned())) })
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        record: &'a [u8],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let record = Zeroizing::new(record.to_vec());
            self.with(|records| records.insert(key.clone(), record));
            Ok(())
        })
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(|records| records.remove(key));
            Ok(())
        })
    }
}
