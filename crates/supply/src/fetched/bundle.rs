//! A bundle in a tree: its manifest is read from the stored bytes each time.

use crate::{
    mcpb::{self, BundleError, Ready},
    store::Stored,
};
use serde_json::Value;
use std::{fs::File, io::Read, path::Path};

/// Largest manifest.
const LARGEST: u64 = 1 << 20;

/// The manifest of an unpacked bundle, judged.
pub(super) fn manifest(stored: &Stored) -> Result<Value, BundleError> {
    if !stored.has("manifest.json") {
        return Err(BundleError::NoFile("manifest.json".to_owned()));
    }
    let unreadable = |error: std::io::Error| BundleError::Manifest(error.to_string());
    let mut text = String::new();
    let file = File::open(stored.directory.join("manifest.json")).map_err(unreadable)?;
    file.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(BundleError::Manifest("it is larger than 1 MiB".to_owned()));
    }
    mcpb::read(text.strip_prefix('\u{feff}').unwrap_or(&text))
}

/// What an unpacked bundle starts with these settings.
pub(super) fn start(stored: &Stored, words: &[String], home: &Path) -> Result<Ready, BundleError> {
    let ready = mcpb::ready(&manifest(stored)?, words, &stored.directory, home)?;
    if stored.has(ready.entry.as_str()) {
        Ok(ready)
    } else {
        Err(BundleError::NoFile(ready.entry.to_string()))
    }
}

/// An error with what it comes from, on one line.
pub(super) fn told(error: &BundleError) -> String {
    error.to_string()
}
