//! Configurations as npm writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ini::parse;
use super::settings::DEFAULT_REGISTRY;
use super::{Config, ConfigError};
use crate::npm::name::PackageName;

fn env(name: &str) -> Option<String> {
    match name {
        "HOME" => Some("/home/u".into()),
        "TOKEN" => Some("t0ken".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn config(text: &str) -> Result<Config, ConfigError> {
    let mut settings = BTreeMap::new();
    parse(text, &env, &mut settings);
    Config::from_settings(settings, &env)
}

#[test]
fn registries() {
    let name = |text: &str| PackageName::new(text).unwrap();
    for (text, package, expected) in [
        ("", "a", DEFAULT_REGISTRY),
        (
            "registry=https://r.example/npm",
            "a",
            "https://r.example/npm/",
        ),
        (
            "registry = \"https://r.example/\" ",
            "a",
            "https://r.example/",
        ),
        (
            "registry=http://localhost:4873/ ; local",
            "a",
            "http://localhost:4873/",
        ),
        (
            "# registry=https://no/\n;registry=https://no/\n[s]\nregistry=https://yes/",
            "a",
            "https://yes/",
        ),
        (
            "@s:registry=https://s.example",
            "@s/a",
            "https://s.example/",
        ),
        ("@s:registry=https://s.example", "@t/a", DEFAULT_REGISTRY),
        ("@s:registry=https://s.example", "s", DEFAULT_REGISTRY),
        (
            "registry=https://${TOKEN}.example/",
            "a",
            "https://t0ken.example/",
        ),
        (
            "\u{feff}registry=https://bom.example/\r\nx=y",
            "a",
            "https://bom.example/",
        ),
        (
            "registry=https://a/\nregistry=https://b/",
            "a",
            "https://b/",
        ),
        ("registry", "a", DEFAULT_REGISTRY),
    ] {
        assert_eq!(
            config(text).unwrap().registry_of(&name(package)),
            expected,
            "{text}"
        );
    }
    for text in [
        "registry=ftp://x/",
        "registry=x",
        "registry=",
        "registry=https://",
        "registry=https://u:p@h/",
        "registry=https://h/a b",
        "registry=https://h/?q=",
        "@s:registry=file:///x",
        "registry=https://${NONE}/",
    ] {
        let bad = config(text);
        let expanded_later = text.contains("NONE");
        assert!(
            matches!(bad, Err(ConfigError::Address { .. })) || expanded_later,
            "{text}: {bad:?}"
        );
    }
}

#[test]
fn credentials() {
    for (text, url, expected) in [
        (
            "//r.example/:_authToken=abc",
            "https://r.example/a",
            Some("Bearer abc"),
        ),
        (
            "//r.example/:_authToken=${TOKEN}",
            "https://r.example/a",
            Some("Bearer t0ken"),
        ),
        (
            "//r.example/:_authToken=${NONE}",
            "https://r.example/a",
            Some("Bearer ${NONE}"),
        ),
        (
            "//r.example/:_authToken=${NONE?}x",
            "https://r.example/a",
            Some("Bearer x"),
        ),
        (
            "//r.example/npm/:_authToken=abc",
            "https://r.example/npm/a/-/a-1.tgz",
            Some("Bearer abc"),
        ),
        (
            "//r.example/npm/:_authToken=abc",
            "https://r.example/other",
            None,
        ),
        (
            "//r.example/:_authToken=a\n//r.example/npm/:_authToken=b",
            "https://r.example/npm/x",
            Some("Bearer b"),
        ),
        (
            "//r.example/:_auth=dTpw",
            "https://r.example/a",
            Some("Basic dTpw"),
        ),
        (
            "//r.example/:_auth=dTpw\n//r.example/:_authToken=abc",
            "https://r.example/a",
            Some("Bearer abc"),
        ),
        (
            "//r.example/:username=u\n//r.example/:_password=cA==",
            "https://r.example/a",
            Some("Basic dTpw"),
        ),
        ("//r.example/:username=u", "https://r.example/a", None),
        (
            "//r.example:8080/:_authToken=abc",
            "https://r.example:8080/a",
            Some("Bearer abc"),
        ),
        (
            "//r.example/:_authToken=abc",
            "https://r.example:8080/a",
            None,
        ),
        (
            "//r.example/:_authToken=abc",
            "https://r.example.evil/a",
            None,
        ),
        (
            "//r.example/:_authToken=abc",
            "https://evil/r.example/a",
            None,
        ),
        ("//r.example/:_authToken=abc", "https://u@r.example/a", None),
        (
            "//r.example:_authToken=abc",
            "https://r.example.evil/a",
            None,
        ),
        // One for everywhere is not accepted: it would go to whoever an archive's address names.
        ("_authToken=abc", "https://registry.npmjs.org/a", None),
    ] {
        let config = config(text).unwrap();
        assert_eq!(config.authorization(url), expected, "{text} {url}");
        let shown = format!("{config:?}");
        assert!(
            !shown.contains("abc") && !shown.contains("dTpw") && !shown.contains("t0ken"),
            "{shown}"
        );
    }
}

#[test]
fn variables_and_files() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (directory.path().join("a"), directory.path().join("b"));
    fs_write(
        &first,
        "registry=https://first/\ncafile=/x.pem\nproxy=http://p:1\nnoproxy=corp.example",
    );
    fs_write(&second, "registry=https://second/\n");
    let missing = directory.path().join("missing");
    let registry = |files: &[PathBuf], env: &dyn Fn(&str) -> Option<String>| {
        Config::from_files(files, env).unwrap().registry
    };
    assert_eq!(
        registry(&[first.clone(), second.clone()], &|_| None),
        "https://second/"
    );
    assert_eq!(
        registry(&[second.clone(), first.clone(), missing], &|_| None),
        "https://first/"
    );
    let set = |name: &str| (name == "npm_config_registry").then(|| "https://env/".to_owned());
    assert_eq!(registry(std::slice::from_ref(&first), &set), "https://env/");
    let upper = |name: &str| (name == "NPM_CONFIG_REGISTRY").then(|| "https://upper/".to_owned());
    assert_eq!(
        registry(std::slice::from_ref(&first), &upper),
        "https://upper/"
    );
    let config = Config::from_files(std::slice::from_ref(&first), &|_| None).unwrap();
    assert_eq!(config.certificate_files(), [PathBuf::from("/x.pem")]);
    assert_eq!(config.proxy(), Some("http://p:1"));
    assert_eq!(config.no_proxy(), "corp.example");
    let set = |name: &str| (name == "NO_PROXY").then(|| "a.example".to_owned());
    assert_eq!(
        Config::from_files(&[], &set).unwrap().no_proxy(),
        "a.example"
    );
    let home = directory.path().to_str().unwrap().to_owned();
    fs_write(&directory.path().join(".npmrc"), "registry=https://home/");
    let user = move |name: &str| (name == "HOME").then(|| home.clone());
    assert_eq!(Config::for_user(&user).unwrap().registry, "https://home/");
    fs_write(&second, &" ".repeat(2 << 20));
    assert!(matches!(
        Config::from_files(&[second], &|_| None),
        Err(ConfigError::Large { .. })
    ));
}

fn fs_write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
