//! One entry of a configuration: a program to start or an address to connect to, never both.

use std::borrow::Cow;

use interlock_wire::json::{as_str, elements, members};

use super::reject::ConfigReject;
use crate::request::Request;
use crate::text::excerpt;

/// What an entry declares.
#[derive(Debug)]
pub(super) enum Entry {
    Start(Request),
    Connect {
        url: String,
        helper: Option<String>,
    },
    /// A server that is part of the client.
    BuiltIn,
}

const COMMAND: &[&str] = &["command", "cmd"];
const ARGS: &[&str] = &["args", "arguments"];
const ENV: &[&str] = &["env", "environment", "envs"];
const CWD: &[&str] = &["cwd", "working_directory", "workingDirectory"];
const URL: &[&str] = &["url", "serverUrl", "httpUrl", "uri"];
const TYPE: &[&str] = &["type", "transport", "transport_type", "transportType"];
const OTHER: &[&str] = &["headers", "headersHelper", "envFile", "name", "id"];

/// Reads one entry. `list` says that this client writes the command as a list with its arguments.
pub(super) fn read_entry(name: &str, entry: &[u8], list: bool) -> Result<Entry, ConfigReject> {
    let shown = excerpt(name);
    if !entry.trim_ascii().starts_with(b"{") {
        return Err(ConfigReject::new(
            "entry-not-an-object",
            format!("the entry `{shown}` is no object"),
        ));
    }
    let known: Vec<&str> = [COMMAND, ARGS, ENV, CWD, URL, TYPE, OTHER].concat();
    check_keys(entry, &known)?;
    if let Some(nested) = nested_transport(entry) {
        if one(entry, COMMAND, &shown)?.is_some() || one(entry, URL, &shown)?.is_some() {
            return Err(ConfigReject::new(
                "two-transports",
                format!("`{shown}` has a transport inside and beside `transport`"),
            ));
        }
        return read_entry(name, nested, list);
    }
    let command = one(entry, COMMAND, &shown)?;
    let url = one(entry, URL, &shown)?;
    let transport = transport(entry, &shown)?;
    match (command, url) {
        (Some(_), Some(_)) => Err(ConfigReject::new(
            "two-transports",
            format!("`{shown}` has a program and an address"),
        )),
        (Some(_), None) if transport == Some(Transport::Connect) => Err(ConfigReject::new(
            "transport-contradiction",
            format!("`{shown}` says it is remote and names a program"),
        )),
        (None, Some(_)) if transport == Some(Transport::Start) => Err(ConfigReject::new(
            "transport-contradiction",
            format!("`{shown}` says it is started and names an address"),
        )),
        (Some(command), None) => read_start(entry, command, list, &shown).map(Entry::Start),
        (None, Some(url)) => Ok(Entry::Connect {
            url: text(url, "url", &shown)?.into_owned(),
            helper: optional(entry, &["headersHelper"], &shown)?,
        }),
        (None, None) if transport == Some(Transport::BuiltIn) => Ok(Entry::BuiltIn),
        (None, None) => Err(ConfigReject::new(
            "no-transport",
            format!("`{shown}` names neither a program nor an address"),
        )),
    }
}

/// Keys of an object that differ from each other, or from a known key, only by case, and names of prototypes.
pub(super) fn check_keys(object: &[u8], known: &[&str]) -> Result<(), ConfigReject> {
    let mut seen: Vec<String> = Vec::new();
    for (key, _) in members(object) {
        if matches!(key.as_ref(), "__proto__" | "constructor" | "prototype") {
            return Err(ConfigReject::new(
                "prototype-key",
                format!("the key `{key}` is part of every JavaScript object"),
            ));
        }
        let folded = key.to_lowercase();
        if seen.contains(&folded)
            || known
                .iter()
                .any(|name| *name != key && name.to_lowercase() == folded)
        {
            return Err(ConfigReject::new(
                "case-variant-key",
                format!(
                    "readers that ignore case take `{}` for another key",
                    excerpt(&key)
                ),
            ));
        }
        seen.push(folded);
    }
    Ok(())
}

/// The one field among its spellings.
fn one<'a>(entry: &'a [u8], names: &[&str], shown: &str) -> Result<Option<&'a [u8]>, ConfigReject> {
    let mut found = members(entry)
        .filter(|(key, value)| names.contains(&key.as_ref()) && !is_null(value))
        .map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(ConfigReject::new(
            "two-spellings",
            format!(
                "`{shown}` has `{}` under two names",
                names.first().unwrap_or(&"")
            ),
        ));
    }
    Ok(first)
}

fn is_null(value: &[u8]) -> bool {
    value.trim_ascii() == b"null"
}

fn text<'a>(value: &'a [u8], field: &str, shown: &str) -> Result<Cow<'a, str>, ConfigReject> {
    as_str(value)
        .ok_or_else(|| ConfigReject::new("not-text", format!("`{field}` of `{shown}` is no text")))
}

