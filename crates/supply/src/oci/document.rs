//! The JSON documents of an image: index, manifest, configuration. Pure; digests are checked by whoever fetched the bytes.

use super::reference::{ImageDigest, Platform};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON of that shape.
    #[error("it is no such document: {0}")]
    Json(String),
    /// A document that is an index and a manifest at once, or says that it is the other: readers would disagree.
    #[error("it can be read as an index and as a manifest")]
    Ambiguous,
    /// An old or unknown format.
    #[error("its format `{0}` is not supported")]
    Format(String),
    /// No image for this kind of machine.
    #[error("it has no image for `{here}`: it has {found}")]
    NoPlatform {
        /// This machine.
        here: String,
        /// What there is.
        found: String,
    },
}

/// A reference to bytes by digest and size.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: ImageDigest,
    pub(super) size: u64,
    #[serde(default)]
    platform: Option<DescribedPlatform>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct DescribedPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

/// An image of one kind of machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Document {
    Index(Vec<Descriptor>),
    Manifest(Manifest),
}

/// Both kinds at once, to see when a document is both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

/// What a registry is asked for.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

const INDEXES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
const MANIFESTS: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

impl Document {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let raw: Raw = json(bytes)?;
        if raw.schema_version != 2 {
            return Err(DocumentError::Format(format!(
                "version {}",
                raw.schema_version
            )));
        }
        let is = |kinds: [&str; 2]| kinds.contains(&raw.media_type.as_str());
        match (raw.manifests, raw.config, raw.layers) {
            (Some(manifests), None, None) if !is(MANIFESTS) => Ok(Self::Index(manifests)),
            (None, Some(config), Some(layers)) if !is(INDEXES) => {
                Ok(Self::Manifest(Manifest { config, layers }))
            }
            (None, None, None) => Err(DocumentError::Format(raw.media_type)),
            _ => Err(DocumentError::Ambiguous),
        }
    }

    /// The one manifest of an index that is for this kind of machine; the first of several, as engines choose.
    pub(super) fn choose<'a>(
        index: &'a [Descriptor],
        here: &Platform,
    ) -> Result<&'a Descriptor, DocumentError> {
        let fits = |it: &&Descriptor| {
            let kind = MANIFESTS.contains(&it.media_type.as_str()) || it.media_type.is_empty();
            let platform = it.platform.as_ref();
            kind && platform
                .is_some_and(|it| it.os == here.os && it.architecture == here.architecture)
        };
        let only = |it: &&Descriptor| index.len() == 1 && it.platform.is_none();
        let found = index.iter().find(fits).or_else(|| index.iter().find(only));
        found.ok_or_else(|| {
            let platforms = index.iter().filter_map(|it| it.platform.as_ref());
            let texts = platforms.map(|it| format!("`{}/{}`", it.os, it.architecture));
            let found: Vec<String> = texts.take(20).collect();
            DocumentError::NoPlatform {
                here: here.to_string(),
                found: match found.is_empty() {
                    true => "none".to_owned(),
                    false => interlock_launch::excerpt(&found.join(", ")).to_string(),
                },
            }
        })
    }
}

/// How a layer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Descriptor {
    /// How a layer is packed, by its media type.
    pub(super) fn packing(&self) -> Result<Packing, DocumentError> {
        match self.media_type.as_str() {
            "application/vnd.oci.image.layer.v1.tar+gzip"
            | "application/vnd.docker.image.rootfs.diff.tar.gzip" => Ok(Packing::Gzip),
            "application/vnd.oci.image.layer.v1.tar"
            | "application/vnd.docker.image.rootfs.diff.tar" => Ok(Packing::Plain),
            "application/vnd.oci.image.layer.v1.tar+zstd"
            | "application/vnd.docker.image.rootfs.diff.tar.zstd" => Ok(Packing::Zstd),
            other => Err(DocumentError::Format(
                interlock_launch::excerpt(other).to_string(),
            )),
        }
    }
}

/// The configuration of an image.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Configuration {
    #[serde(default)]
    pub(crate) created: Option<String>,
    #[serde(default)]
    pub(crate) os: String,
    #[serde(default)]
    pub(crate) architecture: String,
    #[serde(default)]
    pub(crate) config: Option<Run>,
    pub(crate) rootfs: RootFs,
}

/// How it is run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Run {
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) env: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) entrypoint: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) cmd: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) working_dir: Option<String>,
    #[serde(default)]
    pub(crate) exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    #[serde(default)]
    pub(crate) volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    #[serde(default)]
    pub(crate) labels: Option<BTreeMap<String, String>>,
}

/// Which layers, unpacked.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RootFs {
    pub(crate) diff_ids: Vec<ImageDigest>,
}

