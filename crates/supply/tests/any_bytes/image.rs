//! Images: as an archive, and as a layer, a configuration or a manifest of one whose other parts are right.

use std::path::Path;

use interlock_supply::{
    Silent, Store,
    oci::{Archive, ImageDigest, ImageLimits, Locker, Platform},
};
use serde_json::{Value, json};

const LIMITS: ImageLimits = ImageLimits {
    layers: 4,
    archive: 1 << 20,
    names: 64,
    bytes: 1 << 20,
};

/// Panics when a promise is broken. The first line says what the rest is.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (what, rest) = input.split_at(end);
    let rest = rest.get(1..).unwrap_or_default();
    let archive = match what {
        b"archive" => rest.to_vec(),
        b"layer" => of_layer(rest),
        b"config" => archive(&manifest(rest, b""), &[rest, b""]),
        b"manifest" => archive(rest, &[]),
        _ => return,
    };
    check(&archive);
}

/// Twice into a store of its own: the answers are the same, the store is whole, and nothing is beside it.
fn check(archive: &[u8]) {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("archive");
    std::fs::write(&path, archive).unwrap();
    let Ok(opened) = Archive::open(&path) else {
        return;
    };
    let store = Store::open(&outer.path().join("store")).unwrap();
    let image = "hub.example/a/b:1".parse().unwrap();
    let lock = || {
        let platform = Platform::here();
        let locker = Locker {
            source: &opened,
            store: &store,
            platform: &platform,
            limits: LIMITS,
            progress: &Silent,
        };
        locker.lock(&image).map(|(locked, _)| locked)
    };
    let (first, second) = (lock(), lock());
    let known = store.images().unwrap().len();
    match first {
        Ok(first) => {
            assert_eq!(second.unwrap(), first);
            assert!(first.files <= LIMITS.names as u64 && known == 1);
        }
        Err(_) => assert!(second.is_err() && known == 0),
    }
    assert!(store.verify().unwrap().is_clean());
    let left = std::fs::read_dir(store.root().join("tmp")).unwrap().count();
    assert_eq!(left, 0);
    assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 2);
}

fn of_layer(layer: &[u8]) -> Vec<u8> {
    let here = Platform::here();
    let config = json!({
        "os": here.os, "architecture": here.architecture, "config": {"Entrypoint": ["/a"]},
        "rootfs": {"type": "layers", "diff_ids": [ImageDigest::of(layer).to_string()]},
    });
    let config = config.to_string().into_bytes();
    archive(&manifest(&config, layer), &[&config, layer])
}

/// A manifest of one layer, which is not compressed.
fn manifest(config: &[u8], layer: &[u8]) -> Vec<u8> {
    let part = |kind: &str, bytes: &[u8]| -> Value {
        let kind = format!("application/vnd.oci.image.{kind}");
        json!({"mediaType": kind, "digest": ImageDigest::of(bytes).to_string(), "size": bytes.len()})
    };
    let text = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": part("config.v1+json", config), "layers": [part("layer.v1.tar", layer)],
    });
    text.to_string().into_bytes()
}

/// An image layout with these parts.
fn archive(manifest: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let index = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": ImageDigest::of(manifest).to_string(), "size": manifest.len(),
    }]});
    let mut builder = tar::Builder::new(Vec::new());
    let mut put = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let path = Path::new(name);
        builder.append_data(&mut header, path, bytes).unwrap();
    };
    put("index.json", index.to_string().as_bytes());
    for part in parts.iter().chain([&manifest]) {
        let name = ImageDigest::of(part).to_string().replace(':', "/");
        put(&format!("blobs/{name}"), part);
    }
    builder.into_inner().unwrap()
}
