//! Reviewing a document: which kind it is, and everything that is found in it.

use interlock_launch::{excerpt, hidden_char};
use interlock_wire::Limits;
use interlock_wire::json::validate;
use serde_json::Value;

use super::claim::{Named, judge_manifest, judge_readme};
use super::entry::{judge_entry, judge_status, judge_texts};
use super::manifest::{judge_commands, judge_package_json, judge_repository_claim};
use super::package::{Place, is_digest, judge_package};
use super::update::{judge_lines, lines_of};
use super::{Notes, Review, rules};
use crate::mcpb;

/// What only the registry says of an entry.
pub(super) const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";
/// Most bytes of a document.
const LARGEST: usize = 4 << 20;

/// Reviews what is known of a package, given as one JSON object.
///
/// Either a document itself: a `server.json`, one element of its `packages`, an answer of the registry (`{"server": …}`), a bundle's
/// `manifest.json`, a `package.json`; or several of them together under their names, which are then compared as well:
/// `server.json` (or only `server.json.name`), `package.json`, `README.md`, `manifest.json`, `entries` (names in a bundle), `manifest` with
/// `image` and `digest` beside `resolved`, `fileSha256` beside `sha256`, `diff` with `added` and `removed` lines.
#[must_use]
pub fn review(text: &str) -> Review {
    let mut notes = Notes::default();
    match read(text) {
        Ok(value) => {
            judge_document(&value, &mut notes);
            let subject = subject(&value).map(excerpt).unwrap_or_default();
            notes.review(subject)
        }
        Err(what) => {
            notes.note(rules::NOT_JSON, what);
            notes.review(String::new())
        }
    }
}

/// Reviews an entry together with what its package says of itself: its package.json and its README, where they are known.
#[must_use]
pub fn review_entry(entry: &Value, manifest: Option<&Value>, readme: Option<&str>) -> Review {
    let mut notes = Notes::default();
    judge_entry(entry, &mut notes);
    let name = entry.get("name").and_then(Value::as_str);
    if let Some(manifest) = manifest {
        judge_manifest(manifest, name, None, &mut notes);
    }
    if let (Some(readme), Some(name)) = (readme, name) {
        judge_readme(readme, name, &mut notes);
    }
    notes.review(name.map(excerpt).unwrap_or_default())
}

/// Strict JSON: no key twice, no depth without end.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let limits = Limits {
        max_message: LARGEST,
        max_depth: 48,
        ..Limits::default()
    };
    validate(text.as_bytes(), &limits).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn judge_document(value: &Value, notes: &mut Notes) {
    let has = |key: &str| value.get(key).is_some();
    if has("registryType") {
        judge_texts(value, 0, notes);
        judge_package(value, Place::Alone, notes);
    } else if has("manifest_version") || has("dxt_version") {
        mcpb::judge_manifest(value, mcpb::Whole::Yes, notes);
    } else if has("packages") || has("remotes") {
        judge_entry(value, notes);
    } else if let Some(entry) = value
        .get("server")
        .filter(|entry| entry.get("name").is_some())
    {
        judge_entry(entry, notes);
        let official = value.get("_meta").and_then(|meta| meta.get(OFFICIAL));
        judge_status(official, notes);
    } else if !judge_parts(value, notes) {
        if has("scripts") || has("mcpName") || (has("name") && has("version")) {
            judge_texts(value, 0, notes);
            judge_manifest(value, None, None, notes);
            judge_package_json(value, notes);
        } else {
            notes.note(
                rules::NOT_A_PACKAGE,
                "this is no registry entry and no package's manifest",
            );
        }
    }
}

