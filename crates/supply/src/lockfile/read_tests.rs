//! What is read, what is refused, and that there is one text for each lock.

use super::*;
use crate::lockfile::sample;

/// A lock after one edit of its text: the error's message has to contain `expected`; none means that it is read.
fn check(was: &str, now: &str, expected: Option<&str>) {
    let text = sample::text();
    assert!(text.contains(was), "{was}");
    let found = text.replacen(was, now, 1).parse::<Lockfile>();
    match (found, expected) {
        (Ok(_), None) => {}
        (Err(error), Some(part)) => {
            let message = error.to_string();
            assert!(message.contains(part), "{message}");
            assert!(message.chars().all(|c| !c.is_control()), "{message:?}");
        }
        (found, expected) => panic!("{now:?}: {found:?}, expected {expected:?}"),
    }
}

#[test]
fn there_is_one_text_for_each_lock() {
    let text = sample::text();
    let lock: Lockfile = text.parse().unwrap();
    assert_eq!(lock.to_string(), text);
    assert_eq!(lock.server.len(), 4);
    assert_eq!(
        Lockfile::default().to_string().parse(),
        Ok(Lockfile::default())
    );
    // Written by hand in another order and style, it becomes that text.
    let loose = "server.b = {source='npm:b'}\nserver.a.source = 'npm:a'\nversion = 1";
    let lock: Lockfile = loose.parse().unwrap();
    let canonical = lock.to_string();
    assert!(
        canonical.ends_with("[server.a]\nsource = \"npm:a\"\n\n[server.b]\nsource = \"npm:b\"\n")
    );
    assert_eq!(canonical.parse(), Ok(lock));
}

#[test]
fn shapes_that_no_lock_has() {
    check(
        "version = 1",
        "version = 2",
        Some("format 2, and this program reads up to 1"),
    );
    check(
        "version = 1",
        "version = 2\nunheard-of = {}",
        Some("update interlock"),
    );
    check(
        "version = 1",
        "version = 0",
        Some("`version = 1` is missing"),
    );
    check("version = 1\n", "", Some("`version = 1` is missing"));
    check("version = 1", "version = 1\nversion = 1", Some("line 4"));
    check(
        "version = 1",
        "version = 1\nnew = 1",
        Some("unknown field `new`"),
    );
    check("[server.py]", "[server.app]", Some("line "));
    check("[server.py]", "[server.\"a b\"]", Some("cannot be read"));
    check("[server.py]", "[server.\"../x\"]", Some("cannot be read"));
    check(
        "args = [\"./server.py\"]",
        "args = [1]",
        Some("invalid type"),
    );
    check(
        "args = [\"./server.py\"]",
        "argz = []",
        Some("unknown field"),
    );
    check(
        "danger = [\"private-network\"]",
        "danger = [\"everything\"]",
        Some("unknown variant"),
    );
    check(
        "read = [\"./data\"]",
        "read = [\"../data\"]",
        Some("`../data` begins neither"),
    );
    check(
        "read = [\"./data\"]",
        "write = [\"/a/../b\"]",
        Some("`.` or `..`"),
    );
    check("files = 12", "files = -12", Some("cannot be read"));
    check(
        "name = \"dep\"",
        "name = \"../dep\"",
        Some("not a package name"),
    );
    check("node_modules/dep\"", "../dep\"", Some("plain form"));
    check("sha512-", "sha1-", Some("sha512"));
    check(
        "source = \"command:python3\"",
        "source = \"git:x\"",
        Some("no source"),
    );
    check(
        "source = \"command:python3\"\n",
        "",
        Some("missing field `source`"),
    );
}

#[test]
fn texts_that_a_reviewer_would_not_see() {
    check("\"--all\"", "\"--all\\u202e\"", Some("U+202E"));
    check("\"--all\"", "\"\\u001b[2J\"", Some("U+001B"));
    check("\"--all\"", "\"a\\nb\"", Some("U+000A"));
    check("\"get sum/2\"", "\"get\\u200bsum\"", Some("U+200B"));
    check(
        "interpreter = \"python\"",
        "interpreter = \"py\u{a0}thon\"",
        Some("U+00A0"),
    );
    check("\"--all\"", "\"--äll\"", None);
}

