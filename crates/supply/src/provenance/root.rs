//! The trust root: whose certificates, logs, timestamps and registry keys count, and from when to when.
//!
//! It is data: `data/trusted-root.json` is that of Sigstore's public instance with npm's keys, taken on the date in
//! [`TrustRoot::bundled_on`]. A file in the same format replaces it.

use base64::{Engine, engine::general_purpose::STANDARD};
use interlock_wire::Limits;
use interlock_wire::json::validate;
use serde_json::Value;
use std::path::Path;

use super::key::Key;
use super::time::rfc3339;

/// Most bytes of a trust root.
const LARGEST: u64 = 1 << 20;

/// Why a trust root cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The file cannot be read.
    #[error("the trust root cannot be read")]
    Read(#[source] std::io::Error),
    /// It is not a trust root.
    #[error("the trust root is refused: {0}; take `trusted_root.json` as Sigstore publishes it")]
    Format(&'static str),
}

/// From when to when something counts, in seconds since 1970; the end is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    start: i64,
    end: Option<i64>,
}

impl Period {
    pub(super) fn contains(&self, time: i64) -> bool {
        time >= self.start && self.end.is_none_or(|end| time <= end)
    }
}

/// A log and its key.
#[derive(Debug, Clone)]
pub(super) struct LogKey {
    pub(super) id: Vec<u8>,
    pub(super) key: Key,
    pub(super) period: Period,
}

/// A chain of certificates, the root last.
#[derive(Debug, Clone)]
pub(super) struct Authority {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) period: Period,
}

/// A registry's key.
#[derive(Debug, Clone)]
pub(super) struct RegistryKey {
    pub(super) id: String,
    pub(super) usage: String,
    pub(super) key: Key,
    pub(super) period: Period,
}

/// Everything that is trusted.
#[derive(Debug, Clone)]
pub struct TrustRoot {
    pub(super) logs: Vec<LogKey>,
    pub(super) certificate_logs: Vec<LogKey>,
    pub(super) authorities: Vec<Authority>,
    pub(super) timestamps: Vec<Authority>,
    pub(super) registry_keys: Vec<RegistryKey>,
}

impl TrustRoot {
    /// Sigstore's public instance and npm's registry, as of [`TrustRoot::bundled_on`].
    ///
    /// # Errors
    /// Never for the data that is compiled in; a test holds that.
    pub fn bundled() -> Result<Self, RootError> {
        let mut root = Self::parse(include_str!("../../data/trusted-root.json"))?;
        root.add_registry_keys(include_str!("../../data/npm-keys.json"))?;
        Ok(root)
    }

    /// The day on which the bundled data was taken, from the TUF repository of Sigstore through the npm package `@sigstore/tuf` 4.0.2.
    #[must_use]
    pub fn bundled_on() -> &'static str {
        "2026-11-21"
    }

    /// Reads a trust root from a file; npm's keys stay the bundled ones.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn from_file(path: &Path) -> Result<Self, RootError> {
        let mut root = Self::parse(&read(path)?)?;
        root.add_registry_keys(include_str!("../../data/npm-keys.json"))?;
        Ok(root)
    }

    /// Replaces the bundled keys of npm's registry by those in a file, as [`Self::add_registry_keys`] reads them: what was
    /// taken out of it counts no more.
    ///
    /// # Errors
    /// When it cannot be read or has no key in it.
    pub fn replace_registry_keys(&mut self, path: &Path) -> Result<(), RootError> {
        let text = read(path)?;
        self.registry_keys.clear();
        self.add_registry_keys(&text)
    }

    /// Reads `trusted_root.json`.
    ///
    /// # Errors
    /// When it is not in that format, or names a key of a kind that is not accepted and nothing else.
    pub fn parse(text: &str) -> Result<Self, RootError> {
        let value = strict(text)?;
        let kind = value
            .get("mediaType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !kind.starts_with("application/vnd.dev.sigstore.trustedroot") {
            return Err(RootError::Format("another media type"));
        }
        let root = Self {
            logs: list(&value, "tlogs").filter_map(log).collect(),
            certificate_logs: list(&value, "ctlogs").filter_map(log).collect(),
            authorities: list(&value, "certificateAuthorities")
                .filter_map(authority)
                .collect(),
            timestamps: list(&value, "timestampAuthorities")
                .filter_map(authority)
                .collect(),
            registry_keys: Vec::new(),
        };
        if root.logs.is_empty() || root.authorities.is_empty() {
            return Err(RootError::Format("no log or no authority in it"));
        }
        Ok(root)
    }

    /// Adds a registry's keys: `keys.json` as TUF distributes it, or the answer of `/-/npm/v1/keys`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn add_registry_keys(&mut self, text: &str) -> Result<(), RootError> {
        let value = strict(text)?;
        let before = self.registry_keys.len();
        self.registry_keys
            .extend(list(&value, "keys").filter_map(registry_key));
        if self.registry_keys.len() == before {
            return Err(RootError::Format("no key in it"));
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, RootError> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(RootError::Read)?;
    let mut text = String::new();
    let read = file.take(LARGEST).read_to_string(&mut text);
    read.map(|_| text).map_err(RootError::Read)
}

