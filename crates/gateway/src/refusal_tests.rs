//! A client in front of nothing.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;

use super::*;
use crate::clock::SystemClock;
use crate::io::Signals;

const MESSAGE: &str = "`x` has not been approved: run `interlock approve -- x`";

#[test]
fn requests_are_answered_and_nothing_else() {
    for (line, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"server/discover","params":{"_meta":{}}}"#,
            Some("\"a\""),
        ),
        (
            r#"{"jsonrpc":"2.0","id":5,"method":"x","method":"y"}"#,
            Some("5"),
        ),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            None,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, None),
        ("hello", None),
        ("", None),
    ] {
        let got = reply(line.as_bytes(), MESSAGE, &Limits::default());
        let got = got.map(|reply| String::from_utf8(reply).unwrap());
        let expected = expected.map(|id| {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-31000,\"message\":\"{MESSAGE}\"}}}}\n")
        });
        assert_eq!(got, expected, "{line}");
    }
}

/// Sends `input`, closes, and gives what came back.
fn converse(input: &[u8], patience: Duration) -> String {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let signals = Signals::none().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let client = Client {
                input: ours.as_fd(),
                output: ours.as_fd(),
                diagnostics: ours.as_fd(),
                signals: &signals,
            };
            refuse(&client, MESSAGE, &Limits::default(), patience, &SystemClock);
            ours.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let mut writer = theirs.try_clone().unwrap();
        scope.spawn(move || {
            writer.write_all(input).unwrap();
            writer.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let mut text = String::new();
        theirs.read_to_string(&mut text).unwrap();
        text
    })
}

#[test]
fn a_client_is_answered_until_it_closes() {
    let requests: String = (0..2000)
        .map(|id| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n"))
        .collect();
    let answers = converse(requests.as_bytes(), Duration::from_secs(60));
    assert_eq!(answers.lines().count(), 2000);
    assert!(
        answers
            .lines()
            .all(|line| line.contains("interlock approve -- x"))
    );
    assert_eq!(converse(b"", Duration::from_secs(60)), "");
}

#[test]
fn a_client_that_says_nothing_is_not_waited_for_for_ever() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let signals = Signals::none().unwrap();
    let client = Client {
        input: ours.as_fd(),
        output: ours.as_fd(),
        diagnostics: ours.as_fd(),
        signals: &signals,
    };
    refuse(
        &client,
        MESSAGE,
        &Limits::default(),
        Duration::from_millis(20),
        &SystemClock,
    );
}
