//! Where clients keep their servers in a file: root keys, nesting, and files that are one flat map.

use interlock_wire::Limits;
use interlock_wire::json::{JsonFault, as_str, elements, members, validate};

use super::clean::plain_json;
use super::entry::{Entry, check_keys, read_entry};
use super::reject::ConfigReject;
use crate::request::Request;
use crate::text::excerpt;

/// Most bytes of a configuration file.
const LARGEST: usize = 4 << 20;

/// A server that is reached over the network, not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name in the file.
    pub name: String,
    /// Its address, as written.
    pub url: String,
    /// A program that the client starts to make headers, as written.
    pub helper: Option<String>,
}

/// What a configuration file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Servers that would be started, in the order written.
    pub servers: Vec<(String, Request)>,
    /// Servers that would be connected to.
    pub remotes: Vec<Remote>,
}

/// The servers that a configuration file would start, by name.
///
/// # Errors
/// When the text is not strict JSON (comments and trailing commas are read where the client reads them), or when two
/// clients could understand it differently.
pub fn parse_config(text: &str) -> Result<Vec<(String, Request)>, ConfigReject> {
    parse_document(text).map(|config| config.servers)
}

/// Everything that a configuration file declares.
///
/// # Errors
/// As [`parse_config`].
pub fn parse_document(text: &str) -> Result<Config, ConfigReject> {
    let (plain, extended) = plain_json(text);
    let document = plain.as_bytes();
    let limits = Limits {
        max_message: LARGEST,
        max_depth: 32,
        max_keys: 1 << 14,
        ..Limits::default()
    };
    validate(document, &limits)
        .map_err(|error| ConfigReject::new(code_of(error.fault), error.to_string()))?;
    if !document.trim_ascii().starts_with(b"{") {
        return Err(ConfigReject::new(
            "not-an-object",
            "a configuration is one JSON object",
        ));
    }
    check_keys(document, ROOTS)?;
    let strict = members(document).any(|(key, _)| key == "mcpServers");
    if extended && strict {
        return Err(ConfigReject::new(
            "comments",
            "comments and trailing commas are not read by the clients of `mcpServers`",
        ));
    }
    let mut config = Config::default();
    let mut known = false;
    for (key, value) in members(document) {
        known |= read_root(&key, value, &mut config)?;
    }
    if !known {
        read_flat(document, &mut config)?;
    }
    Ok(config)
}

fn code_of(fault: JsonFault) -> &'static str {
    match fault {
        JsonFault::DuplicateKey => "duplicate-key",
        JsonFault::Depth => "too-deep",
        JsonFault::TooLong | JsonFault::TooManyKeys => "too-large",
        JsonFault::Surrogate | JsonFault::Escape | JsonFault::Control | JsonFault::NulKey => {
            "bad-text"
        }
        _ => "not-json",
    }
}

/// Root keys that hold a map of servers.
const ROOTS: &[&str] = &[
    "mcpServers",
    "servers",
    "mcp_servers",
    "context_servers",
    "extensions",
    "mcp.servers",
    "amp.mcpServers",
    "mcp",
    "projects",
    "powers",
    "customizations",
    "server",
];

