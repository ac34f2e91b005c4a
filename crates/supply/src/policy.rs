//! What a person or an administrator requires of where packages come from: the table `[supply]` of `config.toml`.
//!
//! Read strictly: a key that is not known is an error, because a policy that is misspelt would not be one. The administrator's file
//! wins, key by key. Judging is pure; what could not be fetched breaks a policy only where the policy needs it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use interlock_launch::excerpt;
use serde::Deserialize;

use crate::provenance::Origin;

/// Most bytes of a configuration.
const LARGEST: u64 = 1 << 20;

/// Days that a release is left to others first, unless the configuration says otherwise.
const DEFAULT_AGE: u32 = 3;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It cannot be read.
    #[error("`{path}` cannot be read", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has something in it that is not known.
    #[error("`{path}` is refused: {what}", path = .path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// What is required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    require_provenance: Option<bool>,
    min_age: Option<u32>,
    allow_publishers: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    trust_root: Option<PathBuf>,
    mcp_registry: Option<String>,
}

/// The file, of which only one table is read here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    supply: Table,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    require_provenance: Option<bool>,
    min_age: Option<String>,
    allow_publishers: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    trust_root: Option<PathBuf>,
    mcp_registry: Option<String>,
}

/// A requirement that a package does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The requirement, as the configuration spells it.
    pub rule: &'static str,
    /// Why it is not met; safe to show.
    pub text: String,
    /// What to do next.
    pub next: String,
}

impl Policy {
    /// Reads `config.toml` of the user and of the administrator; a file that is not there requires nothing.
    ///
    /// # Errors
    /// When one of them cannot be read, or has something in it that is not known.
    pub fn load(user: &Path, administrator: &Path) -> Result<Self, PolicyError> {
        let user = Self::read(&user.join("config.toml"))?;
        let administrator = Self::read(&administrator.join("config.toml"))?;
        Ok(administrator.over(user))
    }

    fn read(path: &Path) -> Result<Self, PolicyError> {
        let failed = |source| PolicyError::Read {
            path: path.to_owned(),
            source,
        };
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(failed(error)),
        };
        let mut text = String::new();
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::parse(&text).map_err(|what| PolicyError::Format {
            path: path.to_owned(),
            what,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| excerpt(error.message()))?;
        let table = file.supply;
        for publisher in table.allow_publishers.iter().flatten() {
            let known = publisher.starts_with('@')
                || ["github:", "gitlab:", "npm:"]
                    .iter()
                    .any(|kind| publisher.starts_with(kind));
            if !known {
                return Err(format!(
                    "`{}` is no publisher: write `@scope`, `github:OWNER`, `gitlab:OWNER` or `npm:ACCOUNT`",
                    excerpt(publisher)
                ));
            }
        }
        if table
            .trust_root
            .as_ref()
            .is_some_and(|path| path.is_relative())
        {
            return Err("`trust-root` is an absolute path".to_owned());
        }
        Ok(Self {
            require_provenance: table.require_provenance,
            min_age: table.min_age.as_deref().map(days).transpose()?,
            allow_publishers: table.allow_publishers,
            exempt: table.exempt,
            trust_root: table.trust_root,
            mcp_registry: table.mcp_registry,
        })
    }

    /// Each key from `self` where it has it, else from `other`.
    fn over(self, other: Self) -> Self {
        Self {
            require_provenance: self.require_provenance.or(other.require_provenance),
            min_age: self.min_age.or(other.min_age),
            allow_publishers: self.allow_publishers.or(other.allow_publishers),
            exempt: self.exempt.or(other.exempt),
            trust_root: self.trust_root.or(other.trust_root),
            mcp_registry: self.mcp_registry.or(other.mcp_registry),
        }
    }

    /// The trust root that replaces the bundled one.
    #[must_use]
    pub fn trust_root(&self) -> Option<&Path> {
        self.trust_root.as_deref()
    }

    /// The MCP Registry in which a package's own claim is looked up; none is asked unless it is named.
    #[must_use]
    pub fn mcp_registry(&self) -> Option<&str> {
        self.mcp_registry.as_deref()
    }

