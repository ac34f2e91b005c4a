//! A profile: grants that were checked against each other, against Interlock's own directories, and against
//! the dangers that a person accepted.

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::name::carries_code;
use super::{Danger, EnvName, GrantPath, HostPort, LayerName, LimitError, Limits, SecretName};
use crate::places::Places;

/// What a person asks to grant; [`Profile::new`] checks it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Files and directories that may be read.
    pub reads: Vec<GrantPath>,
    /// Files and directories that may be read and written.
    pub writes: Vec<GrantPath>,
    /// Where the server may connect.
    pub net: Vec<HostPort>,
    /// Variables passed on from Interlock's own environment.
    pub env: Vec<EnvName>,
    /// Secrets handed over as variables of the same name, from the secret store.
    pub secrets: Vec<SecretName>,
    /// The working directory, mounted for reading; none means a private empty one.
    pub cwd: Option<GrantPath>,
    /// Ceilings.
    pub limits: Limits,
    /// Which set of kernel features is the base.
    pub base: BaseProfile,
    /// The weakenings that were accepted.
    pub danger: Vec<Danger>,
    /// Sandbox layers that may be missing on this kernel: each is a danger of its own.
    pub allow_missing: Vec<LayerName>,
}

/// The set of kernel features that a server starts from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseProfile {
    /// What servers need.
    #[default]
    Default,
    /// What a browser needs in addition.
    Browser,
}

impl BaseProfile {
    /// The name of the base profile.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BaseProfile::Default => "default",
            BaseProfile::Browser => "browser",
        }
    }
}

/// Why grants make no profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GrantError {
    /// The grant weakens a default that nobody said to weaken.
    #[error("`{grant}` {why}: grant less, or accept it with `--danger-{danger}`")]
    NeedsDanger {
        /// The grant as text.
        grant: String,
        /// What is wrong with it.
        why: &'static str,
        /// The option that would allow it.
        danger: Danger,
    },
    /// Writing there would let the server approve itself or erase its trace, so nothing allows it.
    #[error(
        "`{0}` would let the server write Interlock's own files: grant a directory that does not cover them"
    )]
    WritesOwnFiles(String),
    /// A limit is too small to start anything.
    #[error("a limit cannot be kept")]
    Limit(#[from] LimitError),
}

/// Checked grants, sorted and without repetitions, so that equal profiles have equal fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    reads: Vec<GrantPath>,
    writes: Vec<GrantPath>,
    net: Vec<HostPort>,
    env: Vec<EnvName>,
    secrets: Vec<SecretName>,
    cwd: Option<GrantPath>,
    limits: Limits,
    base: BaseProfile,
    danger: Vec<Danger>,
    allow_missing: Vec<LayerName>,
}

impl Profile {
    /// Checks grants. `places` says what is Interlock's own and where the home is.
    pub fn new(mut grants: Grants, places: &Places) -> Result<Self, GrantError> {
        sort(&mut grants.reads);
        sort(&mut grants.writes);
        sort(&mut grants.net);
        sort(&mut grants.env);
        sort(&mut grants.secrets);
        sort(&mut grants.danger);
        sort(&mut grants.allow_missing);
        check_paths(&grants, places)?;
        check_net(&grants)?;
        check_env(&grants)?;
        Ok(Self {
            reads: grants.reads,
            writes: grants.writes,
            net: grants.net,
            env: grants.env,
            secrets: grants.secrets,
            cwd: grants.cwd,
            limits: grants.limits.checked()?,
            base: grants.base,
            danger: grants.danger,
            allow_missing: grants.allow_missing,
        })
    }

    /// The grants again, to change and check anew.
    #[must_use]
    pub fn to_grants(&self) -> Grants {
        Grants {
            reads: self.reads.clone(),
            writes: self.writes.clone(),
            net: self.net.clone(),
            env: self.env.clone(),
            secrets: self.secrets.clone(),
            cwd: self.cwd.clone(),
            limits: self.limits,
            base: self.base,
            danger: self.danger.clone(),
            allow_missing: self.allow_missing.clone(),
        }
    }

    /// Files and directories that may be read.
    #[must_use]
    pub fn reads(&self) -> &[GrantPath] {
        &self.reads
    }