#[test]
fn a_merge_that_went_wrong_is_told_apart() {
    let both = "<<<<<<< HEAD\nversion = 1\n=======\nversion = 1\n>>>>>>> theirs";
    check(
        "version = 1",
        both,
        Some("line 3 is the mark of a merge conflict"),
    );
    check(
        "version = 1",
        "version = 1\n=======",
        Some("merge conflict"),
    );
}

#[test]
fn what_is_locked_has_to_be_what_the_source_names() {
    check(
        "npm:@s/app@^1",
        "npm:@s/other@^1",
        Some("asks for `@s/other`, but `@s/app` is locked"),
    );
    check(
        "npm:@s/app@^1",
        "npm:@s/app@^2",
        Some("but version 1.4.2 is locked"),
    );
    check("npm:@s/app@^1", "npm:@s/app@latest", None);
    check("npm:@s/app@^1", "npm:@s/app", None);
    check("npm:@s/app@^1", "command:npx", Some("its source"));
    check(
        "npm:@s/app@^1",
        "file:./x",
        Some("its source is no package"),
    );
    check(
        "name = \"@s/app\"\nversion = \"1.4.2\"",
        "name = \"@s/app\"\nversion = \"1.5.0\"",
        Some("not among its own"),
    );
    check(
        "platform = \"linux-x64-glibc\"\n",
        "",
        Some("without the `platform`"),
    );
    check(
        "node_modules/dep\"",
        "node_modules/@s/app\"",
        Some("not sorted"),
    );
    check(
        "node_modules/dep\"",
        "node_modules/@a/a\"",
        Some("not sorted"),
    );
}