/// Judges the parts that are there; `false` when none is.
fn judge_parts(value: &Value, notes: &mut Notes) -> bool {
    let entry = value.get("server.json");
    let name = entry
        .and_then(|entry| entry.get("name"))
        .or_else(|| value.get("server.json.name"))
        .and_then(Value::as_str);
    let mut known = entry.is_some() || name.is_some();
    if let Some(entry) = entry {
        judge_entry(entry, notes);
    } else if let Some(name) = name
        && super::entry::namespace(name).is_none()
    {
        notes.note(
            rules::BAD_NAME,
            format!(
                "`{}` is no name such as `io.github.user/server`",
                excerpt(name)
            ),
        );
    }
    if let Some(manifest) = value.get("package.json") {
        known = true;
        judge_texts(manifest, 0, notes);
        judge_manifest(manifest, name, package_of(entry), notes);
        judge_commands(manifest, notes);
        if let Some(entry) = entry {
            judge_repository_claim(manifest, entry, notes);
        }
    }
    for readme in ["README.md", "README", "readme"] {
        if let (Some(readme), Some(name)) = (value.get(readme).and_then(Value::as_str), name) {
            known = true;
            judge_readme(readme, name, notes);
        }
    }
    if let Some(manifest) = value.get("manifest.json") {
        known = true;
        mcpb::judge_manifest(manifest, mcpb::Whole::No, notes);
    }
    if let Some(entries) = value.get("entries").and_then(Value::as_array) {
        known = true;
        mcpb::judge_entries(entries, notes);
    }
    known | judge_bytes(value, notes) | judge_diff(value, notes)
}

/// The npm package that an entry names, when it names one.
fn package_of(entry: Option<&Value>) -> Option<Named<'_>> {
    let packages = entry?.get("packages")?.as_array()?;
    let mut npm = packages
        .iter()
        .filter(|package| package.get("registryType").and_then(Value::as_str) == Some("npm"));
    let first = npm.next()?;
    let named = Named {
        name: first.get("identifier")?.as_str()?,
        version: first.get("version").and_then(Value::as_str),
    };
    npm.next().is_none().then_some(named)
}

/// Digests as declared and as found.
fn judge_bytes(value: &Value, notes: &mut Notes) -> bool {
    let text = |holder: &Value, keys: &[&str]| -> Option<String> {
        keys.iter()
            .find_map(|key| holder.get(key).and_then(Value::as_str))
            .map(str::to_owned)
    };
    let declared = [Some(value), value.get("manifest"), value.get("package")]
        .into_iter()
        .flatten()
        .find_map(|holder| text(holder, &["digest", "fileSha256", "integrity"]));
    let found = text(value, &["resolved", "sha256", "actual", "computed"]);
    match (declared, found) {
        (Some(declared), Some(_)) if declared.is_empty() => {
            notes.note(rules::NO_DIGEST, "the digest is empty");
            true
        }
        (Some(declared), Some(found)) => {
            if declared != found {
                let text = format!(
                    "`{}` was declared, `{}` was found",
                    excerpt(&declared),
                    excerpt(&found)
                );
                notes.note(rules::DIGEST_MISMATCH, text);
            } else if declared.starts_with("sha256:") && !is_digest(&declared) {
                notes.note(
                    rules::BAD_DIGEST,
                    format!("`{}` is no digest", excerpt(&declared)),
                );
            }
            true
        }
        (None, Some(_)) => {
            notes.note(
                rules::NO_DIGEST,
                "no digest was declared, so anything would fit",
            );
            true
        }
        _ => false,
    }
}

fn judge_diff(value: &Value, notes: &mut Notes) -> bool {
    let Some(diff) = value.get("diff") else {
        return false;
    };
    let (added, removed) = lines_of(diff);
    judge_lines(&added, &removed, notes);
    for line in added {
        if hidden_char(line, true).is_some() {
            notes.note(
                rules::HIDDEN_CHARACTER,
                format!("the update adds `{}`", excerpt(line)),
            );
        }
    }
    true
}

fn subject(value: &Value) -> Option<&str> {
    let entry = ["server.json", "server", "manifest.json", "package.json"]
        .into_iter()
        .find_map(|key| value.get(key))
        .unwrap_or(value);
    ["name", "identifier", "server.json.name"]
        .into_iter()
        .find_map(|key| entry.get(key).and_then(Value::as_str))
}