    /// Files and directories that may be read and written.
    #[must_use]
    pub fn writes(&self) -> &[GrantPath] {
        &self.writes
    }

    /// Where the server may connect.
    #[must_use]
    pub fn net(&self) -> &[HostPort] {
        &self.net
    }

    /// Variables passed on from Interlock's own environment.
    #[must_use]
    pub fn env(&self) -> &[EnvName] {
        &self.env
    }

    /// Secrets handed over as variables.
    #[must_use]
    pub fn secrets(&self) -> &[SecretName] {
        &self.secrets
    }

    /// The working directory, where one is granted.
    #[must_use]
    pub fn cwd(&self) -> Option<&GrantPath> {
        self.cwd.as_ref()
    }

    /// Ceilings.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The base set of kernel features.
    #[must_use]
    pub fn base(&self) -> BaseProfile {
        self.base
    }

    /// The weakenings that were accepted.
    #[must_use]
    pub fn danger(&self) -> &[Danger] {
        &self.danger
    }

    /// Sandbox layers that may be missing.
    #[must_use]
    pub fn allow_missing(&self) -> &[LayerName] {
        &self.allow_missing
    }

    /// Every danger option that made this profile, as it is written: for showing and recording.
    #[must_use]
    pub fn danger_options(&self) -> Vec<String> {
        let danger = self
            .danger
            .iter()
            .map(|danger| format!("--danger-{danger}"));
        let missing = self.allow_missing.iter();
        danger
            .chain(missing.map(|layer| format!("--danger-allow-missing={layer}")))
            .collect()
    }

    /// Whether one weakening was accepted.
    #[must_use]
    pub fn accepts(&self, danger: Danger) -> bool {
        self.danger.contains(&danger)
    }
}

fn sort<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}

fn need(
    grants: &Grants,
    danger: Danger,
    grant: impl ToString,
    why: &'static str,
) -> Result<(), GrantError> {
    if grants.danger.contains(&danger) {
        return Ok(());
    }
    Err(GrantError::NeedsDanger {
        grant: grant.to_string(),
        why,
        danger,
    })
}

fn check_paths(grants: &Grants, places: &Places) -> Result<(), GrantError> {
    let touches_own = |path: &GrantPath| {
        places
            .own()
            .iter()
            .any(|own| path.covers(own) || path.as_path().starts_with(own))
    };
    for path in &grants.writes {
        if touches_own(path) {
            return Err(GrantError::WritesOwnFiles(path.to_string()));
        }
    }
    for path in grants.reads.iter().chain(&grants.writes).chain(&grants.cwd) {
        if is_wide(path, places.home()) {
            need(
                grants,
                Danger::WideGrant,
                path,
                "covers the whole home or more",
            )?;
        }
        if touches_own(path) {
            need(
                grants,
                Danger::OwnFiles,
                path,
                "covers Interlock's own files",
            )?;
        }
    }
    Ok(())
}

/// `/`, the home, anything above the home, and the kernel's own trees.
fn is_wide(path: &GrantPath, home: &Path) -> bool {
    const WHOLE: [&str; 8] = [
        "/", "/home", "/root", "/Users", "/proc", "/sys", "/dev", "/run",
    ];
    path.covers(home)
        || WHOLE.contains(&path.as_str())
        || ["/proc", "/sys", "/dev"]
            .iter()
            .any(|tree| path.as_path().starts_with(tree))
}

fn check_net(grants: &Grants) -> Result<(), GrantError> {
    for host in &grants.net {
        match host.danger() {
            Some(Danger::AnyHost) => need(
                grants,
                Danger::AnyHost,
                host,
                "allows any host on that port",
            )?,
            Some(danger) => need(
                grants,
                danger,
                host,
                "names this machine or a private network",
            )?,
            None => {}
        }
    }
    Ok(())
}

fn check_env(grants: &Grants) -> Result<(), GrantError> {
    let secrets = grants.secrets.iter().map(SecretName::variable);
    for name in grants.env.iter().cloned().chain(secrets) {
        if carries_code(name.as_str()) {
            need(
                grants,
                Danger::CodeEnvironment,
                name,
                "can load code or redirect trust",
            )?;
        }
    }
    Ok(())
}