fn strict(text: &str) -> Result<Value, RootError> {
    validate(text.as_bytes(), &Limits::default())
        .map_err(|_| RootError::Format("not strict JSON"))?;
    serde_json::from_str(text).map_err(|_| RootError::Format("not strict JSON"))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn bytes(value: &Value, key: &str) -> Option<Vec<u8>> {
    STANDARD.decode(value.get(key)?.as_str()?).ok()
}

/// Without a start nothing is known about when it counts, so it never does.
fn period(value: Option<&Value>) -> Option<Period> {
    let value = value?;
    let time = |key: &str| value.get(key).and_then(Value::as_str).map(rfc3339);
    let end = match time("end") {
        Some(end) => Some(end?),
        None => None,
    };
    Some(Period {
        start: time("start")??,
        end,
    })
}

fn log(value: &Value) -> Option<LogKey> {
    let key = value.get("publicKey")?;
    Some(LogKey {
        id: bytes(value.get("logId")?, "keyId")?,
        key: Key::from_info(&bytes(key, "rawBytes")?).ok()?,
        period: period(key.get("validFor"))?,
    })
}

fn authority(value: &Value) -> Option<Authority> {
    let chain = list(value.get("certChain")?, "certificates")
        .map(|certificate| bytes(certificate, "rawBytes"));
    let chain: Vec<Vec<u8>> = chain.collect::<Option<_>>()?;
    (!chain.is_empty()).then_some(())?;
    Some(Authority {
        chain,
        period: period(value.get("validFor"))?,
    })
}

fn registry_key(value: &Value) -> Option<RegistryKey> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(key) = value.get("publicKey") {
        return Some(RegistryKey {
            id: text("keyId")?.to_owned(),
            usage: text("keyUsage")?.to_owned(),
            key: Key::from_info(&bytes(key, "rawBytes")?).ok()?,
            period: period(key.get("validFor"))?,
        });
    }
    // The registry's own answer: no start, and an expiry that may be null.
    let end = match text("expires") {
        Some(expires) => Some(rfc3339(expires)?),
        None => None,
    };
    Some(RegistryKey {
        id: text("keyid")?.to_owned(),
        usage: "npm:signatures".to_owned(),
        key: Key::from_info(&bytes(value, "key")?).ok()?,
        period: Period { start: 0, end },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_root_is_whole() {
        let root = TrustRoot::bundled().unwrap();
        assert_eq!((root.logs.len(), root.certificate_logs.len()), (2, 2));
        assert_eq!((root.authorities.len(), root.timestamps.len()), (2, 1));
        assert_eq!(root.registry_keys.len(), 4);
    }

    #[test]
    fn other_documents_are_refused() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#,
        ] {
            assert!(TrustRoot::parse(text).is_err(), "{text}");
        }
        let directory = tempfile::tempdir().unwrap();
        assert!(TrustRoot::from_file(&directory.path().join("none")).is_err());
        let path = directory.path().join("root.json");
        std::fs::write(&path, include_str!("../../data/trusted-root.json")).unwrap();
        assert!(TrustRoot::from_file(&path).is_ok());
    }

    #[test]
    fn keys_of_a_registrys_answer() {
        let mut root = TrustRoot::bundled().unwrap();
        let answer = r#"{"keys": [{"expires": "2025-01-29T00:00:00.000Z", "keyid": "SHA256:x", "keytype": "ecdsa-sha2-nistp256",
            "scheme": "ecdsa-sha2-nistp256", "key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="}]}"#;
        root.add_registry_keys(answer).unwrap();
        let key = root.registry_keys.last().unwrap();
        assert!(key.period.contains(0) && !key.period.contains(1_800_000_000));
        assert!(root.add_registry_keys("{}").is_err());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        assert!(root.replace_registry_keys(&path).is_err());
        std::fs::write(&path, answer).unwrap();
        root.replace_registry_keys(&path).unwrap();
        assert_eq!(root.registry_keys.len(), 1);
    }
}
