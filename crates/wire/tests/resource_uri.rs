//! What resource URIs may name: the corpus, more of the same classes, and what holds for every URI.

use interlock_wire::resource_uri::{Allowed, RootFault, Target, UriFault, file_uri, root_fault};
use proptest::prelude::*;
use serde_json::Value;

fn allowed() -> Allowed {
    Allowed::new().root("/srv/data").expect("a root")
}

/// What becomes of a URI, in a word: the path below the root, `web`, `own`, or the fault.
fn outcome(uri: &str) -> String {
    match allowed().judge(uri) {
        Ok(Target::File(file)) => format!("file {}", file.relative()),
        Ok(Target::Web) => "web".to_owned(),
        Ok(Target::Custom(scheme)) => format!("own {scheme}"),
        Ok(other) => panic!("unknown target {other:?}"),
        Err(fault) => format!("{fault:?}"),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (uri, expected) in cases {
        assert_eq!(outcome(uri), *expected, "{uri}");
    }
}

// SPEC: both/server/resources/security-considerations:1
#[test]
fn every_case_of_the_corpus_is_judged_as_expected() {
    let mut judged = 0;
    for line in include_str!("data/resource-uri.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let input = &case["input"];
        let mut allowed = Allowed::new();
        for root in input["allowed_roots"].as_array().expect("roots") {
            allowed = allowed
                .root(root.as_str().expect("a path"))
                .expect("a sound root");
        }
        let judged_as = allowed.judge(input["uri"].as_str().expect("a URI"));
        let refused = match &case["context"] {
            // What a name leads to is seen when it is opened: `FileResources` of the SDK judges the race.
            context if context["race"] == true => judged_as.is_ok(),
            context => judged_as.is_err() && announced_roots_are_noticed(context),
        };
        assert_eq!(
            refused,
            case["expected"] == "reject",
            "{case} {judged_as:?}"
        );
        judged += 1;
    }
    assert_eq!(judged, 25, "the corpus lost cases");
}

fn announced_roots_are_noticed(context: &Value) -> bool {
    let roots = context["roots"].as_array().into_iter().flatten();
    roots
        .filter_map(Value::as_str)
        .all(|root| root_fault(root).is_some())
}

#[test]
fn files_below_a_root_pass_and_are_decoded_once() {
    check(&[
        ("file:///srv/data", "file "),
        ("file:///srv/data/", "file "),
        ("file:/srv/data/a", "file a"),
        ("file://localhost/srv/data/a", "file a"),
        ("FILE:///srv/data/a/b.txt", "file a/b.txt"),
        ("file:///srv/data/./a", "file a"),
        ("file:///srv/data/100%25.txt", "file 100%.txt"),
        ("file:///srv/data/My%2520File", "file My%20File"),
        ("file:///srv/data/10:30:00.log", "file 10:30:00.log"),
        ("file:///srv/data/File::Spec.3pm", "file File::Spec.3pm"),
        ("file:///srv/data/-rf", "file -rf"),
        ("file:///srv/data/a%3Fb%23c", "file a?b#c"),
        ("file:///srv/data/.env", "file .env"),
        ("file:///srv/data/notes~", "file notes~"),
        ("file:///srv/data/文档.md", "file 文档.md"),
        ("file:///srv/data/x$(id)", "file x$(id)"),
        ("file:///%73rv/data/x", "file x"),
    ]);
}

// SPEC: both/server/resources/security-considerations:1 2026-07-28/server/resources/security-considerations:5
#[test]
fn paths_that_climb_are_refused_in_every_spelling() {
    check(&[
        ("file:///srv/data/../x", "Traversal"),
        ("file:///srv/data/a/../x", "Traversal"),
        ("file:///srv/data/..", "Traversal"),
        ("file:///srv/data/%2e%2e/x", "Traversal"),
        ("file:///srv/data/.%2E/x", "Traversal"),
        ("file:///srv/data/%2e/x", "Traversal"),
        ("file:///srv/data/..;/x", "Traversal"),
        ("file:///srv/data/..%20/x", "Traversal"),
        ("file:///srv/data/....//x", "Traversal"),
        ("file:///srv/data/．．/x", "Traversal"),
        ("file:///srv/data/%EF%BC%8E%EF%BC%8E%EF%BC%8Fx", "Traversal"),
        ("file:///srv/data/‥/x", "Traversal"),
        ("file:///srv/data/..\\x", "EncodedSeparator"),
        ("file:///srv/data/..%5cx", "EncodedSeparator"),
        ("file:///srv/data/a%2fb", "EncodedSeparator"),
        ("file:///srv/data/%252e%252e/x", "DoubleEncoded"),
        ("file:///srv/data/%25252e/x", "DoubleEncoded"),
        ("file:///srv/data/%%32%65/x", "MalformedEscape"),
        ("file:///srv/data/%25u002e/x", "DoubleEncoded"),
        ("file:///srv/data/%u002e/x", "MalformedEscape"),
        ("file:///srv/data/%c0%ae/x", "NotUtf8"),
        ("file:///srv/data/%e0%80%ae/x", "NotUtf8"),
        ("file:///srv/data/%ff", "NotUtf8"),
        ("file:///srv/data/a%00.txt", "ControlCharacter"),
        ("file:///srv/data/a%0a", "ControlCharacter"),
        ("file:///srv/data/a%E2%80%AEtxt.exe", "ControlCharacter"),
        ("file:///srv/data/a%", "MalformedEscape"),
        ("file:///srv/data//a", "EmptySegment"),
        ("file:///srv//data/a", "EmptySegment"),
    ]);
}

#[test]
fn other_places_are_refused() {
    check(&[
        ("file:///etc/passwd", "OutsideRoots"),
        ("file:///srv", "OutsideRoots"),
        ("file:///srv/datax", "OutsideRoots"),
        ("file:///SRV/data/x", "OutsideRoots"),
        ("file:///proc/self/environ", "Device"),
        ("file:///dev/zero", "Device"),
        ("file:///sys/kernel", "Device"),
        ("file://server/share", "RemoteHost"),
        ("file://127.0.0.1/srv/data/x", "RemoteHost"),
        ("file:////server/share", "EmptySegment"),
        ("file://///server/share", "EmptySegment"),
        ("file:\\\\server\\share", "EncodedSeparator"),
        ("file:srv/data/x", "NotAbsolute"),
        ("file:", "NotAbsolute"),
        ("/srv/data/x", "NotAbsolute"),
        ("", "NotAbsolute"),
        ("../x", "NotAbsolute"),
        ("file:///srv/data/x?y", "QueryOrFragment"),
        ("file:///srv/data/x#y", "QueryOrFragment"),
        ("file:///srv/data/a b", "ForbiddenCharacter"),
        ("file:///srv/data/{path}", "Template"),
        ("file:///srv/data/a\n", "ControlCharacter"),
    ]);
    let long = format!("file:///srv/data/{}", "a".repeat(9000));
    assert_eq!(outcome(&long), "TooLong");
    let name = format!("file:///srv/data/{}", "a".repeat(256));
    assert_eq!(outcome(&name), "LongName");
}

#[test]
fn names_that_windows_reads_otherwise_are_refused() {
    for name in [
        "C:",
        "C%7C",
        "c:x",
        "CON",
        "nul.txt",
        "Com1",
        "LPT9.log",
        "aux",
        "conin$",
        "PROGRA~1",
        "SECRET~1.TXT",
        "x.txt.",
        "x.txt%20",
        "x.txt::$DATA",
        "x.txt:hidden",
        "dir:$i30",
    ] {
        let uri = format!("file:///srv/data/{name}");
        assert_eq!(outcome(&uri), "WindowsName", "{uri}");
    }
    check(&[
        ("file:///srv/data/console.log", "file console.log"),
        ("file:///srv/data/com10", "file com10"),
        ("file:///srv/data/nullable.rs", "file nullable.rs"),
        ("file:///C:/Windows/win.ini", "WindowsName"),
    ]);
}

#[test]
fn only_public_hosts_are_fetched() {
    check(&[
        ("https://example.com", "web"),
        ("https://example.com:8443/a%2Fb?x=1&y#z", "web"),
        ("HTTPS://EXAMPLE.com./", "web"),
        ("http://93.184.216.34/", "web"),
        ("https://[2606:2800:220:1::1]/", "web"),
        ("https://localhost/", "PrivateHost"),
        ("https://a.localhost./", "PrivateHost"),
        ("http://metadata.google.internal/", "PrivateHost"),
        ("http://router/", "PrivateHost"),
        ("http://printer.local/", "PrivateHost"),
        ("http://127.0.0.1/", "PrivateHost"),
        ("http://127.1/", "PrivateHost"),
        ("http://2852039166/", "PrivateHost"),
        ("http://0xA9FEA9FE/", "PrivateHost"),
        ("http://0251.0376.0251.0376/", "PrivateHost"),
        ("http://0x7f.1/", "PrivateHost"),
        ("http://0/", "PrivateHost"),
        ("http://10.0.0.1:80/", "PrivateHost"),
        ("http://100.64.0.1/", "PrivateHost"),
        ("http://168.63.129.16/", "PrivateHost"),
        ("http://[::1]/", "PrivateHost"),
        ("http://[::ffff:169.254.169.254]/", "PrivateHost"),
        ("http://[64:ff9b::a9fe:a9fe]/", "PrivateHost"),
        ("http://[2002:a9fe:a9fe::]/", "PrivateHost"),
        ("http://[fd00:ec2::254]/", "PrivateHost"),
        ("http://[fe80::1%25eth0]/", "MalformedHost"),
        ("http://1.2.3.09/", "MalformedHost"),
        ("http://1.2.3.4.5/", "MalformedHost"),
        ("http://256.1.1.1/", "MalformedHost"),
        ("http://99999999999999999999/", "MalformedHost"),
        ("http://１２７.0.0.1/", "MalformedHost"),
        ("http://127。0.0.1/", "MalformedHost"),
        ("http://exa%6dple.com/", "MalformedHost"),
        ("http:///path", "MalformedHost"),
        ("http:example.com", "NotAbsolute"),
        ("http://a..com/", "MalformedHost"),
        ("http://-o.example.com/", "MalformedHost"),
        ("http://example.com:99999/", "MalformedHost"),
        ("http://example.com:+80/", "MalformedHost"),
        ("http://user@example.com/", "UserInfo"),
        ("http://example.com@127.0.0.1/", "UserInfo"),
        ("http://example.com\\@127.0.0.1/", "EncodedSeparator"),
    ]);
}

#[test]
fn schemes_that_libraries_understand_are_refused() {
    for scheme in [
        "data",
        "javascript",
        "JavaScript",
        "vbscript",
        "blob",
        "view-source",
        "php",
        "phar",
        "jar",
        "netdoc",
        "expect",
        "gopher",
        "dict",
        "ldap",
        "ftp",
        "sftp",
        "smb",
        "ssh",
        "ms-msdt",
        "search-ms",
        "git+ssh",
        "git+file",
        "jar+https",
        "compress.zlib",
        "ext",
        "intent",
    ] {
        let uri = format!("{scheme}://x/y");
        assert_eq!(outcome(&uri), "ForbiddenScheme", "{uri}");
    }
    let own = allowed().scheme("SSH").expect("a scheme");
    assert_eq!(
        own.judge("ssh://host/log"),
        Ok(Target::Custom("ssh".to_owned()))
    );
    for scheme in ["file", "http", "HTTPS", "", "a b", "1x"] {
        assert_eq!(
            allowed().scheme(scheme).err(),
            Some(RootFault::Scheme),
            "{scheme}"
        );
    }
}

// SPEC: both/server/resources/custom-uri-schemes:1
#[test]
fn schemes_of_a_server_carry_nothing_past_it() {
    check(&[
        ("postgres://user@127.0.0.1:5432/db/table", "own postgres"),
        ("screen://localhost/display1", "own screen"),
        ("ui://widget/main.html", "own ui"),
        ("git://repo/refs/heads/main?path=a/b", "own git"),
        ("urn:isbn:0451450523", "own urn"),
        (
            "gitlab://group%2Fproject/-/issues?sort=-created",
            "own gitlab",
        ),
        ("weather://oslo/-5", "own weather"),
        ("notes://My%20note%20-%20draft", "own notes"),
        ("memo://insights", "own memo"),
        ("k8s://pods/--kubeconfig=%2Ftmp%2Fx", "OptionInjection"),
        ("k8s://pods/%2d%2dkubeconfig", "OptionInjection"),
        ("k8s://pods/x%20--token=y", "OptionInjection"),
        ("k8s://pods/x?ns=--kubeconfig", "OptionInjection"),
        ("vcs://-oProxyCommand=x/repo", "OptionInjection"),
        ("vcs://u@-oProxyCommand=x/repo", "OptionInjection"),
        ("vcs://repo/-c", "OptionInjection"),
        ("notes://x/../y", "Traversal"),
        ("notes://x/..%2f..%2fetc", "Traversal"),
        ("notes://x/a%5c..%5cb", "Traversal"),
        ("notes://../y", "Traversal"),
        ("notes://%2Fetc%2Fpasswd", "EncodedSeparator"),
        ("notes://x/%2Fetc%2Fpasswd", "EncodedSeparator"),
        ("notes://x/C:%5CWindows", "EncodedSeparator"),
        ("notes://x/a%00b", "ControlCharacter"),
        ("notes://x?a=%0d%0ab", "ControlCharacter"),
        ("notes://x/$(touch%20y)", "ShellSyntax"),
        ("notes://x/%60id%60", "ShellSyntax"),
        ("notes://x?q=a%26%26b", "ShellSyntax"),
        ("wrap:file:///etc/passwd", "Nested"),
        ("wrap:https://169.254.169.254/", "Nested"),
        ("feed:javascript:alert(1)", "Nested"),
        ("db://169.254.169.254/latest", "PrivateHost"),
        ("db://2852039166/latest", "PrivateHost"),
        ("db://[::ffff:a9fe:a9fe]/latest", "PrivateHost"),
        ("db://x/{id}", "Template"),
    ]);
}

#[test]
fn roots_that_hold_everything_or_secrets_are_refused() {
    use RootFault::{Credentials, Everything, Home, NotAPath, System};
    for (root, expected) in [
        ("/srv/data", None),
        ("/srv/data/", None),
        ("file:///srv/My%20Data", None),
        ("/home/user/project", None),
        ("/", Some(Everything)),
        ("file:///", Some(Everything)),
        ("/etc", Some(System)),
        ("/proc/self", Some(System)),
        ("/dev", Some(System)),
        ("/home", Some(Home)),
        ("/home/user/", Some(Home)),
        ("/root", Some(Home)),
        ("/home/user/.ssh", Some(Credentials)),
        ("/home/user/.aws/x", Some(Credentials)),
        ("/etc/ssh", Some(Credentials)),
        ("srv", Some(NotAPath)),
        ("/srv/../etc", Some(NotAPath)),
        ("/srv//x", Some(NotAPath)),
        ("file://host/x", Some(NotAPath)),
        ("", Some(NotAPath)),
    ] {
        assert_eq!(root_fault(root), expected, "{root}");
        assert_eq!(Allowed::new().root(root).err(), expected, "{root}");
    }
    let all = Allowed::new().danger_root("/").expect("whoever wants it");
    assert!(
        matches!(all.judge("file:///srv/x"), Ok(Target::File(file)) if file.relative() == "srv/x")
    );
    assert_eq!(all.judge("file:///proc/self/mem"), Err(UriFault::Device));
}

/// The same body as the fuzz target `resource_uri`.
fn holds(uri: &str) {
    let allowed = allowed();
    let Ok(Target::File(file)) = allowed.judge(uri) else {
        return;
    };
    let relative = file.relative();
    assert!(!relative.contains(['\0', '\\']), "{uri}");
    if !relative.is_empty() {
        let sound = |name: &str| !matches!(name, "" | "." | "..");
        assert!(relative.split('/').all(sound), "{uri}: {relative}");
    }
    let path = format!("{}/{relative}", file.root());
    let again = file_uri(&path).expect("an absolute path");
    assert_eq!(
        allowed.judge(&again),
        Ok(Target::File(file.clone())),
        "{uri} {again}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_is_below_the_root_and_keeps_its_meaning(uri in ".{0,60}") {
        holds(&uri);
    }

    #[test]
    fn so_does_what_is_made_of_the_pieces_of_attacks(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "/", "..", ".", "%2e", "%2f", "%5c", "%25", "%", "2e", "a", "b.txt", "~1", ":", "%00", "%c0", "%ae", "é", "．",
                "／", ";", " ", "%20", "\\", "?", "#", "@", "{", "$DATA", "C:", "…",
            ]),
            0..10,
        ),
        prefix in prop::sample::select(vec!["file:///srv/data/", "file:///", "file:", "x://", "https://"]),
    ) {
        holds(&(prefix.to_owned() + &pieces.concat()));
    }
}
