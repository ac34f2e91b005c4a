//! What an approval remembers of the value of a variable. Which variables matter is the business of `environment`.

use crate::digest::Digest;
pub(crate) use crate::environment::carries_code;

/// What an approval remembers of a value: nothing where it carries no code, the value where it does, and its digest where
/// it does but looks like a secret. All three tell two values with code apart.
pub(crate) fn remembered(name: &str, value: &str) -> Option<String> {
    const DIGESTED: &str = "sha256:";
    if !carries_code(name) {
        return None;
    }
    // A value that only looks like a digest is digested too, so that it cannot stand for another.
    if looks_secret(name) || carries_login(value) || value.starts_with(DIGESTED) {
        return Some(format!("{DIGESTED}{}", Digest::of(value.as_bytes())));
    }
    Some(value.to_owned())
}

fn looks_secret(name: &str) -> bool {
    const MARKS: [&str; 8] = [
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "SECRET",
        "_KEY",
        "AUTH",
        "CREDENTIAL",
        "_PAT",
    ];
    let name = name.to_ascii_uppercase();
    // `…_PATH` names a place, not a personal access token.
    let path = name.contains("_PATH");
    MARKS
        .iter()
        .any(|mark| name.contains(mark) && !(path && *mark == "_PAT"))
}

/// `scheme://user:password@host`.
fn carries_login(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_code() {
        for name in [
            "LD_PRELOAD",
            "ld_preload",
            "DYLD_INSERT_LIBRARIES",
            "NODE_OPTIONS",
            "PYTHONSTARTUP",
            "PythonPath",
            "npm_config_registry",
            "UV_INDEX_URL",
            "PIP_INDEX_URL",
            "GIT_SSH_COMMAND",
            "BASH_ENV",
            "PS4",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "OPENSSL_CONF",
            "DOTNET_STARTUP_HOOKS",
            "HTTPS_PROXY",
            "no_proxy",
            "NODE_EXTRA_CA_CERTS",
            "AWS_CA_BUNDLE",
            "KUBECONFIG",
            "PATH",
            "ENV",
            "TS_NODE_PROJECT",
            "XDG_CONFIG_HOME",
            "TMPDIR",
            "npm-config-registry",
            "JAVA_HOME",
            "SOME_CA_BUNDLE",
        ] {
            assert!(carries_code(name), "{name}");
        }
        for name in [
            "GITHUB_TOKEN",
            "API_KEY",
            "DEBUG",
            "NODE_ENV",
            "GIT_AUTHOR_NAME",
            "DATABASE_URL",
            "TZ",
            "LANG",
        ] {
            assert!(!carries_code(name), "{name}");
        }
    }

    #[test]
    fn what_is_remembered_tells_values_apart_and_shows_no_secret() {
        let check = |name: &str, value: &str, plain: Option<bool>| {
            let kept = remembered(name, value);
            assert_eq!(kept.is_some(), plain.is_some(), "{name}");
            assert_eq!(
                kept.as_deref() == Some(value),
                plain == Some(true),
                "{name}={value}"
            );
            if plain.is_some() {
                assert_ne!(kept, remembered(name, &format!("{value}x")), "{name}");
            }
        };
        check("API_KEY", "k", None);
        check("NODE_OPTIONS", "-r x", Some(true));
        check("PYTHONPATH", "/x", Some(true));
        check("GIT_EXEC_PATH", "/x", Some(true));
        check("GIT_TOKEN", "t", None);
        check("NPM_TOKEN", "t", Some(false));
        check("npm_config__authToken", "t", Some(false));
        check("UV_INDEX_URL", "https://pypi.example/simple", Some(true));
        check(
            "UV_INDEX_URL",
            "https://me:pw@pypi.example/simple",
            Some(false),
        );
        let digest = remembered("NPM_TOKEN", "t").unwrap();
        assert_ne!(
            remembered("PIP_INDEX_URL", &digest).as_deref(),
            Some(digest.as_str())
        );
    }
}
