//! What a person or an administrator requires of where packages come from: the table `[supply]` of `config.toml`.
//!
//! Read strictly: a key that is not known is an error, because a policy that is misspelt would not be one. The administrator's file
//! wins, key by key. Judging is pure; what could not be fetched breaks a policy only where the policy needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use interlock_launch::excerpt;
use serde::Deserialize;

use crate::hold::Hold;
use crate::http::Reach;
use crate::locked::{Ecosystem, LockedPackage, LockedTree};
use crate::provenance::{Checked, Identity, Origin, is_own};

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
    require_provenance: Option<Require>,
    min_age: Option<u32>,
    allow_publishers: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    advisories: Option<PathBuf>,
    trust_root: Option<PathBuf>,
    registry_keys: Option<PathBuf>,
    mcp_registry: Option<String>,
    image_mirrors: Option<BTreeMap<String, String>>,
    danger_local_addresses: Option<Reach>,
    danger_unlisted: Option<Vec<String>>,
}

/// Of what an attestation of the build is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Require {
    Nothing,
    /// The package that was asked for.
    Root,
    /// That and everything that it needs.
    All,
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
    require_provenance: Option<toml::Value>,
    min_age: Option<String>,
    allow_publishers: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    advisories: Option<PathBuf>,
    trust_root: Option<PathBuf>,
    registry_keys: Option<PathBuf>,
    mcp_registry: Option<String>,
    image_mirrors: Option<BTreeMap<String, String>>,
    danger_local_addresses: Option<toml::Value>,
    danger_unlisted: Option<Vec<String>>,
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
        let paths = [
            ("advisories", &table.advisories),
            ("trust-root", &table.trust_root),
            ("registry-keys", &table.registry_keys),
        ];
        let relative = paths
            .iter()
            .find(|(_, path)| path.as_ref().is_some_and(|path| path.is_relative()));
        if let Some((key, _)) = relative {
            return Err(format!("`{key}` is an absolute path"));
        }
        Ok(Self {
            require_provenance: table.require_provenance.as_ref().map(require).transpose()?,
            min_age: table.min_age.as_deref().map(days).transpose()?,
            allow_publishers: table.allow_publishers,
            exempt: table.exempt,
            advisories: table.advisories,
            trust_root: table.trust_root,
            registry_keys: table.registry_keys,
            mcp_registry: table.mcp_registry,
            image_mirrors: table.image_mirrors,
            danger_local_addresses: table
                .danger_local_addresses
                .as_ref()
                .map(local_addresses)
                .transpose()?,
            danger_unlisted: table.danger_unlisted,
        })
    }

    /// Each key from `self` where it has it, else from `other`.
    fn over(self, other: Self) -> Self {
        Self {
            require_provenance: self.require_provenance.or(other.require_provenance),
            min_age: self.min_age.or(other.min_age),
            allow_publishers: self.allow_publishers.or(other.allow_publishers),
            exempt: self.exempt.or(other.exempt),
            advisories: self.advisories.or(other.advisories),
            trust_root: self.trust_root.or(other.trust_root),
            registry_keys: self.registry_keys.or(other.registry_keys),
            mcp_registry: self.mcp_registry.or(other.mcp_registry),
            image_mirrors: self.image_mirrors.or(other.image_mirrors),
            danger_local_addresses: self.danger_local_addresses.or(other.danger_local_addresses),
            danger_unlisted: self.danger_unlisted.or(other.danger_unlisted),
        }
    }

    /// The trust root that replaces the bundled one.
    #[must_use]
    pub fn trust_root(&self) -> Option<&Path> {
        self.trust_root.as_deref()
    }

    /// The file with an npm registry's keys that replaces the bundled ones.
    #[must_use]
    pub fn registry_keys(&self) -> Option<&Path> {
        self.registry_keys.as_deref()
    }

    /// Advisories that somebody relies on: what they call malicious is refused, and what they say besides is told.
    #[must_use]
    pub fn advisories(&self) -> Option<&Path> {
        self.advisories.as_deref()
    }

    /// What is held back at `now`, in seconds since 1970: releases younger than `min-age`. Those that mend a hole, by `exempt` or by
    /// the advisories that the configuration names, do not have to wait.
    #[must_use]
    pub fn hold(&self, now: i64) -> Hold {
        let exempt: BTreeSet<String> = self.exempt.iter().flatten().cloned().collect();
        let days = self.min_age.unwrap_or(DEFAULT_AGE);
        // A mirror may not tell when something was published; that matters to whoever asked for an age.
        let hold = Hold::new(now, days, self.min_age.is_some(), exempt);
        match &self.advisories {
            Some(path) => hold.with_advisories(path.clone()),
            None => hold,
        }
    }

    /// The MCP Registry in which a package's own claim is looked up; none is asked unless it is named.
    #[must_use]
    pub fn mcp_registry(&self) -> Option<&str> {
        self.mcp_registry.as_deref()
    }

    /// Other addresses for registries of images, by the host in an image's name.
    #[must_use]
    pub fn image_mirrors(&self) -> BTreeMap<String, String> {
        self.image_mirrors.clone().unwrap_or_default()
    }

    /// The hosts that may be asked although they are no public ones, whoever names them; besides the registries that are configured.
    #[must_use]
    pub fn danger_reach(&self) -> Reach {
        self.danger_local_addresses.clone().unwrap_or_default()
    }

    /// Whether somebody who builds from a repository is among the allowed publishers. Nobody is where they are not listed.
    #[must_use]
    pub fn allows(&self, builder: &Identity) -> bool {
        let own = forge(builder);
        let listed = self.allow_publishers.iter().flatten();
        own.is_some_and(|own| listed.into_iter().any(|it| own.eq_ignore_ascii_case(it)))
    }

    /// Puts those who are allowed before others who vouch for an image as well, as anybody may who can write to its repository. How old the image is
    /// at least, they alone say.
    #[must_use]
    pub fn prefer(&self, origin: Origin) -> Origin {
        let settled = origin.first_signed(|builder| self.allows(builder));
        Origin {
            settled,
            ..origin.preferring(|builder| self.allows(builder))
        }
    }

    /// Judges an image by what is known of where it came from, after [`Policy::prefer`]. Anybody who may write to its repository may attach something to it, so
    /// what does not hold counts for nothing and breaks nothing that is not required.
    #[must_use]
    pub fn judge_image(
        &self,
        name: &str,
        version: &str,
        origin: &Origin,
        hold: &Hold,
    ) -> Vec<Breach> {
        let age = judge_age(name, version, origin, hold).map(|breach| Breach {
            next: match origin.settled {
                // Waiting helps where somebody says since when.
                None => format!(
                    "list whoever builds it in `allow-publishers`, or add `{}` to `exempt` in config.toml",
                    excerpt(&format!("{name}@{version}"))
                ),
                Some(_) => breach.next,
            },
            ..breach
        });
        let breaches = [
            self.judge_provenance(origin, true),
            age,
            self.judge_publisher(name, origin),
        ];
        breaches.into_iter().flatten().collect()
    }

    /// Judges a tree by what is known of where its packages came from, and what they were built with, `origins` in the order of
    /// both. Publishers are those of the package that was asked for; ages are of all packages, and so are attestations that do not
    /// hold.
    #[must_use]
    pub fn judge(&self, tree: &LockedTree, origins: &[Origin], hold: &Hold) -> Vec<Breach> {
        let tree = &tree.with_tools();
        let own = |package: &LockedPackage| is_own(tree, package);
        self.judge_all(tree.ecosystem, &tree.packages, &own, origins, hold)
    }

    /// Judges what no registry published, by the name and version that its tree has. What it calls itself is a stranger's word.
    #[must_use]
    pub fn judge_unvouched(&self, name: &str, version: &str, hold: &Hold) -> Vec<Breach> {
        let origin = Origin::unknown();
        // Waiting does not help where nobody says since when it is there.
        let next = || {
            format!(
                "name a released package, or, when you know this commit, add `{}` to `exempt` in config.toml",
                excerpt(&format!("{name}@{version}"))
            )
        };
        let age = judge_age(name, version, &origin, &hold.clone().of(Ecosystem::Git));
        let all = [
            self.judge_provenance(&origin, true),
            age.map(|breach| Breach {
                next: next(),
                ..breach
            }),
            self.judge_publisher(name, &origin),
        ];
        all.into_iter().flatten().collect()
    }

    /// Judges packages that are in no tree yet, as [`Policy::judge`] does. `own`: whether one is what was asked for.
    #[must_use]
    pub fn judge_all(
        &self,
        ecosystem: Ecosystem,
        packages: &[LockedPackage],
        own: &dyn Fn(&LockedPackage) -> bool,
        origins: &[Origin],
        hold: &Hold,
    ) -> Vec<Breach> {
        let hold = &hold.clone().of(ecosystem);
        let mut breaches = Vec::new();
        for (package, origin) in packages.iter().zip(origins) {
            let own = own(package);
            let (name, version) = (package.name.as_str(), package.version.as_str());
            let shown = (!own).then(|| format!("{name}@{version}: "));
            let all = [
                self.judge_failure(origin),
                self.judge_unlisted(name, version)
                    .filter(|_| origin.unlisted),
                self.judge_provenance(origin, own),
                judge_age(name, version, origin, hold),
                self.judge_publisher(name, origin).filter(|_| own),
            ];
            breaches.extend(all.into_iter().flatten().map(|breach| Breach {
                text: match &shown {
                    // An age names its package itself.
                    Some(shown) if breach.rule != MIN_AGE => shown.clone() + &breach.text,
                    _ => breach.text,
                },
                ..breach
            }));
        }
        breaches
    }

    /// What is served and does not hold is worse than nothing, whatever is required.
    fn judge_failure(&self, origin: &Origin) -> Option<Breach> {
        origin.failure().map(|error| Breach {
            rule: "provenance",
            text: format!("what is served about its origin does not hold: {error}"),
            next: "choose another version, and tell the package's authors".to_owned(),
        })
    }

    /// Judges a release that a registry took away: somebody had a reason for that. Nobody chooses it by its name any more, and a lock or
    /// the store would still bring it.
    #[must_use]
    pub fn judge_unlisted(&self, name: &str, version: &str) -> Option<Breach> {
        let release = format!("{name}@{version}");
        let mut accepted = self.danger_unlisted.iter().flatten();
        (!accepted.any(|it| *it == release)).then(|| Breach {
            rule: "unlisted",
            text: "the registry does not list this release, or not with these bytes; malicious ones are taken away like that, and private ones are hidden where no login holds".to_owned(),
            next: format!(
                "choose another version; when you know why it is gone, add `{}` to `danger-unlisted` in config.toml",
                excerpt(&release)
            ),
        })
    }

    fn judge_provenance(&self, origin: &Origin, own: bool) -> Option<Breach> {
        let required = match self.require_provenance {
            None | Some(Require::Nothing) => false,
            Some(Require::Root) => own,
            Some(Require::All) => true,
        };
        (required && origin.builder().is_none()).then(|| Breach {
            rule: "require-provenance",
            text: match (origin.failure(), &origin.attestations) {
                (Some(error), _) => format!("no attestation that holds says from which repository it was built: {error}"),
                (None, Checked::Unreachable) => "whether it is attested could not be asked".to_owned(),
                (None, _) => "no attestation says from which repository it was built".to_owned(),
            },
            next: "choose a package that is published with provenance, or change `require-provenance` in config.toml".to_owned(),
        })
    }

    fn judge_publisher(&self, name: &str, origin: &Origin) -> Option<Breach> {
        let allowed = self.allow_publishers.as_ref()?;
        let scope = name.split_once('/').map(|(scope, _)| scope.to_owned());
        let scope = scope.filter(|scope| scope.starts_with('@'));
        let built = origin.builders().filter_map(forge);
        let account = origin
            .publisher
            .as_ref()
            .map(|publisher| format!("npm:{publisher}"));
        let own: Vec<String> = scope.into_iter().chain(built).chain(account).collect();
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

/// The name of the requirement.
const MIN_AGE: &str = "min-age";

fn judge_age(name: &str, version: &str, origin: &Origin, hold: &Hold) -> Option<Breach> {
    // Where its own moment is not told, it is at least as old as the last change of anything about it.
    let since = origin.there_since(|moment| hold.is_past(moment));
    let young = hold.young(name, version, since)?;
    Some(Breach {
        rule: MIN_AGE,
        text: young.to_string(),
        next: young.next(),
    })
}

/// `true` and `"root"` mean the package that was asked for.
fn require(value: &toml::Value) -> Result<Require, String> {
    match (value.as_bool(), value.as_str()) {
        (Some(false), _) => Ok(Require::Nothing),
        (Some(true), _) | (_, Some("root")) => Ok(Require::Root),
        (_, Some("all")) => Ok(Require::All),
        _ => Err("`require-provenance` is `true`, `false`, `\"root\"` or `\"all\"`".to_owned()),
    }
}

/// `true` for all of them, or a list of hosts.
fn local_addresses(value: &toml::Value) -> Result<Reach, String> {
    let bad = "`danger-local-addresses` is `true`, `false` or a list of hosts, each as `HOST` or `HOST:PORT`";
    match (value.as_bool(), value.as_array()) {
        (Some(true), _) => Ok(Reach::danger_everything()),
        (Some(false), _) => Ok(Reach::default()),
        (_, Some(hosts)) => hosts.iter().try_fold(Reach::default(), |reach, host| {
            let named = host.as_str().and_then(|host| reach.naming_host(host));
            named.ok_or_else(|| bad.to_owned())
        }),
        _ => Err(bad.to_owned()),
    }
}

/// The owner of the repository that somebody builds from, as publishers are written: where the forge itself says that it is theirs. Others
/// whom the authority believes name repositories as well, of any forge.
fn forge(builder: &Identity) -> Option<String> {
    let rest = builder.repository.as_deref()?.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    let (kind, issuer) = match host {
        "github.com" => ("github", "https://token.actions.githubusercontent.com"),
        "gitlab.com" => ("gitlab", "https://gitlab.com"),
        _ => return None,
    };
    let below = builder.issuer.strip_prefix(issuer)?;
    // An enterprise has an issuer of its own there.
    let is_theirs = below.is_empty() || (kind == "github" && below.starts_with('/'));
    let owner = path.split('/').next().filter(|_| is_theirs)?;
    Some(format!("{kind}:{owner}"))
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
#[path = "policy_tests.rs"]
mod tests;
