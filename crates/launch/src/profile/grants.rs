//! A profile: grants that were checked against each other, against Interlock's own directories, and against
//! the dangers that a person accepted.

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::variable::carries_code;
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn places() -> Places {
        let own = |name: &str| PathBuf::from(format!("/home/u/{name}/interlock"));
        let home = Path::new("/home/u");
        Places::new(
            home,
            &own(".config"),
            &own(".local/share"),
            &own(".local/state"),
            1000,
        )
    }

    fn paths(text: &str) -> Vec<GrantPath> {
        text.split_whitespace()
            .map(|path| path.parse().unwrap())
            .collect()
    }

    /// Grants that are refused until `danger` is accepted; `None` means that they need nothing.
    fn check(grants: Grants, danger: Option<Danger>) {
        let shown = format!("{grants:?}");
        let refused = match Profile::new(grants.clone(), &places()) {
            Ok(_) => None,
            Err(GrantError::NeedsDanger { danger, .. }) => Some(danger),
            Err(error) => panic!("{shown}: {error}"),
        };
        assert_eq!(refused, danger, "{shown}");
        if let Some(danger) = danger {
            let mut grants = grants;
            grants.danger.push(danger);
            let accepted = Profile::new(grants, &places());
            let own = matches!(
                &accepted,
                Err(GrantError::NeedsDanger {
                    danger: Danger::OwnFiles,
                    ..
                })
            );
            assert!(accepted.is_ok() || own, "{shown}");
        }
    }

    fn read(path: &str) -> Grants {
        Grants {
            reads: paths(path),
            ..Grants::default()
        }
    }

    #[test]
    fn paths_that_need_a_danger() {
        for (path, danger) in [
            ("/srv/data", None),
            ("/home/u/project", None),
            ("/home/user", None),
            ("/home/u/.config/other", None),
            ("/usr/share/dict", None),
            ("/", Some(Danger::WideGrant)),
            ("/home", Some(Danger::WideGrant)),
            ("/home/u", Some(Danger::WideGrant)),
            ("/proc", Some(Danger::WideGrant)),
            ("/proc/1", Some(Danger::WideGrant)),
            ("/home/u/.config", Some(Danger::OwnFiles)),
            ("/home/u/.config/interlock", Some(Danger::OwnFiles)),
            (
                "/home/u/.config/interlock/approver.key",
                Some(Danger::OwnFiles),
            ),
            ("/home/u/.local", Some(Danger::OwnFiles)),
            (
                "/home/u/.local/state/interlock/approvals",
                Some(Danger::OwnFiles),
            ),
            ("/etc", Some(Danger::OwnFiles)),
            ("/etc/interlock", Some(Danger::OwnFiles)),
        ] {
            check(read(path), danger);
            let cwd = Grants {
                cwd: Some(path.parse().unwrap()),
                ..Grants::default()
            };
            check(cwd, danger);
        }
    }

    #[test]
    fn own_files_are_never_writable() {
        for path in [
            "/",
            "/home/u",
            "/home/u/.config/interlock",
            "/home/u/.local",
            "/etc/interlock/x",
        ] {
            let grants = Grants {
                writes: paths(path),
                danger: Danger::all().map(|(danger, _)| danger).collect(),
                ..Grants::default()
            };
            let refused = Profile::new(grants, &places());
            assert!(
                matches!(refused, Err(GrantError::WritesOwnFiles(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn variables_that_need_a_danger() {
        for (name, harmless) in [
            ("GITHUB_TOKEN", true),
            ("DEBUG", true),
            ("LD_PRELOAD", false),
            ("NODE_OPTIONS", false),
            ("PYTHONPATH", false),
            ("npm_config_registry", false),
            ("https_proxy", false),
            ("SSL_CERT_FILE", false),
            ("NODE_EXTRA_CA_CERTS", false),
            ("BASH_ENV", false),
            ("PATH", false),
        ] {
            let danger = (!harmless).then_some(Danger::CodeEnvironment);
            let env = Grants {
                env: vec![name.parse().unwrap()],
                ..Grants::default()
            };
            check(env, danger);
            let secrets = Grants {
                secrets: vec![name.parse().unwrap()],
                ..Grants::default()
            };
            check(secrets, danger);
        }
        // The variable counts that a secret becomes.
        let secrets = vec!["node-options".parse().unwrap()];
        check(
            Grants {
                secrets,
                ..Grants::default()
            },
            Some(Danger::CodeEnvironment),
        );
    }

    #[test]
    fn hosts_that_need_a_danger() {
        for (host, danger) in [
            ("api.example.com:443", None),
            ("localhost:5432", Some(Danger::PrivateNetwork)),
            ("*:443", Some(Danger::AnyHost)),
        ] {
            let net = vec![host.parse().unwrap()];
            check(
                Grants {
                    net,
                    ..Grants::default()
                },
                danger,
            );
        }
    }

    #[test]
    fn order_and_repetition_mean_nothing() {
        let a = Profile::new(read("/b /a /b"), &places()).unwrap();
        let b = Profile::new(read("/a /b"), &places()).unwrap();
        assert_eq!(a, b);
        assert_eq!(Profile::new(a.to_grants(), &places()).unwrap(), b);
    }

    #[test]
    fn limits_that_nothing_could_run_under() {
        let mut grants = Grants::default();
        grants.limits.memory_bytes = 1;
        let error = Profile::new(grants, &places()).unwrap_err();
        assert!(matches!(error, GrantError::Limit(_)), "{error}");
    }

    #[test]
    fn danger_options_read_as_they_are_written() {
        let grants = Grants {
            danger: vec![Danger::AnyHost],
            allow_missing: vec!["landlock".parse().unwrap()],
            ..Grants::default()
        };
        let profile = Profile::new(grants, &places()).unwrap();
        assert_eq!(
            profile.danger_options(),
            ["--danger-any-host", "--danger-allow-missing=landlock"]
        );
    }
}