/// Reads one root key. True when it is one that holds servers.
fn read_root(key: &str, value: &[u8], config: &mut Config) -> Result<bool, ConfigReject> {
    match key {
        "mcpServers" | "servers" | "mcp_servers" | "mcp.servers" | "amp.mcpServers" => {
            read_servers(value, Form::Plain, config)?
        }
        "context_servers" => read_servers(value, Form::Zed, config)?,
        "extensions" if is_object(value) => read_servers(value, Form::Loose, config)?,
        "mcp" if is_object(value) => {
            let nested = members(value).any(|(key, _)| {
                matches!(
                    key.as_ref(),
                    "servers" | "mcpServers" | "inputs" | "allowed" | "excluded" | "serverCommand"
                )
            });
            if !nested {
                read_servers(value, Form::Opencode, config)?;
            } else {
                check_keys(value, ROOTS)?;
                read_nested(value, &["servers", "mcpServers"], config)?;
            }
        }
        "powers" => read_nested(value, &["mcpServers"], config)?,
        "projects" => {
            for (_, project) in members(value) {
                read_nested(project, &["mcpServers"], config)?;
            }
        }
        "customizations" => {
            for (_, editor) in members(value) {
                for (_, mcp) in members(editor).filter(|(key, _)| key == "mcp") {
                    read_nested(mcp, &["servers"], config)?;
                }
            }
        }
        "server" => {
            for (name, entry) in members(value).filter(|(key, _)| key == "mcp_config") {
                add(&name, read_entry(&name, entry, false)?, config);
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn read_nested(value: &[u8], keys: &[&str], config: &mut Config) -> Result<(), ConfigReject> {
    for (_, servers) in members(value).filter(|(key, _)| keys.contains(&key.as_ref())) {
        read_servers(servers, Form::Plain, config)?;
    }
    Ok(())
}

/// How a client writes an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `command` is text.
    Plain,
    /// `command` is a list with its arguments.
    Opencode,
    /// `command` is text or `{path, args, env}`; entries with only `settings` belong to an extension.
    Zed,
    /// The map holds other things too; only what looks like a server is one.
    Loose,
}

fn is_object(value: &[u8]) -> bool {
    value.trim_ascii().starts_with(b"{")
}

fn read_servers(value: &[u8], form: Form, config: &mut Config) -> Result<(), ConfigReject> {
    if value.trim_ascii().starts_with(b"[") {
        for (index, entry) in elements(value).enumerate() {
            let name = members(entry)
                .find(|(key, _)| key == "name")
                .and_then(|(_, name)| as_str(name).map(|name| name.into_owned()));
            let name = name.unwrap_or_else(|| format!("#{index}"));
            add(&name, read_entry(&name, entry, false)?, config);
        }
        return Ok(());
    }
    if !is_object(value) {
        return Err(ConfigReject::new(
            "servers-not-a-map",
            "the servers are not a map of names to entries",
        ));
    }
    for (name, entry) in members(value) {
        check_name(&name)?;
        let looks_like_server = is_object(entry)
            && members(entry)
                .any(|(key, _)| matches!(key.as_ref(), "command" | "cmd" | "url" | "uri" | "type"));
        if matches!(form, Form::Loose | Form::Opencode) && !looks_like_server {
            continue;
        }
        if form == Form::Zed
            && is_object(entry)
            && !looks_like_server
            && members(entry).any(|(key, _)| key == "settings")
        {
            continue;
        }
        add(
            &name,
            read_entry(&name, entry, form == Form::Opencode)?,
            config,
        );
    }
    Ok(())
}

/// Names that are properties of every JavaScript object, so that a client written in it may merge them into all.
fn check_name(name: &str) -> Result<(), ConfigReject> {
    if matches!(name, "__proto__" | "constructor" | "prototype") {
        return Err(ConfigReject::new(
            "prototype-key",
            format!("a server cannot be called `{name}`"),
        ));
    }
    if name.trim().is_empty() || crate::text::hidden_char(name, false).is_some() {
        return Err(ConfigReject::new(
            "bad-server-name",
            format!("`{}` is no name of a server", excerpt(name)),
        ));
    }
    Ok(())
}

/// A file without a known root is one map of servers, when every object in it looks like one.
fn read_flat(document: &[u8], config: &mut Config) -> Result<(), ConfigReject> {
    if members(document).any(|(key, _)| matches!(key.as_ref(), "command" | "url")) {
        add("server", read_entry("server", document, false)?, config);
        return Ok(());
    }
    read_servers(document, Form::Loose, config)
}

fn add(name: &str, entry: Entry, config: &mut Config) {
    match entry {
        Entry::Start(request) => config.servers.push((name.to_owned(), request)),
        Entry::Connect { url, helper } => config.remotes.push(Remote {
            name: name.to_owned(),
            url,
            helper,
        }),
        Entry::BuiltIn => {}
    }
}
