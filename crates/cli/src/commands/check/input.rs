//! Lines of `check --stdin`: read one by one, however long, each to one thing to judge.
//!
//! What a line says is read by `launch`, strictly; here it becomes something to judge or something that is invalid, with the
//! caller's own id either way.

use std::io::{BufRead, Read as _};

use interlock_launch::{CheckLine, Request, line_id, parse_config, parse_line};

/// No line may be longer: a config file is a few kilobytes.
const MOST_LINE_BYTES: u64 = 8 << 20;

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
    /// Judge what a registry or a package says of itself.
    Package {
        /// The line's own id.
        id: Option<String>,
        /// JSON.
        text: String,
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

/// Calls `each` for every line that is not blank, until it answers `false`. A line that is too long or not UTF-8 is one
/// invalid input; nothing of it is buffered beyond the limit.
///
/// # Errors
/// When the input cannot be read.
pub fn for_each(
    input: &mut impl BufRead,
    mut each: impl FnMut(Input) -> bool,
) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        input
            .by_ref()
            .take(MOST_LINE_BYTES)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        let whole = line.ends_with(b"\n") || (line.len() as u64) < MOST_LINE_BYTES;
        if !whole {
            input.skip_until(b'\n')?;
        }
        let read = match (whole, std::str::from_utf8(&line)) {
            (false, _) => invalid(
                "too-long",
                format!("a line has more than {MOST_LINE_BYTES} bytes"),
            ),
            (true, Err(_)) => invalid("not-json", "a line is not UTF-8".to_owned()),
            (true, Ok(text)) if text.trim().is_empty() => continue,
            (true, Ok(text)) => read(text),
        };
        if !each(read) {
            return Ok(());
        }
    }
}

fn invalid(code: &'static str, text: String) -> Input {
    Input::Invalid {
        id: None,
        code,
        text,
    }
}

/// What one line asks for.
fn read(line: &str) -> Input {
    match parse_line(line) {
        Ok(CheckLine::Launch(request)) => Input::Request(request),
        Ok(CheckLine::Config { id, text }) => read_config(id, &text),
        Ok(CheckLine::Package { id, text }) => Input::Package { id, text },
        Err(reject) => Input::Invalid {
            id: line_id(line),
            code: reject.code(),
            text: reject.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line as `id: what it is`.
    fn check(input: &[u8], expected: &[&str]) {
        let mut found = Vec::new();
        let shown = |request: &Request| format!("{} {:?}", request.command, request.args);
        let named = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
        for_each(&mut &*input, |input| {
            found.push(match input {
                Input::Request(request) => {
                    format!("{}: {}", named(request.id.clone()), shown(&request))
                }
                Input::Config { id, servers } => {
                    let servers = servers
                        .iter()
                        .map(|(name, request)| format!("{name}={}", shown(request)));
                    format!("{}: {}", named(id), servers.collect::<Vec<_>>().join(" "))
                }
                Input::Package { id, text } => format!("{}: package {text}", named(id)),
                Input::Invalid { id, code, .. } => format!("{}: {code}", named(id)),
            });
            true
        })
        .unwrap();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(input).len());
    }

    #[test]
    fn every_line_gives_one_input_with_its_id() {
        check(
            b"{\"id\":\"a\",\"command\":\"npx\",\"args\":[\"-y\",\"x\"]}\n\n  \r\n{\"id\":7,\"command\":\"uvx\"}",
            &["a: npx [\"-y\", \"x\"]", "7: uvx []"],
        );
        check(
            b"nonsense\n[]\n\xff\xfe\n",
            &["-: not-json", "-: not-an-object", "-: not-json"],
        );
        check(br#"{"id":"b","command":["sh","-c"]}"#, &["b: not-text"]);
        check(
            br#"{"id":"b","command":"npx","Args":["x"]}"#,
            &["b: case-variant-key"],
        );
        check(b"", &[]);
    }

    #[test]
    fn a_config_gives_each_of_its_servers() {
        let config = r#"{"mcpServers":{"a":{"command":"npx","args":["x"]},"b":{"command":"uvx"}}}"#;
        let line = serde_json::json!({ "id": "c", "config": config }).to_string();
        check(line.as_bytes(), &[r#"c: a=npx ["x"] b=uvx []"#]);
        check(
            br#"{"id":"d","config":"{\"mcpServers\":{}}"}"#,
            &["d: no-servers"],
        );
    }

    #[test]
    fn a_line_without_end_is_one_invalid_input() {
        let most = usize::try_from(MOST_LINE_BYTES).unwrap();
        for excess in [1, most + 5] {
            let mut input = vec![b'x'; most + excess];
            input.extend(b"\n{\"command\":\"npx\"}\n");
            check(&input, &["-: too-long", "-: npx []"]);
        }
        let mut input = vec![b' '; most - 1];
        input.extend(b"\n{\"command\":\"npx\"}\n");
        check(&input, &["-: npx []"]);
    }
}
