//! A registry's entry as a whole: its own fields, then its packages and remotes.

use interlock_launch::{excerpt, hidden_char};
use serde_json::Value;

use super::brand::resembles_account;
use super::claim::owner_of_repository;
use super::package::{Place, judge_package};
use super::prose::{hidden_in_prose, is_prose};
use super::remote::{Wanted, judge_address, judge_remote};
use super::review::OFFICIAL;
use super::{Notes, rules};

/// The fields of an entry, of all schema versions so far.
const FIELDS: &[&str] = &[
    "$schema",
    "name",
    "title",
    "description",
    "version",
    "websiteUrl",
    "repository",
    "packages",
    "remotes",
    "icons",
    "_meta",
    "status",
];

/// Judges a server.json.
pub(super) fn judge_entry(entry: &Value, notes: &mut Notes) {
    let Some(fields) = entry.as_object() else {
        return notes.note(rules::WRONG_TYPE, "an entry is one object");
    };
    for key in fields.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
        notes.note(
            rules::UNKNOWN_FIELD,
            format!("`{}` is no field of an entry", excerpt(key)),
        );
    }
    judge_schema(entry, notes);
    judge_name(entry, notes);
    judge_texts(entry, 0, notes);
    judge_repository(entry, notes);
    judge_own_version(entry, notes);
    judge_status(Some(entry), notes);
    if entry
        .get("_meta")
        .is_some_and(|meta| meta.get(OFFICIAL).is_some())
    {
        notes.note(
            rules::FORGED_METADATA,
            "the entry carries metadata that only the registry gives",
        );
    }
    for page in ["websiteUrl"] {
        if let Some(address) = entry.get(page).and_then(Value::as_str) {
            judge_address(address, Wanted::Page, notes);
        }
    }
    for (key, judge) in [
        ("packages", judge_one_package as fn(&Value, &mut Notes)),
        ("remotes", judge_remote),
        ("icons", judge_icon),
    ] {
        judge_each(entry, key, judge, notes);
    }
}

fn judge_one_package(package: &Value, notes: &mut Notes) {
    judge_package(package, Place::Entry, notes);
}

fn judge_each(entry: &Value, key: &str, judge: fn(&Value, &mut Notes), notes: &mut Notes) {
    match entry.get(key) {
        None => {}
        Some(Value::Array(list)) => {
            for element in list {
                judge(element, notes);
            }
        }
        Some(_) => notes.note(rules::WRONG_TYPE, format!("`{key}` is a list")),
    }
}

fn judge_icon(icon: &Value, notes: &mut Notes) {
    if let Some(address) = icon.get("src").and_then(Value::as_str) {
        judge_address(address, Wanted::Page, notes);
    }
}

fn judge_schema(entry: &Value, notes: &mut Notes) {
    let Some(schema) = entry.get("$schema").and_then(Value::as_str) else {
        return;
    };
    let known = schema
        .strip_prefix("https://static.modelcontextprotocol.io/schemas/")
        .and_then(|rest| rest.strip_suffix("/server.schema.json"))
        .is_some_and(|date| date.len() == 10 || date == "draft");
    if !known {
        notes.note(
            rules::UNKNOWN_SCHEMA,
            format!("`{}` is no schema of the registry", excerpt(schema)),
        );
    }
}

fn judge_name(entry: &Value, notes: &mut Notes) {
    let Some(name) = entry.get("name").and_then(Value::as_str) else {
        return notes.note(rules::MISSING_FIELD, "an entry has a `name`");
    };
    let Some(namespace) = namespace(name) else {
        let text = format!(
            "`{}` is no name such as `io.github.user/server`",
            excerpt(name)
        );
        return notes.note(rules::BAD_NAME, text);
    };
    let account = namespace.rsplit('.').next().unwrap_or(namespace);
    // Accounts of a forge are below `io.github`; nobody can prove to have a domain below the forge's own.
    if let Some(forge) = ["com.github.", "com.gitlab."]
        .into_iter()
        .find(|forge| namespace.starts_with(forge))
    {
        let text = format!(
            "`{}` reads like an account, and is below `{forge}`",
            excerpt(namespace)
        );
        notes.note(rules::LOOK_ALIKE_NAMESPACE, text);
    }
    // Whoever has `com.example` proved to have the domain; only accounts of a forge are cheap to make.
    if let Some(brand) = resembles_account(account).filter(|_| !is_domain_of(namespace, account)) {
        let text = format!(
            "`{}` reads like `{brand}`, whose it is not",
            excerpt(namespace)
        );
        notes.note(rules::LOOK_ALIKE_NAMESPACE, text);
    }
}

/// The entry's own version names one state of it, as the registry demands.
fn judge_own_version(entry: &Value, notes: &mut Notes) {
    let version = entry.get("version").and_then(Value::as_str);
    let ranges = |c: char| matches!(c, '^' | '~' | '<' | '>' | '*' | '|' | '=' | ' ');
    let floats = |version: &&str| {
        version.contains(ranges) || version.eq_ignore_ascii_case("latest") || version.is_empty()
    };
    if let Some(version) = version.filter(floats) {
        let text = format!(
            "the entry's version `{}` names no release",
            excerpt(version)
        );
        notes.note(rules::FLOATING_VERSION, text);
    }
}

