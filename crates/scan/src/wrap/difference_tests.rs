//! What a person is shown: the lines that change, and no secret.

use std::path::Path;

use super::{Side, differences};
use crate::clients::client;

fn check(before: &str, after: &str, expected: &[(&str, usize, &str)]) {
    let client = client("cursor").unwrap();
    let place = client.places.first().unwrap();
    let found = differences(
        client,
        place,
        Path::new("x"),
        (before.as_bytes(), after.as_bytes()),
    );
    let drawn: Vec<(String, usize, String)> = found
        .into_iter()
        .map(|difference| {
            let line = |(side, text): &(Side, String)| match side {
                Side::Same => format!("  {text}"),
                Side::Old => format!("- {text}"),
                Side::New => format!("+ {text}"),
            };
            let lines: Vec<String> = difference.lines.iter().map(line).collect();
            (difference.name, difference.line, lines.join("|"))
        })
        .collect();
    let drawn: Vec<(&str, usize, &str)> = drawn
        .iter()
        .map(|(name, line, text)| (name.as_str(), *line, text.as_str()))
        .collect();
    assert_eq!(drawn, expected);
}

#[test]
fn only_entries_that_change_are_shown() {
    let before = "{\"mcpServers\": {\n\"a\": {\n\"command\": \"x\",\n\"args\": []\n},\n\"b\": {\"command\": \"y\"}\n}}";
    let after = before.replace("\"x\"", "\"z\"");
    check(
        before,
        &after,
        &[(
            "a",
            2,
            "  {|- \"command\": \"x\",|+ \"command\": \"z\",|  \"args\": []|  }",
        )],
    );
    check(before, before, &[]);
}

#[test]
fn secrets_are_not_shown() {
    let before = "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"args\": [\"--api-key\", \"k3y-k3y-k3y-k3y\"], \"env\": {\"T\": \"hush\"}}}}";
    let after = before.replace("\"x\"", "\"z\"");
    let shown = |command: &str| {
        format!(
            "{{\"command\": \"{command}\", \"args\": [\"--api-key\", \"…\"], \"env\": {{\"T\": \"…\"}}}}"
        )
    };
    check(
        before,
        &after,
        &[("a", 1, &format!("- {}|+ {}", shown("x"), shown("z")))],
    );
}

#[test]
fn what_nobody_can_read_has_no_differences() {
    check("", "", &[]);
    check("{", "{}", &[]);
}
