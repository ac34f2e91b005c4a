//! What a lock proposes that a server may touch. Each text is checked when it is read; whether the whole may be granted is
//! decided where it is approved.

use super::path::{Base, ProjectPath};
use interlock_launch::{
    BaseProfile, Danger, EnvName, Grants, HostPort, LayerName, Limits, PathError, Profile,
    SecretName,
};
use serde::{Deserialize, Serialize};

/// Proposed grants; the names are those of the options of `interlock approve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProposedGrants {
    /// Files and directories to read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<ProjectPath>,
    /// Files and directories to read and write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write: Vec<ProjectPath>,
    /// Hosts to connect to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub net: Vec<HostPort>,
    /// Variables to pass on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvName>,
    /// Secrets to hand over; each user has their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret: Vec<SecretName>,
    /// The directory to start in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<ProjectPath>,
    /// The base profile, where it is not the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<BaseProfile>,
    /// Most memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Most processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// Most bytes in the private home and temporary directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scratch: Option<u64>,
    /// Weakenings; whoever approves has to name each of them again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub danger: Vec<Danger>,
    /// Layers of the sandbox that may be missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub danger_allow_missing: Vec<LayerName>,
}

impl ProposedGrants {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The grants, with the lock's paths made absolute; not checked against each other yet.
    ///
    /// # Errors
    /// When a path cannot be granted.
    pub fn to_grants(&self, base: &Base) -> Result<Grants, PathError> {
        let path = |path: &ProjectPath| path.resolve(base).as_path().try_into();
        let usual = Limits::default();
        Ok(Grants {
            reads: self.read.iter().map(path).collect::<Result<_, _>>()?,
            writes: self.write.iter().map(path).collect::<Result<_, _>>()?,
            net: self.net.clone(),
            env: self.env.clone(),
            secrets: self.secret.clone(),
            cwd: self.cwd.as_ref().map(path).transpose()?,
            limits: Limits {
                memory_bytes: self.memory.unwrap_or(usual.memory_bytes),
                processes: self.processes.unwrap_or(usual.processes),
                tmp_bytes: self.scratch.unwrap_or(usual.tmp_bytes),
                ..usual
            },
            base: self.profile.unwrap_or_default(),
            danger: self.danger.clone(),
            allow_missing: self.danger_allow_missing.clone(),
        })
    }

    /// A checked profile as a proposal for others. Paths that a lock cannot write are left out.
    #[must_use]
    pub fn of(profile: &Profile, base: &Base) -> Self {
        let paths = |list: &[interlock_launch::GrantPath]| {
            let path =
                |path: &interlock_launch::GrantPath| ProjectPath::of(path.as_path(), base).ok();
            list.iter().filter_map(path).collect()
        };
        let (limits, usual) = (profile.limits(), Limits::default());
        let unusual = |is: u64, was: u64| Some(is).filter(|is| *is != was);
        Self {
            read: paths(profile.reads()),
            write: paths(profile.writes()),
            net: profile.net().to_vec(),
            env: profile.env().to_vec(),
            secret: profile.secrets().to_vec(),
            cwd: profile
                .cwd()
                .and_then(|path| ProjectPath::of(path.as_path(), base).ok()),
            profile: Some(profile.base()).filter(|base| *base != BaseProfile::Default),
            memory: unusual(limits.memory_bytes, usual.memory_bytes),
            processes: unusual(limits.processes, usual.processes),
            scratch: unusual(limits.tmp_bytes, usual.tmp_bytes),
            danger: profile.danger().to_vec(),
            danger_allow_missing: profile.allow_missing().to_vec(),
        }
    }

    /// Every weakening that it proposes, as an option of `interlock approve`.
    #[must_use]
    pub fn danger_options(&self) -> Vec<String> {
        let danger = self
            .danger
            .iter()
            .map(|danger| format!("--danger-{danger}"));
        let missing = self.danger_allow_missing.iter();
        let missing = missing.map(|layer| format!("--danger-allow-missing={layer}"));
        danger.chain(missing).collect()
    }
}
