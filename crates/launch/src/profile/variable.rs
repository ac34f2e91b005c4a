//! Which variables can load code or redirect trust, and what an approval remembers of their values.
//!
//! This decides two things: what may not be granted without a danger, and whose value is part of a fingerprint. It is
//! wider than what judging refuses: a name too many costs a word at approval, one too few costs the promise.

use crate::digest::Digest;

/// Families, upper case.
const PREFIXES: [&str; 70] = [
    "AWS_CONFIG_",
    "BASH",
    "BUNDLE",
    "BUN_",
    "CARGO_",
    "CGO_",
    "CMAKE_",
    "COMPLUS_",
    "CONDA",
    "CONTAINERS_",
    "CORECLR_",
    "COREPACK_",
    "COR_",
    "DENO_",
    "DOCKER_",
    "DOTNET_",
    "DYLD_",
    "ELECTRON_",
    "ERL_",
    "GCONV_",
    "GEM_",
    "GIO_",
    "GIT_",
    "GLIBC_",
    "GNUTLS_",
    "GRADLE_",
    "GST_",
    "GTK_",
    "JAVA",
    "JBANG_",
    "JDK_",
    "JULIA_",
    "KRB5",
    "LD_",
    "LUA_",
    "MALLOC_",
    "MAVEN_",
    "MONO_",
    "NIX_",
    "NODE_",
    "NPM_",
    "NUGET_",
    "OPENSSL_",
    "PERL",
    "PHP",
    "PIP",
    "PKCS11_",
    "PKG_CONFIG",
    "PNPM_",
    "POETRY_",
    "PROMPT_",
    "PYENV_",
    "PYTEST_",
    "PYTHON",
    "QT_",
    "RUBY",
    "RUSTC",
    "RUSTDOC",
    "RUSTUP_",
    "SASL_",
    "SSH_ASKPASS",
    "SSL_CERT_",
    "TERMINFO",
    "TSX_",
    "TS_NODE_",
    "UV_",
    "VOLTA_",
    "XDG_",
    "YARN_",
    "_JAVA_",
];

/// Single names, upper case.
const NAMES: [&str; 58] = [
    "ALL_PROXY",
    "BROWSER",
    "CC",
    "CDPATH",
    "CFLAGS",
    "CHROME_BIN",
    "CHROME_PATH",
    "CLASSPATH",
    "CPATH",
    "CURL_HOME",
    "CXX",
    "EDITOR",
    "ENV",
    "FPATH",
    "GETCONF_DIR",
    "GOENV",
    "GOFLAGS",
    "GOPATH",
    "GOPROXY",
    "GOROOT",
    "GOTOOLCHAIN",
    "GREP_OPTIONS",
    "HGRCPATH",
    "HISTFILE",
    "HOME",
    "HOSTALIASES",
    "IBM_JAVA_OPTIONS",
    "IFS",
    "INPUTRC",
    "KUBECONFIG",
    "LDFLAGS",
    "LESSCLOSE",
    "LESSOPEN",
    "LIBRARY_PATH",
    "LOCALDOMAIN",
    "LOCPATH",
    "MAKEFLAGS",
    "MANPAGER",
    "NETRC",
    "NLSPATH",
    "ODBCINI",
    "ODBCSYSINI",
    "PAGER",
    "PATH",
    "PS0",
    "PS1",
    "PS4",
    "PUPPETEER_EXECUTABLE_PATH",
    "RES_OPTIONS",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "SSLKEYLOGFILE",
    "TMPDIR",
    "TZDIR",
    "VIRTUAL_ENV",
    "VISUAL",
    "ZDOTDIR",
];

/// Members of the families that only set a mode, or say who somebody is.
const HARMLESS: [&str; 10] = [
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_TERMINAL_PROMPT",
    "NODE_ENV",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONIOENCODING",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
];

/// Whether a variable of this name can load code or redirect trust (DESIGN, environment), case folded.
pub(crate) fn carries_code(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !HARMLESS.contains(&name.as_str())
        && (PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || NAMES.contains(&name.as_str())
            || name.ends_with("_PROXY")
            || name.ends_with("CA_BUNDLE")
            || name.ends_with("CA_CERTS"))
}

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
    fn the_tables_are_sorted_and_upper_case() {
        for table in [&PREFIXES[..], &NAMES, &HARMLESS] {
            assert!(table.is_sorted(), "{table:?}");
            assert!(table.iter().all(|name| *name == name.to_ascii_uppercase()));
        }
    }

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
        check("GIT_TOKEN", "t", Some(false));
        check("npm_config__authToken", "t", Some(false));
        check("UV_INDEX_URL", "https://pypi.example/simple", Some(true));
        check(
            "UV_INDEX_URL",
            "https://me:pw@pypi.example/simple",
            Some(false),
        );
        let digest = remembered("GIT_TOKEN", "t").unwrap();
        assert_ne!(
            remembered("PIP_INDEX_URL", &digest).as_deref(),
            Some(digest.as_str())
        );
    }
}
