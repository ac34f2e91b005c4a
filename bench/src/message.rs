//! The messages that the generator sends, and the one thing it reads of an answer: its id.

use memchr::memmem;

/// The revision that is spoken: every peer knows it.
pub const REVISION: &str = "2025-11-25";

/// How a session is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// With a handshake: [`REVISION`].
    Legacy,
    /// Without: 2026-07-28, every request carries what the other side must know.
    Modern,
}

impl Era {
    /// The revision that is spoken.
    #[must_use]
    pub const fn revision(self) -> &'static str {
        match self {
            Self::Legacy => REVISION,
            Self::Modern => "2026-07-28",
        }
    }

    /// What parameters begin with.
    const fn meta(self) -> &'static str {
        match self {
            Self::Legacy => "",
            Self::Modern => {
                r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"0"},"io.modelcontextprotocol/clientCapabilities":{}},"#
            }
        }
    }
}

/// How far from either end of a line its id is looked for.
const WINDOW: usize = 64;

/// A line that opens the session, with id 0.
#[must_use]
pub fn initialize() -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{REVISION}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"0"}}}}}}"#
    )
}

/// What follows the answer to [`initialize`].
pub const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A text of `size` bytes like the ones that tools pass: source code, one JSON escape in about twenty characters.
#[must_use]
pub fn payload(size: usize) -> String {
    let unit = "fn main() {\n    println!(\"hello, {}\", name);\n}\n";
    unit.chars().cycle().take(size).collect()
}

/// A `tools/call` of the tool `echo`, all but its id.
#[derive(Debug)]
pub struct Call {
    after_id: Vec<u8>,
    tool: String,
    /// The payload's size, so that an answer can be found too short.
    size: usize,
}

impl Call {
    /// With a payload of `size` bytes, for a tool that may have a prefix from a gateway.
    #[must_use]
    pub fn new(tool: &str, size: usize) -> Self {
        Self::of(Era::Legacy, tool, size)
    }

    /// The same in either era.
    #[must_use]
    pub fn of(era: Era, tool: &str, size: usize) -> Self {
        let text = serde_json::Value::from(payload(size));
        // A token for whoever tells of progress; it is part of `_meta` in every revision.
        let meta = match (era, tool) {
            (Era::Legacy, "tell") => r#""_meta":{"progressToken":1},"#.to_owned(),
            (Era::Modern, "tell") => era.meta().replacen('{', r#"{"progressToken":1,"#, 1),
            _ => era.meta().to_owned(),
        };
        let after_id = format!(
            r#","method":"tools/call","params":{{{meta}"name":"{tool}","arguments":{{"text":{text}}}}}}}"#
        );
        Self {
            after_id: after_id.into_bytes(),
            tool: tool.to_owned(),
            size,
        }
    }

    /// The tool's name.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Appends the call, without a line end.
    pub fn write(&self, id: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        out.extend_from_slice(id.to_string().as_bytes());
        out.extend_from_slice(&self.after_id);
    }

    /// Whether an answer carries the payload: parsed and compared, so only done once a run.
    #[must_use]
    pub fn is_echoed(&self, answer: &[u8]) -> bool {
        let Ok(answer) = serde_json::from_slice::<serde_json::Value>(answer) else {
            return false;
        };
        let text = answer.pointer("/result/content/0/text");
        text.and_then(serde_json::Value::as_str) == Some(payload(self.size).as_str())
    }

    /// Whether an answer is at least as long as its payload: cheap, so done for all.
    #[must_use]
    pub fn is_plausible(&self, answer: &[u8]) -> bool {
        answer.len() >= self.size
    }
}

/// The id of an answer, looked for at both ends of the line; a payload may not contain `"id":`.
#[must_use]
pub fn id_of(line: &[u8]) -> Option<u64> {
    let head = line.get(..WINDOW).unwrap_or(line);
    let tail = line.get(line.len().saturating_sub(WINDOW)..)?;
    let after = match memmem::find(head, b"\"id\":") {
        Some(at) => line.get(at + 5..)?,
        None => tail.get(memmem::rfind(tail, b"\"id\":")? + 5..)?,
    };
    let digits = after
        .iter()
        .skip_while(|byte| **byte == b' ')
        .take_while(|byte| byte.is_ascii_digit());
    let mut id = None;
    for digit in digits {
        id = Some(id.unwrap_or(0) * 10 + u64::from(digit - b'0'));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_at_both_ends() {
        let long = "x".repeat(1000);
        let cases = [
            (
                r#"{"jsonrpc":"2.0","id":17,"result":{}}"#.to_owned(),
                Some(17),
            ),
            (
                format!(r#"{{"result":"{long}","jsonrpc":"2.0","id": 4}}"#),
                Some(4),
            ),
            (
                format!(r#"{{"jsonrpc":"2.0","id":5,"result":"{long}"}}"#),
                Some(5),
            ),
            (r#"{"jsonrpc":"2.0","method":"ping"}"#.to_owned(), None),
            (r#"{"id":null}"#.to_owned(), None),
            (String::new(), None),
        ];
        for (line, expected) in cases {
            assert_eq!(id_of(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_call_is_json_of_the_size_that_was_asked_for() {
        for size in [0, 16, 65_536] {
            let call = Call::new("echo", size);
            let mut line = Vec::new();
            call.write(9, &mut line);
            let parsed: serde_json::Value = serde_json::from_slice(&line).unwrap();
            let text = parsed.pointer("/params/arguments/text").unwrap();
            assert_eq!(text.as_str().unwrap().len(), size);
            assert_eq!(id_of(&line), Some(9));
        }
    }

    #[test]
    fn an_answer_is_compared_byte_by_byte() {
        let call = Call::new("echo", 4);
        let answer =
            |text: &str| format!(r#"{{"id":1,"result":{{"content":[{{"text":"{text}"}}]}}}}"#);
        assert!(call.is_echoed(answer("fn m").as_bytes()));
        assert!(!call.is_echoed(answer("fn n").as_bytes()));
        assert!(!call.is_echoed(b"not json"));
        assert!(call.is_plausible(b"12345") && !call.is_plausible(b"123"));
    }
}