fn optional(entry: &[u8], names: &[&str], shown: &str) -> Result<Option<String>, ConfigReject> {
    one(entry, names, shown)?
        .map(|value| text(value, names.first().unwrap_or(&""), shown).map(Cow::into_owned))
        .transpose()
}

fn nested_transport(entry: &[u8]) -> Option<&[u8]> {
    members(entry)
        .find(|(key, value)| key == "transport" && value.trim_ascii().starts_with(b"{"))
        .map(|(_, value)| value)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Transport {
    Start,
    Connect,
    BuiltIn,
}

/// What the entry says about itself; all that it says has to agree.
fn transport(entry: &[u8], shown: &str) -> Result<Option<Transport>, ConfigReject> {
    let mut agreed = None;
    for (key, value) in
        members(entry).filter(|(key, value)| TYPE.contains(&key.as_ref()) && !is_null(value))
    {
        let word = text(value, &key, shown)?
            .to_ascii_lowercase()
            .replace(['-', '_'], "");
        let said = match word.as_str() {
            "stdio" | "local" | "command" | "custom" | "process" | "inlinepython" => {
                Transport::Start
            }
            "http" | "https" | "sse" | "streamablehttp" | "remote" | "ws" | "websocket" | "wss" => {
                Transport::Connect
            }
            "builtin" | "platform" | "frontend" | "extension" => Transport::BuiltIn,
            _ => {
                return Err(ConfigReject::new(
                    "unknown-transport",
                    format!("`{shown}` has the transport `{}`", excerpt(&word)),
                ));
            }
        };
        if agreed.is_some_and(|before| before != said) {
            return Err(ConfigReject::new(
                "transport-contradiction",
                format!("`{shown}` names two transports"),
            ));
        }
        agreed = Some(said);
    }
    Ok(agreed)
}

fn read_start(
    entry: &[u8],
    command: &[u8],
    list: bool,
    shown: &str,
) -> Result<Request, ConfigReject> {
    let (program, mut args, inner) = read_command(command, list, shown)?;
    for (source, present) in [(Some(entry), true), (inner, inner.is_some())] {
        let Some(source) = source.filter(|_| present) else {
            continue;
        };
        if let Some(more) = one(source, ARGS, shown)? {
            args.extend(read_list(more, shown)?);
        }
    }
    let mut env = read_env(entry, shown)?;
    if let Some(inner) = inner {
        env.extend(read_env(inner, shown)?);
    }
    Ok(Request {
        id: None,
        command: program,
        args,
        env,
        cwd: optional(entry, CWD, shown)?,
        origin: None,
    })
}

type Command<'a> = (String, Vec<String>, Option<&'a [u8]>);

/// Text; a list where the client writes lists; `{path, args, env}` as older Zed does.
fn read_command<'a>(
    command: &'a [u8],
    list: bool,
    shown: &str,
) -> Result<Command<'a>, ConfigReject> {
    match command.trim_ascii().first() {
        Some(b'[') if list => {
            let mut words = read_list(command, shown)?;
            if words.is_empty() {
                return Err(ConfigReject::new(
                    "command-not-text",
                    format!("the command of `{shown}` is an empty list"),
                ));
            }
            Ok((words.remove(0), words, None))
        }
        Some(b'{') if !list => {
            let path = members(command)
                .find(|(key, _)| key == "path")
                .map(|(_, path)| path);
            let path = path.ok_or_else(|| {
                ConfigReject::new(
                    "command-not-text",
                    format!("the command of `{shown}` has no `path`"),
                )
            })?;
            check_keys(command, &["path", "args", "env"])?;
            Ok((
                text(path, "path", shown)?.into_owned(),
                Vec::new(),
                Some(command),
            ))
        }
        _ => match as_str(command) {
            Some(program) => Ok((program.into_owned(), Vec::new(), None)),
            None => Err(ConfigReject::new(
                "command-not-text",
                format!("the command of `{shown}` is no text"),
            )),
        },
    }
}

fn read_list(value: &[u8], shown: &str) -> Result<Vec<String>, ConfigReject> {
    if !value.trim_ascii().starts_with(b"[") {
        return Err(ConfigReject::new(
            "args-not-a-list",
            format!("the arguments of `{shown}` are no list"),
        ));
    }
    elements(value)
        .map(|word| text(word, "args", shown).map(Cow::into_owned))
        .collect()
}

fn read_env(entry: &[u8], shown: &str) -> Result<Vec<(String, String)>, ConfigReject> {
    let Some(env) = one(entry, ENV, shown)? else {
        return Ok(Vec::new());
    };
    if !env.trim_ascii().starts_with(b"{") {
        return Err(ConfigReject::new(
            "env-not-a-map",
            format!("the variables of `{shown}` are no map"),
        ));
    }
    check_keys(env, &[])?;
    members(env)
        .map(|(name, value)| Ok((name.into_owned(), text(value, "env", shown)?.into_owned())))
        .collect()
}
