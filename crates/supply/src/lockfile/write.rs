//! The one canonical text of a lock: tables in a fixed order, every list with more than one element one element a line.

use super::Lockfile;
use serde_json::Value;
use std::fmt::{self, Write};

/// What every lock begins with.
const HEAD: &str = "\
# Written by `interlock lock`. This is a proposal: it approves nothing and starts nothing
# until somebody has read it in `interlock approve --lock`.
";

impl fmt::Display for Lockfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = serde_json::to_value(self).map_err(|_| fmt::Error)?;
        f.write_str(HEAD)?;
        writeln!(f, "version = {}", self.version)?;
        let servers = whole.get("server").and_then(Value::as_object);
        for (name, server) in servers.into_iter().flatten() {
            table(&format!("server.{}", key(name)), server, f)?;
        }
        Ok(())
    }
}

/// Members that are tables of their own; other objects stand in one line.
const TABLES: [&str; 6] = ["content", "origin", "tree", "image", "grants", "tools"];

fn table(path: &str, value: &Value, out: &mut dyn Write) -> fmt::Result {
    let members = || value.as_object().into_iter().flatten();
    let is_table = |name: &str, value: &Value| TABLES.contains(&name) && value.is_object();
    if members().any(|(name, value)| !is_table(name, value)) {
        writeln!(out, "\n[{path}]")?;
    }
    for (name, value) in members().filter(|(name, value)| !is_table(name, value)) {
        write!(out, "{} = ", key(name))?;
        match value {
            Value::Array(list) if list.len() > 1 || list.iter().any(Value::is_object) => {
                out.write_str("[\n")?;
                for element in list {
                    out.write_str("    ")?;
                    inline(element, out)?;
                    out.write_str(",\n")?;
                }
                out.write_str("]")?;
            }
            value => inline(value, out)?,
        }
        out.write_str("\n")?;
    }
    for (name, value) in members().filter(|(name, value)| is_table(name, value)) {
        table(&format!("{path}.{}", key(name)), value, out)?;
    }
    Ok(())
}

fn inline(value: &Value, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::String(text) => quoted(text, out),
        Value::Array(list) => separated("[", list.iter(), "]", out, |element, out| {
            inline(element, out)
        }),
        Value::Object(members) => {
            separated("{ ", members.iter(), " }", out, |(name, value), out| {
                write!(out, "{} = ", key(name))?;
                inline(value, out)
            })
        }
        // Our types have no optional value that is written as nothing, and no fractions.
        other => write!(out, "{other}"),
    }
}

fn separated<T>(
    open: &str,
    elements: impl Iterator<Item = T>,
    close: &str,
    out: &mut dyn Write,
    one: impl Fn(T, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    out.write_str(open)?;
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        one(element, out)?;
    }
    out.write_str(close)
}

/// A key as it is when it can be, else quoted.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) {
        return name.to_owned();
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = quoted(name, &mut text);
    text
}

fn quoted(text: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            // None passes the reader; a writer that is given one still writes what can be read again.
            c if c.is_control() => write!(out, "\\u{:04X}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}