impl Configuration {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        json(bytes)
    }

    /// As resolution needs it.
    pub(crate) fn start(&self) -> interlock_launch::ImageConfig {
        let run = self.config.clone().unwrap_or_default();
        let env = run.env.unwrap_or_default().into_iter();
        interlock_launch::ImageConfig {
            entrypoint: run.entrypoint.unwrap_or_default(),
            cmd: run.cmd.unwrap_or_default(),
            env: env.filter_map(|text| variable(&text)).collect(),
            workdir: run.working_dir.unwrap_or_default(),
        }
    }
}

fn variable(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty() && !text.contains('\0')).then(|| (name.to_owned(), value.to_owned()))
}

fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DocumentError> {
    serde_json::from_slice(bytes).map_err(|error| {
        DocumentError::Json(interlock_launch::excerpt(&error.to_string()).to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(extra: &str) -> String {
        let hex = "0a".repeat(32);
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{hex}","size":2{extra}}}"#
        )
    }

    #[test]
    fn kinds_of_documents() {
        let one = descriptor("");
        let index = "application/vnd.oci.image.index.v1+json";
        let manifest = "application/vnd.oci.image.manifest.v1+json";
        for (body, expected) in [
            (format!(r#""manifests":[{one}]"#), "index"),
            (
                format!(r#""mediaType":"{index}","manifests":[{one}]"#),
                "index",
            ),
            (format!(r#""config":{one},"layers":[{one}]"#), "manifest"),
            (
                format!(r#""mediaType":"{manifest}","config":{one},"layers":[]"#),
                "manifest",
            ),
            (
                format!(r#""manifests":[{one}],"config":{one},"layers":[]"#),
                "ambiguous",
            ),
            (
                format!(r#""mediaType":"{manifest}","manifests":[{one}]"#),
                "ambiguous",
            ),
            (
                format!(r#""mediaType":"{index}","config":{one},"layers":[]"#),
                "ambiguous",
            ),
            (format!(r#""config":{one}"#), "ambiguous"),
            (r#""fsLayers":[]"#.to_owned(), "format"),
            (format!(r#""manifests":[{one}],"manifests":[]"#), "json"),
            (
                r#""manifests":[{"digest":"md5:0","size":1}]"#.to_owned(),
                "json",
            ),
        ] {
            let text = format!(r#"{{"schemaVersion":2,{body}}}"#);
            let found = match Document::parse(text.as_bytes()) {
                Ok(Document::Index(_)) => "index",
                Ok(Document::Manifest(_)) => "manifest",
                Err(DocumentError::Ambiguous) => "ambiguous",
                Err(DocumentError::Format(_)) => "format",
                Err(DocumentError::Json(_)) => "json",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected, "{text}");
        }
        let old = Document::parse(br#"{"schemaVersion":1}"#);
        assert!(matches!(old, Err(DocumentError::Format(_))));
    }

    #[test]
    fn this_machine_is_chosen_from_an_index() {
        let platform = |os: &str, cpu: &str| {
            descriptor(&format!(
                r#","platform":{{"os":"{os}","architecture":"{cpu}"}}"#
            ))
        };
        let here = Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
        };
        for (entries, expected) in [
            (
                vec![platform("linux", "arm64"), platform("linux", "amd64")],
                Some(1),
            ),
            (
                vec![platform("windows", "amd64"), platform("unknown", "unknown")],
                None,
            ),
            (vec![descriptor("")], Some(0)),
            (vec![descriptor(""), descriptor("")], None),
            (vec![], None),
        ] {
            let list: Vec<Descriptor> = entries
                .iter()
                .map(|text| serde_json::from_str(text).unwrap())
                .collect();
            let chosen = Document::choose(&list, &here).ok();
            let at = chosen.and_then(|found| list.iter().position(|it| it == found));
            assert_eq!(at, expected, "{entries:?}");
        }
    }

    #[test]
    fn configurations_become_starts() {
        let text = r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},
            "config":{"Env":["PATH=/bin","X=a=b","bad","=x"],"Entrypoint":["node"],"Cmd":null,"WorkingDir":"/app"}}"#;
        let start = Configuration::parse(text.as_bytes()).unwrap().start();
        assert_eq!(start.entrypoint, ["node"]);
        assert_eq!(start.cmd, Vec::<String>::new());
        let env = [("PATH", "/bin"), ("X", "a=b")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(start.env, env);
        assert_eq!(start.workdir, "/app");
        let bare = Configuration::parse(br#"{"rootfs":{"diff_ids":[]}}"#).unwrap();
        assert_eq!(bare.start(), interlock_launch::ImageConfig::default());
    }
}
