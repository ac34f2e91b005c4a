//! One line of `check --stdin`: a request, or the text of a config file with requests in it.
//!
//! Read strictly: an object with a duplicate key, an unexpected type or an unknown key is not judged by what some
//! parser would make of it; it is invalid.

use interlock_launch::{Request, parse_config};
use interlock_wire::{Limits, json};
use serde_json::{Map, Value};

/// What one line asks for.
#[derive(Debug)]
pub enum Input {
    /// Judge this.
    Request(Request),
    /// Judge each server of a config file.
    Config {
        /// The line's own id.
        id: Option<String>,
        /// Name and request of each server; never empty.
        servers: Vec<(String, Request)>,
    },
    /// There is nothing to judge: the input itself is wrong.
    Invalid {
        /// The line's own id, when it could be read.
        id: Option<String>,
        /// A stable reason code.
        code: &'static str,
        /// What is wrong.
        text: String,
    },
}

/// What one line asks for.
pub fn read(line: &str) -> Input {
    match object(line) {
        Ok(object) => read_object(&object),
        Err(text) => Input::Invalid {
            id: None,
            code: "malformed-json",
            text,
        },
    }
}

fn object(line: &str) -> Result<Map<String, Value>, String> {
    json::validate(line.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("a line must be one JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn read_object(object: &Map<String, Value>) -> Input {
    let id = object
        .get("id")
        .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let config = object
        .get("config")
        .or_else(|| object.get("raw_config_text"));
    let read = match config {
        Some(Value::String(text)) => return read_config(id, text),
        Some(_) => Err("`config` must be the text of a file".to_owned()),
        None => request(object),
    };
    match read {
        Ok(request) => Input::Request(Request { id, ..request }),
        Err(text) => Input::Invalid {
            id,
            code: "malformed-request",
            text,
        },
    }
}

fn read_config(id: Option<String>, text: &str) -> Input {
    match parse_config(text) {
        Ok(servers) if servers.is_empty() => Input::Invalid {
            id,
            code: "no-servers",
            text: "the config names no server".to_owned(),
        },
        Ok(servers) => Input::Config { id, servers },
        Err(reject) => Input::Invalid {
            id,
            code: reject.code(),
            text: reject.to_string(),
        },
    }
}

fn request(object: &Map<String, Value>) -> Result<Request, String> {
    const KNOWN: [&str; 8] = [
        "id", "command", "args", "env", "cwd", "origin", "context", "name",
    ];
    if let Some(unknown) = object.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(format!("unknown key `{}`", unknown.escape_debug()));
    }
    let command = text(object, "command")?.ok_or("`command` is missing")?;
    let mut request = Request::new(command, Vec::<String>::new());
    request.args = match object.get("args") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(args)) => args.iter().map(argument).collect::<Result<_, _>>()?,
        Some(_) => return Err("`args` must be a list of strings".to_owned()),
    };
    request.env = match object.get("env") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(env)) => env.iter().map(variable).collect::<Result<_, _>>()?,
        Some(_) => return Err("`env` must be an object of strings".to_owned()),
    };
    request.cwd = text(object, "cwd")?;
    let context = object
        .get("context")
        .and_then(|context| context.get("origin"));
    let origin = text(object, "origin")?;
    request.origin = origin.or_else(|| context.and_then(Value::as_str).map(str::to_owned));
    Ok(request)
}

fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{key}` must be a string")),
    }
}

fn argument(value: &Value) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| "`args` must be a list of strings".to_owned())
}

fn variable((name, value): (&String, &Value)) -> Result<(String, String), String> {
    let value = value
        .as_str()
        .ok_or_else(|| "`env` must be an object of strings".to_owned())?;
    Ok((name.clone(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let shown = |request: &Request| format!("{} {:?}", request.command, request.args);
        let read = match read(line) {
            Input::Request(request) => shown(&request),
            Input::Config { servers, .. } => servers
                .iter()
                .map(|(name, request)| format!("{name}: {};", shown(request)))
                .collect(),
            Input::Invalid { code, .. } => code.to_owned(),
        };
        assert_eq!(read, expected, "{line}");
    }

    #[test]
    fn requests_are_read_strictly() {
        check(
            r#"{"id":"a","command":"npx","args":["-y","x"]}"#,
            r#"npx ["-y", "x"]"#,
        );
        check(
            r#"{"command":"npx","args":null,"env":null,"cwd":null}"#,
            "npx []",
        );
        check(r#"{"command":"npx","command":"sh"}"#, "malformed-json");
        check(r#"{"command":"npx","\u0063ommand":"sh"}"#, "malformed-json");
        check(r#"{"command":["sh","-c"]}"#, "malformed-request");
        check(r#"{"command":"npx","args":"-y"}"#, "malformed-request");
        check(r#"{"command":"npx","args":[1]}"#, "malformed-request");
        check(r#"{"command":"npx","env":{"A":1}}"#, "malformed-request");
        check(r#"{"command":"npx","Args":[]}"#, "malformed-request");
        check(r#"{"args":[]}"#, "malformed-request");
        check("[]", "malformed-json");
        check("nonsense", "malformed-json");
    }

    #[test]
    fn a_config_gives_each_of_its_servers() {
        let config = r#"{"mcpServers":{"a":{"command":"npx","args":["x"]},"b":{"command":"uvx"}}}"#;
        let line = serde_json::json!({ "id": "c", "config": config }).to_string();
        check(&line, r#"a: npx ["x"];b: uvx [];"#);
        check(r#"{"config":"{\"mcpServers\":{}}"}"#, "no-servers");
    }

    #[test]
    fn the_origin_may_stand_in_a_context() {
        let line = r#"{"command":"npx","context":{"origin":"deeplink"}}"#;
        let Input::Request(request) = read(line) else {
            panic!("not a request")
        };
        assert_eq!(request.origin.as_deref(), Some("deeplink"));
    }
}
