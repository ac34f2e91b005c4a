//! Fields as servers write them, and as they must not.

use super::{ChallengeError, parse};

type Expected<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

#[track_caller]
fn check(field: &str, expected: Expected<'_>) {
    let parsed = parse(field).unwrap();
    let found: Vec<_> = parsed
        .iter()
        .map(|challenge| {
            let parameters: Vec<_> = challenge
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            (challenge.scheme(), parameters)
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(scheme, list)| (*scheme, list.to_vec()))
        .collect();
    assert_eq!(found, expected, "{field}");
}

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/protected-resource-metadata-discovery-requirements:4
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:8
#[test]
fn one_challenge() {
    check("Bearer", &[("Bearer", &[])]);
    check("", &[]);
    check(" , ,", &[]);
    check(
        r#"Bearer resource_metadata="https://a.example/.well-known/x", scope="a b""#,
        &[(
            "Bearer",
            &[
                ("resource_metadata", "https://a.example/.well-known/x"),
                ("scope", "a b"),
            ],
        )],
    );
    check(
        r#"bearer ERROR = invalid_token"#,
        &[("bearer", &[("error", "invalid_token")])],
    );
    check(
        r#"Bearer realm="a \"quoted\" one""#,
        &[("Bearer", &[("realm", "a \"quoted\" one")])],
    );
    check(
        r#"DPoP algs="ES256 EdDSA", error="use_dpop_nonce""#,
        &[(
            "DPoP",
            &[("algs", "ES256 EdDSA"), ("error", "use_dpop_nonce")],
        )],
    );
}

#[test]
fn several_challenges_in_a_field() {
    check(
        r#"Basic realm="x", Bearer scope="a,b", error=e"#,
        &[
            ("Basic", &[("realm", "x")]),
            ("Bearer", &[("scope", "a,b"), ("error", "e")]),
        ],
    );
    check("Negotiate, Bearer", &[("Negotiate", &[]), ("Bearer", &[])]);
    check(
        "Negotiate YII+/=, Bearer a=b",
        &[("Negotiate", &[]), ("Bearer", &[("a", "b")])],
    );
    check("Negotiate YWJj==", &[("Negotiate", &[])]);
}

#[test]
fn what_is_not_a_challenge() {
    for field in [
        "=",
        "a=b",
        r#"Bearer scope="open"#,
        r#"Bearer scope="a" b"#,
        "Bearer a=b, scope=",
        "Bearer scope=\"a\u{7f}\"",
        "Bearer\tx=y z",
        "Bearer a=\"\\",
        "(Bearer)",
    ] {
        assert!(
            matches!(parse(field), Err(ChallengeError::Syntax(_))),
            "{field}: {:?}",
            parse(field)
        );
    }
    assert_eq!(
        parse(r#"Bearer scope="a", SCOPE="b""#),
        Err(ChallengeError::Repeated)
    );
    assert_eq!(parse(&"Bearer,".repeat(33)), Err(ChallengeError::TooLong));
    assert_eq!(parse(&"x".repeat(17_000)), Err(ChallengeError::TooLong));
}

proptest::proptest! {
    #[test]
    fn any_field_is_read_without_panic(field in "[ -~\t]{0,200}") {
        let _ = parse(&field);
    }

    #[test]
    fn what_is_written_is_read(scheme in "[A-Za-z]{1,8}", value in "[ !#-\\[\\]-~]{0,40}") {
        let parsed = parse(&format!("{scheme} one=\"{value}\", two=x")).unwrap();
        proptest::prop_assert_eq!(parsed.len(), 1);
        proptest::prop_assert_eq!(parsed[0].parameter("one"), Some(value.as_str()));
    }
}
