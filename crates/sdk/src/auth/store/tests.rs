//! Both stores by the same rules, and the files by their own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::{FileStore, MasterKey, MemoryStore, Store, StoreError, StoreKey};

fn open(directory: &TempDir) -> FileStore {
    FileStore::open(directory.path().join("store"), MasterKey::new([1; 32])).unwrap()
}

fn key(issuer: &str, resource: &str) -> StoreKey {
    StoreKey::new(issuer, resource)
}

async fn keeps_records_apart(store: &dyn Store) {
    let (one, other) = (
        key("https://a.example", "https://mcp.example"),
        key("https://b.example", "https://mcp.example"),
    );
    // The same text when it is simply put together.
    let shifted = key("https://a.exampleh", "ttps://mcp.example");
    assert!(store.load(&one).await.unwrap().is_none());
    store.save(&one, b"first").await.unwrap();
    store.save(&one, b"second").await.unwrap();
    store.save(&other, b"").await.unwrap();
    assert_eq!(
        store.load(&one).await.unwrap().unwrap().as_slice(),
        b"second"
    );
    assert_eq!(store.load(&other).await.unwrap().unwrap().as_slice(), b"");
    assert!(store.load(&shifted).await.unwrap().is_none());
    store.remove(&one).await.unwrap();
    store.remove(&one).await.unwrap();
    assert!(store.load(&one).await.unwrap().is_none());
    assert!(store.load(&other).await.unwrap().is_some());
}

#[tokio::test]
async fn records_are_kept_by_issuer_and_resource() {
    keeps_records_apart(&MemoryStore::default()).await;
    keeps_records_apart(&open(&TempDir::new().unwrap())).await;
}

/// The one file with that ending.
fn file(directory: &TempDir, ending: &str) -> std::path::PathBuf {
    let mut files: Vec<_> = fs::read_dir(directory.path().join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|own| own == ending));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[tokio::test]
async fn files_are_private_and_of_no_use_to_others() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let one = key("https://a.example", "https://mcp.example");
    store.save(&one, b"the refresh token").await.unwrap();
    let path = file(&directory, "sealed");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let content = fs::read(&path).unwrap();
    assert!(!content.windows(7).any(|window| window == b"refresh"));
    let other = FileStore::open(directory.path().join("store"), MasterKey::new([2; 32])).unwrap();
    assert!(
        matches!(other.load(&one).await, Err(StoreError::Sealed)),
        "another key"
    );
    // Saved again, it does not look the same: nothing tells whether a token has changed.
    store.save(&one, b"the refresh token").await.unwrap();
    assert_ne!(fs::read(&path).unwrap(), content);
}

#[tokio::test]
async fn a_file_cannot_be_changed_cut_or_moved() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let (one, other) = (
        key("https://a.example", "https://mcp.example"),
        key("https://evil.example", "https://mcp.example"),
    );
    store.save(&one, b"the refresh token").await.unwrap();
    let path = file(&directory, "sealed");
    let content = fs::read(&path).unwrap();
    for at in [0, 23, 24, content.len() - 1] {
        let mut changed = content.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(
            matches!(store.load(&one).await, Err(StoreError::Sealed)),
            "{at}"
        );
    }
    for length in [0, 23, 24, content.len() - 1] {
        fs::write(&path, &content[..length]).unwrap();
        assert!(
            matches!(store.load(&one).await, Err(StoreError::Sealed)),
            "{length}"
        );
    }
    fs::write(&path, &content).unwrap();
    assert!(store.load(&one).await.unwrap().is_some());
    // The record of one issuer in the place of another's.
    fs::write(store.path(&other, "sealed"), &content).unwrap();
    assert!(matches!(store.load(&other).await, Err(StoreError::Sealed)));
}

#[tokio::test]
async fn links_are_not_followed() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let one = key("https://a.example", "https://mcp.example");
    let target = directory.path().join("target");
    fs::write(&target, "untouched").unwrap();
    symlink(&target, store.path(&one, "sealed")).unwrap();
    symlink(&target, store.path(&one, "lock")).unwrap();
    assert!(matches!(store.load(&one).await, Err(StoreError::Io(_))));
    assert!(matches!(store.lock(&one).await, Err(StoreError::Io(_))));
    // Saving replaces the link, not what it leads to.
    store.save(&one, b"record").await.unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    assert_eq!(
        store.load(&one).await.unwrap().unwrap().as_slice(),
        b"record"
    );
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("open");
    fs::create_dir(&path).unwrap();
    for mode in [0o755, 0o770, 0o701] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(
            matches!(
                FileStore::open(&path, MasterKey::new([1; 32])),
                Err(StoreError::NotPrivate(_))
            ),
            "{mode:o}"
        );
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(FileStore::open(&path, MasterKey::new([1; 32])).is_ok());
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(
        FileStore::open(&link, MasterKey::new([1; 32])),
        Err(StoreError::NotPrivate(_))
    ));
    fs::write(directory.path().join("file"), "").unwrap();
    assert!(FileStore::open(directory.path().join("file"), MasterKey::new([1; 32])).is_err());
}

/// Two who want the same lock get it one after the other.
#[tokio::test]
async fn one_renews_at_a_time() {
    let directory = TempDir::new().unwrap();
    let (store, other) = (open(&directory), open(&directory));
    let one = key("https://a.example", "https://mcp.example");
    let guard = store.lock(&one).await.unwrap();
    let waiting = tokio::spawn({
        let one = one.clone();
        async move { other.lock(&one).await.map(drop) }
    });
    // Another record is free meanwhile.
    drop(store.lock(&key("https://b.example", "x")).await.unwrap());
    assert!(!waiting.is_finished());
    drop(guard);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_passphrase_and_its_salt_make_the_key() {
    let directory = TempDir::new().unwrap();
    let open = |passphrase: &str, salt: &[u8]| {
        let key = MasterKey::from_passphrase(passphrase, salt).unwrap();
        FileStore::open(directory.path().join("store"), key).unwrap()
    };
    let one = key("https://a.example", "x");
    open("correct horse", &[7; 16])
        .save(&one, b"record")
        .await
        .unwrap();
    assert!(
        open("correct horse", &[7; 16])
            .load(&one)
            .await
            .unwrap()
            .is_some()
    );
    assert!(open("correct horsf", &[7; 16]).load(&one).await.is_err());
    assert!(open("correct horse", &[8; 16]).load(&one).await.is_err());
    assert!(matches!(
        MasterKey::from_passphrase("x", &[7; 15]),
        Err(StoreError::Passphrase)
    ));
}
