//! The body of the fuzz target `inspect`: a line is a text, the rest JSON.

use interlock_inspect::{
    Finding, Use, changes, instructions, name_beside, question, result, tool, tools, uri, value,
};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let (first, rest) = match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, input),
    };
    let text = String::from_utf8_lossy(first);
    let mut quoted = Vec::new();
    interlock_wire::json::write_string(&text, &mut quoted);
    let quoted = String::from_utf8(quoted).expect("text is written as text");
    let definition = format!(
        r#"{{"name":{quoted},"description":{quoted},"inputSchema":{{"properties":{{"a":{{"default":{quoted}}}}}}}}}"#
    );
    let answer = format!(r#"{{"content":[{{"type":"text","text":{quoted}}}]}}"#);
    for findings in [
        tool(definition.as_bytes()),
        tool(rest),
        tools(&[definition.as_bytes(), rest]),
        changes(&[definition.as_bytes()], &[rest]),
        result(answer.as_bytes(), None),
        result(rest, Some(rest)),
        question("elicitation/create", rest),
        question("sampling/createMessage", rest),
        instructions(&text),
        uri(&text, Use::Opened),
        uri(&text, Use::Fetched),
        name_beside(&text, ["read_file", "search"]),
        value(rest, first),
    ] {
        hold(&findings);
    }
    assert_eq!(tool(rest), tool(rest));
}

fn hold(findings: &[Finding]) {
    assert!(findings.len() <= 64);
    for finding in findings {
        assert!(finding.text.len() <= 4_096, "{finding:?}");
        for shown in [&finding.text, &finding.place] {
            assert!(!shown.chars().any(interlock_wire::is_hidden), "{finding:?}");
        }
    }
}