    /// Judges a package. `name` is its name, `version` the chosen one, `now` in seconds since 1970.
    #[must_use]
    pub fn judge(&self, name: &str, version: &str, origin: &Origin, now: i64) -> Vec<Breach> {
        let breaches = [
            self.judge_failure(origin),
            self.judge_provenance(origin),
            self.judge_age(name, version, origin, now),
            self.judge_publisher(name, origin),
        ];
        breaches.into_iter().flatten().collect()
    }

    /// What is served and does not hold is worse than nothing, whatever is required.
    fn judge_failure(&self, origin: &Origin) -> Option<Breach> {
        origin.failure().map(|error| Breach {
            rule: "provenance",
            text: format!("what the registry serves about its origin does not hold: {error}"),
            next: "choose another version, and tell the package's authors".to_owned(),
        })
    }

    fn judge_provenance(&self, origin: &Origin) -> Option<Breach> {
        let required = self.require_provenance.unwrap_or(false);
        (required && origin.builder().is_none()).then(|| Breach {
            rule: "require-provenance",
            text: "no attestation says from which repository it was built".to_owned(),
            next: "choose a package that is published with provenance, or change `require-provenance` in config.toml".to_owned(),
        })
    }

    fn judge_age(&self, name: &str, version: &str, origin: &Origin, now: i64) -> Option<Breach> {
        let wanted = self.min_age.unwrap_or(DEFAULT_AGE);
        let own = format!("{name}@{version}");
        if wanted == 0 || self.exempt.iter().flatten().any(|exempt| *exempt == own) {
            return None;
        }
        let text = match origin.age_days(now) {
            Some(age) if age >= i64::from(wanted) => return None,
            Some(age) => format!(
                "it was published {} ago, and releases are left to others for {wanted} days",
                counted(age)
            ),
            // A mirror may not tell; that matters to whoever asked for an age.
            None if self.min_age.is_none() => return None,
            None => "when it was published is not known".to_owned(),
        };
        Some(Breach {
            rule: "min-age",
            text,
            next: format!(
                "approve an older version by name, or, when this one mends a hole, add `{}` to `exempt` in config.toml",
                excerpt(&own)
            ),
        })
    }

    fn judge_publisher(&self, name: &str, origin: &Origin) -> Option<Breach> {
        let allowed = self.allow_publishers.as_ref()?;
        let scope = name.split_once('/').map(|(scope, _)| scope.to_owned());
        let built = origin
            .builder()
            .and_then(|builder| builder.repository.as_deref())
            .and_then(forge);
        let account = origin
            .publisher
            .as_ref()
            .map(|publisher| format!("npm:{publisher}"));
        let own: Vec<String> = [scope, built, account].into_iter().flatten().collect();
        let fits = allowed
            .iter()
            .any(|publisher| own.iter().any(|own| own.eq_ignore_ascii_case(publisher)));
        (!fits).then(|| Breach {
            rule: "allow-publishers",
            text: match own.as_slice() {
                [] => "who published it is not known".to_owned(),
                own => format!(
                    "it is from {}, which is not among the allowed publishers",
                    excerpt(&own.join(", "))
                ),
            },
            next: "add the publisher to `allow-publishers` in config.toml, if you trust it"
                .to_owned(),
        })
    }
}

