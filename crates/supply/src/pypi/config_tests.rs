//! Which settings count, and where logins go.

use super::*;

/// A configuration from the texts of `uv.toml`, `pip.conf` and `.netrc`, and variables.
fn config(
    uv: &str,
    pip: &str,
    netrc: &str,
    variables: &[(&str, &str)],
) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (uv, pip, netrc) = (
        file("uv.toml", uv),
        file("pip.conf", pip),
        file("netrc", netrc),
    );
    let missing = directory.path().join("missing");
    let env = |name: &str| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Config::from_files(&[missing.clone(), uv], &[pip, missing], Some(&netrc), &env)
}

#[test]
fn indexes() {
    for (uv, pip, variables, expected) in [
        ("", "", &[][..], &[DEFAULT_INDEX][..]),
        (
            "",
            "[global]\nindex-url = https://p/simple",
            &[],
            &["https://p/simple/"],
        ),
        (
            "",
            "[global]\nindex_url: https://p/simple/\n# x\n[list]\nindex-url = https://no/",
            &[],
            &["https://p/simple/"],
        ),
        (
            "",
            "[global]\nextra-index-url =\n  https://a/\n  https://b/s\n",
            &[],
            &["https://a/", "https://b/s/", DEFAULT_INDEX],
        ),
        (
            "",
            "[global]\nindex-url = https://p/",
            &[("PIP_INDEX_URL", "https://v/")],
            &["https://v/"],
        ),
        (
            "index-url = 'https://u/'",
            "[global]\nindex-url = https://p/",
            &[],
            &["https://u/"],
        ),
        (
            "[[index]]\nurl = 'https://x/'\n[[index]]\nurl = 'https://d/'\ndefault = true",
            "",
            &[],
            &["https://x/", "https://d/"],
        ),
        (
            "[[index]]\nurl = 'https://x/'\nexplicit = true",
            "",
            &[],
            &[DEFAULT_INDEX],
        ),
        (
            "index-url = 'https://u/'",
            "",
            &[("UV_DEFAULT_INDEX", "main=https://v/")],
            &["https://v/"],
        ),
        (
            "extra-index-url = ['https://f/']",
            "",
            &[("UV_INDEX", "c=https://a/ https://b/")],
            &["https://a/", "https://b/", "https://f/", DEFAULT_INDEX],
        ),
        (
            "",
            "",
            &[("UV_INDEX_URL", "https://u:p@h/simple")],
            &["https://h/simple/"],
        ),
        (
            "",
            "",
            &[("PIP_INDEX_URL", "http://localhost:8080/simple")],
            &["http://localhost:8080/simple/"],
        ),
        ("", "", &[("PIP_INDEX_URL", " ")], &[DEFAULT_INDEX]),
    ] {
        assert_eq!(
            config(uv, pip, "", variables).unwrap().indexes(),
            expected,
            "{uv} {pip} {variables:?}"
        );
    }
    for address in [
        "ftp://x/",
        "x",
        "https://",
        "https://h/?q=1",
        "file:///x",
        "https://h/#x",
    ] {
        let found = config("", "", "", &[("PIP_INDEX_URL", address)]);
        assert!(
            matches!(found, Err(ConfigError::Address { .. })),
            "{address}"
        );
    }
    assert!(matches!(
        config("index-url = [", "", "", &[]),
        Err(ConfigError::Format { .. })
    ));
    assert!(matches!(
        config(&" ".repeat(2 << 20), "", "", &[]),
        Err(ConfigError::Format { .. })
    ));
}

#[test]
fn logins_stay_with_their_host() {
    let indexes = [
        (
            "UV_INDEX_URL",
            "https://us%40er:p%3Aw@h.example:8443/simple",
        ),
        (
            "UV_INDEX",
            "https://n.example/simple https://n.example:444/s http://plain.example/s https://evil.example/s",
        ),
    ];
    let netrc = "machine n.example login a password b # x\nmachine files.example login c password d\n\
                 machine plain.example login e password f\nmachine h.example login g password h\n\
                 machine n.example login late password late\ndefault login i password j\n";
    let found = config("", "", netrc, &indexes).unwrap();
    let (own, listed) = (Some("Basic dXNAZXI6cDp3"), Some("Basic YTpi"));
    for (url, expected) in [
        ("https://h.example:8443/simple/a/", own),
        ("https://h.example:8443/files/a.whl", own),
        ("https://h.example/simple/a/", None),
        ("http://h.example:8443/simple/a/", None),
        ("https://h.example.evil:8443/simple/", None),
        ("https://evil/h.example:8443/", None),
        // From `.netrc`: for indexes and for nothing that an index names.
        ("https://n.example/simple/a/", listed),
        ("https://x@n.example/", listed),
        ("https://n.example:444/files/a.whl", listed),
        ("https://n.example:445/simple/", None),
        ("https://N.EXAMPLE/simple/", listed),
        ("http://n.example/", None),
        ("http://plain.example/s", None),
        ("https://plain.example/s", None),
        ("https://files.example/a.whl", None),
        ("https://evil.example/s/", None),
        ("https://n.example.evil.example/", None),
        ("not an address", None),
    ] {
        assert_eq!(found.authorization(url), expected, "{url}");
    }
    let shown = format!("{found:?}");
    assert!(
        !shown.contains("dXNA") && !shown.contains("p%3A"),
        "{shown}"
    );
}

#[test]
fn trust_and_proxy() {
    let found = config(
        "",
        "[global]\ncert = /x.pem\nproxy = http://p:1\n",
        "",
        &[("SSL_CERT_FILE", "/y.pem")],
    )
    .unwrap();
    assert_eq!(
        found.certificate_files(),
        [PathBuf::from("/x.pem"), PathBuf::from("/y.pem")]
    );
    assert_eq!(found.proxy(), Some("http://p:1"));
    let set = [("HTTPS_PROXY", "http://q:1"), ("no_proxy", "corp.example")];
    let found = config("", "", "", &set).unwrap();
    assert_eq!(found.proxy(), Some("http://q:1"));
    assert_eq!(found.no_proxy(), "corp.example");
}
