//! Images made in memory, published in a registry on the loopback or saved as archives.

use super::server::{Answer, Server};
use serde_json::{Value, json};
use sha2::Digest;
use std::{io::Write, path::Path};

pub fn digest(bytes: &[u8]) -> String {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    format!("sha256:{}", hex(&sha2::Sha256::digest(bytes)))
}

/// A layer as tar: names with their content; a name that ends with `/` is a directory, ` -> ` a link.
pub fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o755);
        if let Some((name, target)) = name.split_once(" -> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, name, target).unwrap();
            continue;
        }
        header.set_size(text.len() as u64);
        builder
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// An image and the parts that it is published in.
#[derive(Clone)]
pub struct Image {
    pub layers: Vec<Vec<u8>>,
    pub config: Value,
    pub manifest: Value,
}

impl Image {
    pub fn new(layers: &[Vec<u8>]) -> Self {
        let here = interlock_supply::oci::Platform::here();
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({
            "os": here.os, "architecture": here.architecture, "created": "2026-01-02T03:04:05Z",
            "config": {"Entrypoint": ["/bin/server"], "Cmd": ["stdio"], "User": "root", "Env": ["A=b"], "WorkingDir": "/srv"},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let mut image = Self {
            layers: layers.iter().map(|layer| gzip(layer)).collect(),
            config,
            manifest: Value::Null,
        };
        image.describe();
        image
    }

    /// Makes the manifest of what is there now.
    pub fn describe(&mut self) {
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| {
                json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(layer), "size": layer.len()})
            })
            .collect();
        let config = self.config.to_string();
        self.manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(config.as_bytes()), "size": config.len()},
            "layers": layers,
        });
    }

    pub fn manifest_digest(&self) -> String {
        digest(self.manifest.to_string().as_bytes())
    }

    /// Serves everything, and the manifest under `tag` too.
    pub fn publish(&self, server: &Server, path: &str, tag: &str) {
        let manifest = self.manifest.to_string();
        for version in [tag, &self.manifest_digest()] {
            server.put(
                &format!("/v2/{path}/manifests/{version}"),
                Answer::new(manifest.clone()),
            );
        }
        self.publish_blobs(server, path);
    }

    pub fn publish_blobs(&self, server: &Server, path: &str) {
        let config = self.config.to_string().into_bytes();
        for blob in self.layers.iter().chain([&config]) {
            server.put(
                &format!("/v2/{path}/blobs/{}", digest(blob)),
                Answer::new(blob.clone()),
            );
        }
    }

    /// An index with this image for this machine, and one for another.
    pub fn index(&self) -> String {
        let here = interlock_supply::oci::Platform::here();
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let other = digest(b"other");
        json!({"schemaVersion": 2, "manifests": [
            {"mediaType": kind, "digest": other, "size": 1, "platform": {"os": "plan9", "architecture": "mips"}},
            {"mediaType": kind, "digest": self.manifest_digest(), "size": self.manifest.to_string().len(),
             "platform": {"os": here.os, "architecture": here.architecture}},
        ]})
        .to_string()
    }

    /// As `podman save --format oci-archive` writes it.
    pub fn save_layout(&self, to: &Path) {
        let mut builder = tar::Builder::new(std::fs::File::create(to).unwrap());
        let mut put = |name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, bytes).unwrap();
        };
        let (manifest, config) = (self.manifest.to_string(), self.config.to_string());
        let index = json!({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": self.manifest_digest(), "size": manifest.len()}]});
        put("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
        put("index.json", index.to_string().as_bytes());
        let blobs = [manifest.into_bytes(), config.into_bytes()];
        for blob in blobs.iter().chain(&self.layers) {
            put(&format!("blobs/sha256/{}", &digest(blob)[7..]), blob);
        }
    }

    /// As older `docker save` writes it, with the unpacked layers.
    pub fn save_docker(&self, layers: &[Vec<u8>], to: &Path) {
        let mut builder = tar::Builder::new(std::fs::File::create(to).unwrap());
        let mut put = |name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, bytes).unwrap();
        };
        let names: Vec<String> = (0..layers.len())
            .map(|n| format!("{n}/layer.tar"))
            .collect();
        for (name, layer) in names.iter().zip(layers) {
            put(name, layer);
        }
        put("config.json", self.config.to_string().as_bytes());
        let list = json!([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": names}]);
        put("manifest.json", list.to_string().as_bytes());
    }
}

/// The document that lists what refers to an image, by digest and type.
pub fn referrers(list: &[(String, &str)]) -> String {
    let all = list.iter().map(|(digest, kind)| {
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": kind, "digest": digest, "size": 1})
    });
    let kind = "application/vnd.oci.image.index.v1+json";
    json!({"schemaVersion": 2, "mediaType": kind, "manifests": all.collect::<Vec<_>>()}).to_string()
}

/// The type of a Sigstore bundle in a registry.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Where a registry lists the bundles that refer to a digest.
pub fn referrers_path(path: &str, subject: &str) -> String {
    let kind = BUNDLE.replace('/', "%2F").replace('+', "%2B");
    format!("/v2/{path}/referrers/{subject}?artifactType={kind}")
}

/// Serves a bundle as an artifact that refers to `subject`; gives the artifact's digest. Nothing lists it yet.
pub fn attach(server: &Server, path: &str, subject: &str, bundle: &str) -> String {
    let blob = digest(bundle.as_bytes());
    server.put(&format!("/v2/{path}/blobs/{blob}"), Answer::new(bundle));
    let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest(b"{}"), "size": 2});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": BUNDLE,
        "config": empty, "layers": [{"mediaType": BUNDLE, "digest": blob, "size": bundle.len()}],
        "subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": subject, "size": 1},
    })
    .to_string();
    let own = digest(manifest.as_bytes());
    server.put(
        &format!("/v2/{path}/manifests/{own}"),
        Answer::new(manifest),
    );
    own
}

/// The document that cosign before its version 3 signs.
pub fn simple_payload(digest: &str) -> String {
    json!({"critical": {"identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature"}, "optional": null})
    .to_string()
}

/// Serves signatures of cosign before its version 3, each a document with annotations, for an image.
pub fn sign(server: &Server, path: &str, subject: &str, signatures: &[(String, Value)]) {
    let kind = "application/vnd.dev.cosign.simplesigning.v1+json";
    beside(server, path, &format!("{subject}.sig"), kind, signatures);
}

/// The same with attestations, each an envelope with annotations.
pub fn attest(server: &Server, path: &str, subject: &str, attestations: &[(String, Value)]) {
    let kind = "application/vnd.dsse.envelope.v1+json";
    beside(server, path, &format!("{subject}.att"), kind, attestations);
}

/// Serves documents with annotations as the layers of a manifest, under the tag that a digest makes.
fn beside(server: &Server, path: &str, tag: &str, kind: &str, documents: &[(String, Value)]) {
    let layers = documents.iter().map(|(text, annotations)| {
        let blob = digest(text.as_bytes());
        server.put(
            &format!("/v2/{path}/blobs/{blob}"),
            Answer::new(text.clone()),
        );
        json!({"mediaType": kind, "digest": blob, "size": text.len(), "annotations": annotations})
    });
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2});
    let manifest =
        json!({"schemaVersion": 2, "config": config, "layers": layers.collect::<Vec<_>>()});
    let tag = tag.replace(':', "-");
    server.put(
        &format!("/v2/{path}/manifests/{tag}"),
        Answer::new(manifest.to_string()),
    );
}