#[test]
fn absurd_sizes_are_refused() {
    let long = "#".repeat(MOST_BYTES + 1);
    assert_eq!(long.parse::<Lockfile>(), Err(ReadError::TooLarge));
    let word = format!("\"{}\"", "x".repeat(MOST.2 + 1));
    check("\"--all\"", &word, Some("longer than any command line"));
    let deep = format!("x = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    check("version = 1", &deep, Some("cannot be read"));
    let many: String = (0..=MOST.0)
        .map(|n| format!("[server.s{n}]\nsource = \"npm:a\"\n"))
        .collect();
    assert_eq!(
        format!("version = 1\n{many}").parse::<Lockfile>(),
        Err(ReadError::TooLarge)
    );
}

#[test]
fn an_origin_says_what_is_attested_and_what_is_not() {
    let published = "published = \"2026-08-01T12:00:00Z\"";
    check(published, "", None);
    for (was, now, part) in [
        (
            published,
            "published = \"yesterday\"",
            "a time is written as",
        ),
        (
            published,
            "published = \"2026-08-01T12:00:00.5Z\"",
            "a time is written as",
        ),
        (published, "unheard-of = 1", "unknown field"),
        (
            "attested = \"npm-provenance\"\n",
            "",
            "that nothing attests",
        ),
        ("\"npm-provenance\"", "\"my-word\"", "unknown variant"),
        (
            "repository = \"https://github.com/s/app\"\n",
            "",
            "attested without a `repository`",
        ),
        (published, "claimed-commit = \"1\"", "attested and claimed"),
        ("\"alice\"", "\"al\u{200b}ice\"", "cannot be seen"),
    ] {
        check(was, now, Some(part));
    }
    let text = sample::text();
    let start = text.find("[server.app.content.tree]").unwrap();
    let end = text.find("[server.app.grants]").unwrap();
    let mut without = text.clone();
    without.replace_range(start..end, "");
    let error = without.parse::<Lockfile>().unwrap_err().to_string();
    assert!(error.contains("origin without a package's tree"), "{error}");
}

/// A lock of one server, and whether it is read; the error's message has to contain `expected`.
fn check_text(text: &str, expected: Option<&str>) {
    match (text.parse::<Lockfile>(), expected) {
        (Ok(_), None) => {}
        (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{error}"),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

/// A lock of one package that no registry published.
fn sourced(source: &str, ecosystem: &str, path: &str, archive: &str, integrity: &str) -> String {
    let digest = "a".repeat(64);
    format!(
        r#"version = 1

[server.s]
source = "{source}"

[server.s.content]
platform = "linux-x64-glibc"

[server.s.content.tree]
format = 1
ecosystem = "{ecosystem}"
name = "x"
version = "0"
entry = {{ command = "x", file = "{path}/x", interpreter = "native" }}
digest = "{digest}"
files = 1
bytes = 1
packages = [
    {{ path = "{path}", name = "x", version = "0", integrity = "{integrity}", archive = "{archive}" }},
]
"#
    )
}

#[test]
fn a_source_without_a_registry_names_the_bytes_and_their_place() {
    let (own, dep) = ("a".repeat(40), sample::integrity(2));
    let address = "https://example.com/x.git";
    let git = sourced(
        &format!("git:{address}#{own}"),
        "git",
        "node_modules/x",
        &format!("git+{address}#{own}"),
        &sample::integrity(1),
    );
    // A dependency that sorts first and names its own archive is nobody's address.
    let with_dependency = |text: &str| {
        let first = format!(
            "packages = [\n    {{ path = \"node_modules/a\", name = \"a\", version = \"1.0.0\", integrity = \"{dep}\", archive = \"https://other.example/a.tgz\" }},"
        );
        text.replacen("packages = [", &first, 1)
    };
    check_text(&git, None);
    check_text(&with_dependency(&git), None);
    // Nor does one that calls itself a repository stand for it, or share its place.
    for claimed in ["git+https://x/y", &format!("git+{address}#{own}")] {
        let two = with_dependency(&git).replacen("https://other.example/a.tgz", claimed, 1);
        let expected = "not exactly one of its packages is the repository";
        check_text(&two, Some(expected));
    }
    let elsewhere = git.replacen("git+https://example.com", "git+https://evil.example", 1);
    check_text(&elsewhere, Some("other bytes are locked"));
    let other = git.replacen(&format!("git#{own}"), &format!("git#{}", "b".repeat(40)), 1);
    check_text(&other, Some("other bytes are locked"));
    // A part is not the whole.
    let part = |text: &str, scheme: &str| {
        let whole = format!("{scheme}{address}#{own}");
        text.replacen(&whole, &format!("{whole}:sub"), 1)
    };
    check_text(&part(&git, "git:"), Some("other bytes are locked"));
    check_text(&part(&git, "git+"), Some("other bytes are locked"));
    check_text(&part(&part(&git, "git:"), "git+"), None);

    let (hex, sum) = ("1".repeat(64), Integrity::from_sha256([0x11; 32]));
    let file = "https://example.com/x";
    let binary = sourced(
        &format!("binary:{file}#sha256={hex}"),
        "binary",
        "bin",
        file,
        &sum.to_string(),
    );
    check_text(&binary, None);
    let moved = binary.replacen(
        "archive = \"https://example.com",
        "archive = \"https://evil.example",
        1,
    );
    check_text(&moved, Some("other bytes are locked"));
    let origin = "[server.s.content.origin]\npublisher = \"alice\"\n";
    for text in [&git, &binary] {
        let claimed = text.replacen(
            "[server.s.content.tree]",
            &format!("{origin}[server.s.content.tree]"),
            1,
        );
        check_text(&claimed, Some("no registry published it"));
    }
}

#[test]
fn an_origin_is_attested_by_its_own_registrys_means() {
    check(
        "\"npm-provenance\"",
        "\"pep-740\"",
        Some("attested by PEP 740, and it is from npm"),
    );
}

#[test]
fn a_time_of_publishing_is_compared_where_both_are_known() {
    use crate::lockfile::origin::{Moment, OriginLock};
    let at = |text: &str| OriginLock {
        published: Some(Moment::try_from(text.to_owned()).unwrap()),
        ..OriginLock::default()
    };
    let said = at("2026-08-01T12:00:00Z");
    assert!(said.contradictions(Some(&said)).is_empty());
    assert!(said.contradictions(None).is_empty());
    let other = said.contradictions(Some(&at("2026-11-01T12:00:00Z")));
    assert!(other[0].contains("`2026-08-01T12:00:00Z` as its time of publishing"));
}