fn counted(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "one day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The owner of a repository, as publishers are written.
fn forge(repository: &str) -> Option<String> {
    let rest = repository.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    let kind = match host {
        "github.com" => "github",
        "gitlab.com" => "gitlab",
        _ => return None,
    };
    Some(format!("{kind}:{}", path.split('/').next()?))
}

/// Reads `3d`, `2w` or `0`.
fn days(text: &str) -> Result<u32, String> {
    let bad = || {
        format!(
            "`{}` is no age: write days as `3d` or weeks as `2w`",
            excerpt(text)
        )
    };
    let (number, unit) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    number
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::{Attested, Checked, Identity, Signer, VerifyError};

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_795_000_000;

    fn origin(age: Option<i64>, owner: Option<&str>) -> Origin {
        let identity = |owner: &str| Identity {
            repository: Some(format!("https://github.com/{owner}/x")),
            ..Identity::default()
        };
        let attested = |owner: &str| Attested {
            predicate_type: "https://slsa.dev/provenance/v1".into(),
            signer: Signer::Identity(identity(owner)),
            time: NOW - DAY,
        };
        Origin {
            published: age.map(|days| NOW - days * DAY),
            publisher: None,
            repository: None,
            commit: None,
            mcp_name: None,
            signature: Checked::Absent,
            attestations: owner.map_or(Checked::Absent, |owner| {
                Checked::Verified(vec![attested(owner)])
            }),
        }
    }

    fn check(config: &str, origin: &Origin, expected: &[&str]) {
        let policy = Policy::parse(config).unwrap();
        let rules: Vec<&str> = policy
            .judge("@s/x", "1.0.0", origin, NOW)
            .iter()
            .map(|breach| breach.rule)
            .collect();
        assert_eq!(rules, expected, "{config} {origin:?}");
    }

    #[test]
    fn requirements() {
        let table = |text: &str| format!("[supply]\n{text}");
        check("", &origin(Some(4), None), &[]);
        check("", &origin(Some(2), None), &["min-age"]);
        check("", &origin(None, None), &[]);
        check(&table("min-age = \"2d\""), &origin(Some(2), None), &[]);
        check(
            &table("min-age = \"2w\""),
            &origin(Some(13), None),
            &["min-age"],
        );
        check(&table("min-age = \"0\""), &origin(Some(0), None), &[]);
        check(
            &table("min-age = \"3d\""),
            &origin(None, None),
            &["min-age"],
        );
        check(
            &table("exempt = [\"@s/x@1.0.0\"]"),
            &origin(Some(0), None),
            &[],
        );
        check(
            &table("exempt = [\"@s/x@1.0.1\"]"),
            &origin(Some(0), None),
            &["min-age"],
        );
        check(
            &table("require-provenance = true"),
            &origin(Some(9), None),
            &["require-provenance"],
        );
        check(
            &table("require-provenance = true"),
            &origin(Some(9), Some("a")),
            &[],
        );
        check(
            &table("allow-publishers = [\"github:a\"]"),
            &origin(Some(9), Some("A")),
            &[],
        );
        check(
            &table("allow-publishers = [\"github:a\"]"),
            &origin(Some(9), Some("b")),
            &["allow-publishers"],
        );
        check(
            &table("allow-publishers = [\"@s\"]"),
            &origin(Some(9), None),
            &[],
        );
        check(
            &table("allow-publishers = [\"npm:me\"]"),
            &origin(Some(9), None),
            &["allow-publishers"],
        );
        let mut broken = origin(Some(9), None);
        broken.attestations = Checked::Failed(VerifyError::Signature);
        check("", &broken, &["provenance"]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in [
            "supply = 1",
            "[suply]",
            "[supply]\nrequire_provenance = true",
            "[supply]\nmin-age = \"soon\"",
            "[supply]\nmin-age = 3",
            "[supply]\nallow-publishers = [\"me\"]",
            "[supply]\ntrust-root = \"root.json\"",
        ] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_administrators_file_wins() {
        let (user, administrator) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let load = || Policy::load(user.path(), administrator.path()).unwrap();
        assert_eq!(load(), Policy::default());
        std::fs::write(
            user.path().join("config.toml"),
            "[supply]\nmin-age = \"0\"\nrequire-provenance = true",
        )
        .unwrap();
        std::fs::write(
            administrator.path().join("config.toml"),
            "[supply]\nmin-age = \"7d\"",
        )
        .unwrap();
        let policy = load();
        assert_eq!(
            (policy.min_age, policy.require_provenance),
            (Some(7), Some(true))
        );
        std::fs::write(user.path().join("config.toml"), "nonsense").unwrap();
        assert!(matches!(
            Policy::load(user.path(), administrator.path()),
            Err(PolicyError::Format { .. })
        ));
    }
}
