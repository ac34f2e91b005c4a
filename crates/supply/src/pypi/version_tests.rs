//! The examples of PEP 440, and what real packages write.

use super::*;

fn version(text: &str) -> Version {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn versions_are_ordered() {
    let ascending = [
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
        "2026.10.19",
        "1!0.1",
    ];
    for (at, low) in ascending.iter().enumerate() {
        for high in &ascending[at + 1..] {
            assert!(version(low) < version(high), "{low} {high}");
            assert!(version(high) > version(low), "{low} {high}");
        }
    }
}

#[test]
fn spellings_of_one_version() {
    for (a, b) in [
        ("1.0", "1.0.0"),
        ("1", "v1"),
        ("1.0a1", "1.0-ALPHA.1"),
        ("1.0b", "1.0_beta0"),
        ("1.0rc1", "1.0c1"),
        ("1.0rc1", "1.0pre1"),
        ("1.0rc1", "1.0.preview-1"),
        ("1.0.post1", "1.0-1"),
        ("1.0.post1", "1.0.r1"),
        ("1.0post", "1.0.rev0"),
        ("1.0.dev", "1.0dev0"),
        ("1.0+a.1", "1.0+A_1"),
        ("0!1", "1"),
        (" 1.0 ", "1.0"),
        ("01.02", "1.2"),
        ("1.0a.post1", "1.0a0.post1"),
    ] {
        assert_eq!(version(a), version(b), "{a} {b}");
    }
}

#[test]
fn no_versions() {
    let long = "1.".repeat(200) + "1";
    for text in [
        "",
        "a",
        "1.",
        "1..2",
        "1.0-",
        "1.0+",
        "1.0+a..b",
        "1.0+ü",
        "1 0",
        "1.0x",
        "!1",
        "1.0.*",
        "-1",
        "french toast",
        "99999999999999999999",
        "1.0a1a2",
        &long,
    ] {
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
}

/// `specifiers version`, and whether they admit it.
fn check(specifiers: &str, found: &str, expected: bool) {
    let parsed: Specifiers = specifiers
        .parse()
        .unwrap_or_else(|_| panic!("{specifiers}"));
    assert_eq!(
        parsed.admit(&version(found)),
        expected,
        "{specifiers} {found}"
    );
}

#[test]
fn specifiers() {
    for (specifiers, found, expected) in [
        ("", "1.0", true),
        ("==1.0", "1.0.0", true),
        ("==1.0", "1.0+local", true),
        ("==1.0+local", "1.0", false),
        ("==1.0", "1.0.post1", false),
        ("!=1.0", "1.0.post1", true),
        ("!=1.0", "1.0+x", false),
        ("==1.1.*", "1.1a1", true),
        ("==1.1.*", "1.1.post1", true),
        ("==1.1.*", "1.10", false),
        ("==1.*", "1", true),
        ("!=1.1.*", "1.1.4", false),
        ("~=2.2", "2.9", true),
        ("~=2.2", "3.0", false),
        ("~=2.2.0", "2.2.5", true),
        ("~=2.2.0", "2.3", false),
        ("~=2.2.post3", "2.2", false),
        ("~=1.4.5a4", "1.4.5a4", true),
        (">=1.0", "1.0a1", false),
        (">=1.0a1", "1.0b1", true),
        (">=1.7", "1.7+x", true),
        ("<=1.7", "1.7+x", true),
        (">1.7", "1.7.post1", false),
        (">1.7", "1.7+x", false),
        (">1.7.post1", "1.7.post2", true),
        (">1.7", "1.7.1", true),
        ("<2.0", "2.0rc1", false),
        ("<2.0rc2", "2.0rc1", true),
        ("<2.0", "1.9", true),
        ("===1.0", "1.0", true),
        ("===1.0", "1.0.0", false),
        (">=1.23,<3 , !=1.5", "2.0", true),
        (">=1.23,<3,!=1.5", "3.0", false),
        (">= 3.10", "3.11.7", true),
        (">=1.0,", "1.0", true),
        ("<2,>=1!0", "1.5", false),
    ] {
        check(specifiers, found, expected);
    }
}

#[test]
fn no_specifiers() {
    for text in [
        "1.0",
        "=1.0",
        ">=1.0.*",
        "~=1",
        "~=1.*",
        ">1.0+x",
        "==",
        "== 1 0",
        "===",
        "=>1",
        "^1.0",
        ">=2.7.*",
        "==1.0a1.*",
    ] {
        assert!(text.parse::<Specifiers>().is_err(), "{text}");
    }
}

#[test]
fn what_is_meant() {
    for (text, prerelease, pin) in [
        (">=1.0a1", true, false),
        ("==1.0.dev1", true, true),
        ("==1.0", false, true),
        ("==1.*", false, false),
        ("!=1.0a1", false, false),
        ("===1.0rc1", false, true),
        ("", false, false),
    ] {
        let parsed: Specifiers = text.parse().unwrap();
        assert_eq!(
            (parsed.name_prerelease(), parsed.pin()),
            (prerelease, pin),
            "{text}"
        );
    }
}