/// Judges what is said of an entry's standing, by the registry or in older entries by the publisher.
pub(super) fn judge_status(holder: Option<&Value>, notes: &mut Notes) {
    let text = |key: &str| holder.and_then(|holder| holder.get(key)?.as_str());
    let why = excerpt(text("statusMessage").unwrap_or("without saying why"));
    match text("status") {
        Some("deleted") => notes.note(rules::WITHDRAWN, format!("it was taken back: {why}")),
        Some("deprecated") => notes.note(rules::DEPRECATED, format!("it is deprecated: {why}")),
        _ => {}
    }
}

fn is_domain_of(namespace: &str, account: &str) -> bool {
    namespace == format!("com.{account}") && resembles_account(account) == Some(account)
}

/// The namespace of a well-formed name.
pub(super) fn namespace(name: &str) -> Option<&str> {
    let (namespace, server) = name.split_once('/')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let whole = (3..=200).contains(&name.len()) && !namespace.is_empty() && !server.is_empty();
    let labels = namespace.split('.').all(|label| !label.is_empty());
    let sound = namespace.bytes().all(|b| plain(b) && b != b'_') && server.bytes().all(plain);
    (whole && labels && sound && server.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .then_some(namespace)
}

fn judge_repository(entry: &Value, notes: &mut Notes) {
    let Some(repository) = entry.get("repository") else {
        return;
    };
    let text = |key: &str| repository.get(key).and_then(Value::as_str);
    // The registry's own tools leave an empty object when there is none.
    let Some(address) = text("url").filter(|address| !address.is_empty()) else {
        return;
    };
    judge_address(address, Wanted::Page, notes);
    judge_forge(text("source"), address, notes);
    if let Some(folder) = text("subfolder").filter(|folder| !folder.is_empty())
        && crate::TreePath::new(folder).is_err()
    {
        notes.note(
            rules::UNSAFE_PATH,
            format!("`{}` leaves the repository", excerpt(folder)),
        );
    }
    let name = entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let account = namespace(name).and_then(|namespace| namespace.strip_prefix("io.github."));
    if let (Some(account), Some(owner)) = (account, owner_of_repository(address))
        && !account.eq_ignore_ascii_case(owner)
    {
        let text = format!(
            "`{}` is published by `{}`, but its repository is of `{}`",
            excerpt(name),
            excerpt(account),
            excerpt(owner)
        );
        notes.note(rules::PUBLISHER_MISMATCH, text);
    }
}

/// The forge that is named is the one where the repository is.
fn judge_forge(source: Option<&str>, address: &str, notes: &mut Notes) {
    let forges = [("github", "github.com"), ("gitlab", "gitlab.com")];
    let host = address
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', ':', '?', '#']).next())
        .unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let named = forges.iter().find(|(forge, _)| source == Some(*forge));
    let there = forges
        .iter()
        .find(|(_, own)| host.eq_ignore_ascii_case(own));
    let differ = match (named, there) {
        (Some(named), Some(there)) => named != there,
        // GitLab is run by many, GitHub's name means one place; its customers have subdomains of `ghe.com`.
        (Some(("github", _)), None) => !host.ends_with(".ghe.com"),
        _ => false,
    };
    if differ {
        let text = format!(
            "the repository is said to be at `{}`, but its address is `{}`",
            excerpt(source.unwrap_or_default()),
            excerpt(address)
        );
        notes.note(rules::PUBLISHER_MISMATCH, text);
    }
}

/// No text of an entry has characters that nobody sees.
pub(super) fn judge_texts(value: &Value, depth: usize, notes: &mut Notes) {
    judge_text_of("", value, depth, notes);
}

fn judge_text_of(field: &str, value: &Value, depth: usize, notes: &mut Notes) {
    let mut see = |text: &str, prose: bool| {
        let hidden = match prose {
            true => hidden_in_prose(text),
            false => hidden_char(text, true),
        };
        if let Some(hidden) = hidden {
            let shown = format!("`{}` has {}", excerpt(text), hidden.escape_unicode());
            notes.note(rules::HIDDEN_CHARACTER, shown);
        }
    };
    match value {
        Value::String(text) => see(text, is_prose(field)),
        Value::Array(list) if depth < 32 => list
            .iter()
            .for_each(|value| judge_text_of(field, value, depth + 1, notes)),
        Value::Object(map) if depth < 32 => {
            map.keys().for_each(|key| see(key, false));
            for (key, value) in map {
                judge_text_of(key, value, depth + 1, notes);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names() {
        for (name, expected) in [
            ("io.github.user/x", true),
            ("com.example/my-server_1.0", true),
            ("io.github.user", false),
            ("io.github.user/x/y", false),
            ("io..user/x", false),
            ("io.github.user/../x", false),
            ("io.github.usеr/x", false),
            ("/x", false),
        ] {
            assert_eq!(namespace(name).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn publishers_and_repositories() {
        for (name, repository, expected) in [
            ("io.github.alice/x", "https://github.com/alice/x", &[][..]),
            ("io.github.alice/x", "https://github.com/Alice/x", &[]),
            (
                "io.github.alice/x",
                "https://github.com/mallory/x",
                &["publisher-mismatch"],
            ),
            ("com.example/x", "https://github.com/alice/x", &[]),
            ("com.github.alice/x", "", &["look-alike-namespace"]),
            (
                "io.github.modelcontextprotoc0l/x",
                "",
                &["look-alike-namespace"],
            ),
            ("io.github.alice/x", "javascript:x", &["bad-address"]),
        ] {
            let mut notes = Notes::default();
            judge_entry(
                &json!({"name": name, "repository": {"url": repository}}),
                &mut notes,
            );
            assert_eq!(notes.codes(), expected, "{name} {repository}");
        }
    }
}
