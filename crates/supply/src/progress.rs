//! How long work tells what it is doing. The crate prints nothing itself.

/// Receives progress; called from several threads, so it must be quick and must not block.
pub trait Progress: Sync {
    /// `count` more package descriptions have to be read from the registry.
    fn metadata_expected(&self, count: u64) {
        let _ = count;
    }
    /// One package description arrived.
    fn metadata_done(&self, name: &str) {
        let _ = name;
    }
    /// One more archive has to be fetched; `bytes` when the registry says so.
    fn archive_expected(&self, name: &str, bytes: Option<u64>) {
        let _ = (name, bytes);
    }
    /// `bytes` more of an archive arrived.
    fn archive_bytes(&self, bytes: u64) {
        let _ = bytes;
    }
    /// One archive is verified and unpacked, or was in the store already.
    fn archive_done(&self, name: &str, already_stored: bool) {
        let _ = (name, already_stored);
    }
    /// The tree is being assembled from `files` files.
    fn assembling(&self, files: u64) {
        let _ = files;
    }
    /// A package is being built from sources, which may take minutes.
    fn building(&self, name: &str) {
        let _ = name;
    }
    /// Another process is at the same work; this one waits for it.
    fn waiting_for_lock(&self) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
