//! Where Interlock keeps its own files. The caller reads the environment; this only joins paths.

use std::path::{Path, PathBuf};

/// The directories of one user, and the administrator's.
///
/// No grant may cover one of them: see [`Profile`](crate::Profile).
#[derive(Debug, Clone)]
pub struct Places {
    home: PathBuf,
    config: PathBuf,
    store: PathBuf,
    state: PathBuf,
    administrator: PathBuf,
    uid: u32,
    administrator_uid: u32,
}

impl Places {
    /// `home` is the user's home; the three others are `$XDG_CONFIG_HOME/interlock`,
    /// `$XDG_DATA_HOME/interlock/store` and `$XDG_STATE_HOME/interlock`, absolute. `uid` owns every file under them.
    #[must_use]
    pub fn new(home: &Path, config: &Path, store: &Path, state: &Path, uid: u32) -> Self {
        Self {
            home: home.to_owned(),
            config: config.to_owned(),
            store: store.to_owned(),
            state: state.to_owned(),
            administrator: PathBuf::from("/etc/interlock"),
            uid,
            administrator_uid: 0,
        }
    }

    /// Moves the administrator's directory from `/etc/interlock`, owned by root, to another place and
    /// owner. For tests and images: whoever owns that directory approves for this user.
    #[must_use]
    pub fn danger_with_administrator(mut self, directory: &Path, owner: u32) -> Self {
        self.administrator = directory.to_owned();
        self.administrator_uid = owner;
        self
    }

    /// The user's home directory.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The user who owns the files under these places.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// `$XDG_CONFIG_HOME/interlock`.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// `$XDG_DATA_HOME/interlock/store`: packages by content.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// `$XDG_STATE_HOME/interlock`: approvals and the audit log.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The user's approvals.
    #[must_use]
    pub fn approvals(&self) -> PathBuf {
        self.state.join("approvals")
    }

    /// The approver's encrypted private key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.config.join("approver.key")
    }

    /// The approver's public key: the user's own trust anchor.
    #[must_use]
    pub fn public_key(&self) -> PathBuf {
        self.config.join("approver.pub")
    }

    /// The directory of named secrets.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.config.join("secrets")
    }

    /// The file of remembered digests.
    #[must_use]
    pub fn digest_cache(&self) -> PathBuf {
        self.state.join("digests")
    }

    /// `/etc/interlock/approvers/<uid>.pub`: the trust anchor that the user cannot replace.
    #[must_use]
    pub fn administrator_anchor(&self) -> PathBuf {
        self.administrator
            .join("approvers")
            .join(format!("{}.pub", self.uid))
    }

    /// `/etc/interlock/approvals.d`: the administrator's approvals.
    #[must_use]
    pub fn administrator_approvals(&self) -> PathBuf {
        self.administrator.join("approvals.d")
    }

    /// Who must own the administrator's files.
    #[must_use]
    pub fn administrator_uid(&self) -> u32 {
        self.administrator_uid
    }

    /// The directories that belong to Interlock itself.
    #[must_use]
    pub fn own(&self) -> [&Path; 4] {
        [&self.config, &self.store, &self.state, &self.administrator]
    }
}
