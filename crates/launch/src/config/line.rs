//! One line of `interlock check --stdin`: a request, or the text of a configuration.

use interlock_wire::Limits;
use interlock_wire::json::{as_str, elements, member, members, validate};

use super::entry::check_keys;
use super::reject::ConfigReject;
use crate::request::Request;

/// What a line asks to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `{"id","command","args","env","cwd","origin"}`; `{"context":{"origin"}}` is read as well.
    Launch(Request),
    /// `{"id","config"}`.
    Config {
        /// The caller's own name for the line.
        id: Option<String>,
        /// The configuration's text.
        text: String,
    },
    /// `{"id","package"}`: what a registry or a package says of itself.
    Package {
        /// The caller's own name for the line.
        id: Option<String>,
        /// The JSON as written.
        text: String,
    },
}

/// The keys of a line. Another spelling of one of them is an error: somebody would read it.
const KEYS: &[&str] = &[
    "id", "command", "args", "env", "cwd", "origin", "context", "config", "package",
];

/// The caller's own name for a line, where the line is JSON enough to have one: also for a line that is refused.
#[must_use]
pub fn line_id(line: &str) -> Option<String> {
    let bytes = line.trim_end_matches(['\r', '\n']).as_bytes();
    validate(bytes, &Limits::default()).ok()?;
    let object = bytes.trim_ascii().starts_with(b"{");
    object.then(|| identifier(bytes).ok()).flatten().flatten()
}

/// Reads one line strictly. Keys that are not known are left alone.
///
/// # Errors
/// When the line is not strict JSON or a field has the wrong type.
pub fn parse_line(line: &str) -> Result<Line, ConfigReject> {
    let bytes = line.trim_end_matches(['\r', '\n']).as_bytes();
    validate(bytes, &Limits::default())
        .map_err(|error| ConfigReject::new("not-json", error.to_string()))?;
    if !bytes.trim_ascii().starts_with(b"{") {
        return Err(ConfigReject::new(
            "not-an-object",
            "a line is one JSON object",
        ));
    }
    check_keys(bytes, KEYS)?;
    let id = identifier(bytes)?;
    if let Some(config) = present(bytes, "config") {
        if present(bytes, "command").is_some() {
            return Err(ConfigReject::new(
                "two-requests",
                "a line has `config` or `command`, not both",
            ));
        }
        return Ok(Line::Config {
            id,
            text: text(config, "config")?,
        });
    }
    if let Some(package) = present(bytes, "package") {
        if present(bytes, "command").is_some() {
            return Err(ConfigReject::new(
                "two-requests",
                "a line has `package` or `command`, not both",
            ));
        }
        let text = String::from_utf8_lossy(package.trim_ascii()).into_owned();
        return Ok(Line::Package { id, text });
    }
    let Some(command) = present(bytes, "command") else {
        return Err(ConfigReject::new(
            "empty-command",
            "a line needs `command`, `config` or `package`",
        ));
    };
    let origin = present(bytes, "origin")
        .or_else(|| present(bytes, "context").and_then(|context| present(context, "origin")));
    Ok(Line::Launch(Request {
        id,
        command: text(command, "command")?,
        args: words(bytes)?,
        env: variables(bytes)?,
        cwd: present(bytes, "cwd")
            .map(|cwd| text(cwd, "cwd"))
            .transpose()?,
        origin: origin.map(|origin| text(origin, "origin")).transpose()?,
    }))
}

/// A member that is there and not null.
fn present<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    member(object, name).filter(|value| value.trim_ascii() != b"null")
}

fn text(value: &[u8], field: &str) -> Result<String, ConfigReject> {
    as_str(value)
        .map(|text| text.into_owned())
        .ok_or_else(|| ConfigReject::new("not-text", format!("`{field}` is no text")))
}

/// Text or a number, handed back as text.
fn identifier(object: &[u8]) -> Result<Option<String>, ConfigReject> {
    let Some(value) = present(object, "id") else {
        return Ok(None);
    };
    match value.trim_ascii().first() {
        Some(b'0'..=b'9' | b'-') => Ok(Some(
            String::from_utf8_lossy(value.trim_ascii()).into_owned(),
        )),
        _ => text(value, "id").map(Some),
    }
}

fn words(object: &[u8]) -> Result<Vec<String>, ConfigReject> {
    let Some(args) = present(object, "args") else {
        return Ok(Vec::new());
    };
    if !args.trim_ascii().starts_with(b"[") {
        return Err(ConfigReject::new("args-not-a-list", "`args` is no list"));
    }
    elements(args).map(|word| text(word, "args")).collect()
}

fn variables(object: &[u8]) -> Result<Vec<(String, String)>, ConfigReject> {
    let Some(env) = present(object, "env") else {
        return Ok(Vec::new());
    };
    if !env.trim_ascii().starts_with(b"{") {
        return Err(ConfigReject::new("env-not-a-map", "`env` is no map"));
    }
    members(env)
        .map(|(name, value)| Ok((name.into_owned(), text(value, "env")?)))
        .collect()
}
