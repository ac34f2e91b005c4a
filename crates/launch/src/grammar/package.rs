//! Package references: npm's names and versions, and what must not stand in the place of any registry's.
//!
//! Python's requirements are in `requirement`; where registries may be, in `registry`.

use super::popular::note_popular;
use super::source_word::is_commit;
use crate::judge::{Case, Ecosystem, ProjectRef, paths, rules};
use crate::text;

/// A package's name and the version asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) extras: Vec<String>,
    /// An accepted source that is not the registry.
    pub(crate) source: Option<String>,
    /// Which project of it.
    pub(crate) project: ProjectRef,
}

/// Prefixes of sources that are repositories, lower case.
const GIT_PREFIXES: &[&str] = &[
    "git+",
    "git:",
    "git@",
    "github:",
    "gitlab:",
    "bitbucket:",
    "gist:",
    "ssh:",
    "hg+",
    "svn+",
    "bzr+",
    "sourcehut:",
];
/// Prefixes and suffixes of sources on this machine, lower case.
pub(super) const LOCAL_PREFIXES: &[&str] = &[
    ".",
    "/",
    "~",
    "file:",
    "link:",
    "portal:",
    "workspace:",
    "\\",
    "$",
    "%",
    "{",
];
const LOCAL_SUFFIXES: &[&str] = &[
    ".tgz", ".tar.gz", ".tar", ".whl", ".zip", ".tar.bz2", ".egg",
];

/// Hosts of code whose addresses name an account and a repository.
pub(super) const FORGES: &[&str] = &[
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "huggingface.co",
    "dev.azure.com",
    "git.sr.ht",
];

/// Notes a source that is not a registry. True when there was one.
pub(super) fn refuse_source(spec: &str, case: &mut Case<'_>) -> bool {
    let lower = spec.trim().to_ascii_lowercase();
    let shown = text::excerpt(&text::without_logins(spec));
    let windows_drive =
        matches!(lower.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    if GIT_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        case.note(
            rules::GIT_PACKAGE,
            format!("`{shown}` is built from a repository, with its scripts"),
        );
    } else if windows_drive
        || LOCAL_PREFIXES
            .iter()
            .any(|prefix| lower.starts_with(prefix))
        || lower.contains('\\')
        || LOCAL_SUFFIXES
            .iter()
            .any(|suffix| lower.ends_with(suffix) && !paths::is_url(&lower))
    {
        case.note(
            rules::LOCAL_PACKAGE,
            format!("`{shown}` is a local source; name a package of the registry"),
        );
    } else if paths::is_url(&lower) || lower.contains("://") {
        case.note(
            rules::URL_PACKAGE,
            format!("`{shown}` is an address; name a package of the registry"),
        );
    } else {
        return false;
    }
    true
}

/// A package of the npm registry: `name`, `name@version`, `@scope/name@version`.
pub(crate) fn npm(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    if refuse_source(spec, case) {
        return None;
    }
    let scoped = spec.starts_with('@');
    let at = spec
        .char_indices()
        .skip(1)
        .find(|(_, c)| *c == '@')
        .map(|(at, _)| at);
    let (name, version) = match at {
        Some(at) => (spec.get(..at)?, spec.get(at + 1..)),
        None => (spec, None),
    };
    if !scoped && name.contains('/') {
        case.note(
            rules::GIT_PACKAGE,
            format!("`{}` is short for a repository", text::excerpt(spec)),
        );
        return None;
    }
    if let Some(meant) = version.and_then(|version| version.strip_prefix("npm:")) {
        return refuse_alias(spec, meant, case);
    }
    if !is_npm_name(name) || !version.is_none_or(is_npm_version) {
        return refuse_name(spec, case);
    }
    note_version(version.filter(|v| is_exact(v)).is_some(), spec, case);
    note_popular(Ecosystem::Npm, name, case);
    Some(Spec {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ..Spec::default()
    })
}

/// npm's words for a repository, where they name a commit in full at a known forge: `github:OWNER/NAME#COMMIT` and
/// `git+https://HOST/OWNER/NAME#COMMIT`. Nothing else of a repository is accepted from npm's runners.
pub(crate) fn npm_repository(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let (address, commit) = spec.split_once('#')?;
    let address = match address.strip_prefix("github:") {
        Some(path) => format!("https://github.com/{path}"),
        None => address.strip_prefix("git+")?.to_owned(),
    };
    let (host, path) = address.strip_prefix("https://")?.split_once('/')?;
    if !is_commit(commit) || !FORGES.contains(&host) || !is_repository_path(path) {
        return None;
    }
    let name = repository_name(path);
    if !is_npm_name(name) {
        return None;
    }
    case.note(
        rules::VCS_SOURCE,
        format!(
            "`{}` comes from a repository; none of its scripts run",
            text::excerpt(spec)
        ),
    );
    Some(Spec {
        name: name.to_owned(),
        version: Some(commit.to_owned()),
        source: Some(address),
        ..Spec::default()
    })
}

/// `OWNER/NAME`, in characters that need no escaping and mean nothing else.
pub(super) fn is_repository_path(path: &str) -> bool {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && !part.starts_with(['.', '-']) && part.bytes().all(plain)
    };
    // sourcehut's accounts begin so.
    let path = path.strip_prefix('~').unwrap_or(path);
    path.split('/').count() >= 2 && path.split('/').all(part)
}

/// What the repository at a path is called.
pub(super) fn repository_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".git").unwrap_or(name)
}

/// A package under a name that it does not have. The package itself is named where it is one.
fn refuse_alias(spec: &str, meant: &str, case: &mut Case<'_>) -> Option<Spec> {
    let mut other = Case::new(None);
    // An alias of an alias is none, so that no text of somebody's is as deep as our stack.
    if meant.contains("@npm:") || npm(meant, &mut other).is_none() {
        return refuse_name(spec, case);
    }
    case.note(
        rules::BAD_PACKAGE_NAME,
        format!(
            "`{}` gives a package another name; name the package itself, as in `npx {}`",
            text::excerpt(spec),
            text::excerpt(meant)
        ),
    );
    None
}

pub(super) fn refuse_name(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let rule = if spec.is_ascii() {
        rules::BAD_PACKAGE_NAME
    } else {
        rules::LOOK_ALIKE
    };
    case.note(
        rule,
        format!("`{}` is no package of the registry", text::excerpt(spec)),
    );
    None
}

fn is_npm_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
            && !part.starts_with(['.', '-'])
    };
    // What npm keeps for itself.
    let kept = name.starts_with('_') || matches!(name, "node_modules" | "favicon.ico");
    !kept
        && name.len() <= 214
        && match name.strip_prefix('@') {
            Some(scoped) => scoped
                .split_once('/')
                .is_some_and(|(scope, name)| part(scope) && part(name)),
            None => part(name),
        }
}

fn is_npm_version(version: &str) -> bool {
    !version.is_empty()
        && version.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'.' | b'-'
                        | b'+'
                        | b'^'
                        | b'~'
                        | b'>'
                        | b'<'
                        | b'='
                        | b'*'
                        | b' '
                        | b'|'
                        | b'_'
                )
        })
}

/// Whether a version names one release: three numbers, perhaps a pre-release.
fn is_exact(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let mut numbers = 0;
    core.strip_prefix(['v', '='])
        .unwrap_or(core)
        .split('.')
        .all(|part| {
            numbers += 1;
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
        })
        && numbers >= 3
}

pub(super) fn note_version(exact: bool, spec: &str, case: &mut Case<'_>) {
    if !exact {
        case.note(
            rules::FLOATING_VERSION,
            format!(
                "`{}` names no exact version; the one found at approval is kept",
                text::excerpt(spec)
            ),
        );
    }
}

/// What `read` makes of a reference: `name version codes`, with `~` after a version that floats.
#[cfg(test)]
pub(super) fn check(read: fn(&str, &mut Case<'_>) -> Option<Spec>, input: &str, expected: &str) {
    let mut case = Case::new(None);
    let spec = read(input, &mut case);
    let codes: Vec<_> = case
        .codes()
        .filter(|code| *code != "floating-version")
        .collect();
    let floating = if case.codes().any(|code| code == "floating-version") {
        " ~"
    } else {
        ""
    };
    let got = match spec {
        Some(spec) => format!(
            "{} {}{floating} {}",
            spec.name,
            spec.version.unwrap_or_default(),
            codes.join(",")
        ),
        None => codes.join(","),
    };
    assert_eq!(
        got.split_whitespace().collect::<Vec<_>>().join(" "),
        expected,
        "{input}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Decision, judge};
    use crate::request::Request;

    #[test]
    fn npm_references() {
        for (input, expected) in [
            ("@playwright/mcp@latest", "@playwright/mcp latest ~"),
            ("some-mcp", "some-mcp ~"),
            ("some-mcp@1.2.3", "some-mcp 1.2.3"),
            ("some-mcp@1.2.3-beta.1", "some-mcp 1.2.3-beta.1"),
            ("some-mcp@^1.2.3", "some-mcp ^1.2.3 ~"),
            ("some-mcp@1.x", "some-mcp 1.x ~"),
            ("./x", "local-package"),
            ("C:\\x", "local-package"),
            ("file:../x", "local-package"),
            ("x.tgz", "local-package"),
            ("https://h/x.tgz", "url-package"),
            ("github:a/b", "git-package"),
            ("a/b", "git-package"),
            ("git+ssh://git@h/x", "git-package"),
            ("x@npm:y@1", "bad-package-name"),
            ("x@https://h/y", "url-package"),
            (
                "@modеlcontextprotocol/server-memory",
                "look-alike-characters",
            ),
            ("@scope", "bad-package-name"),
            ("${PKG}", "local-package"),
            ("", "bad-package-name"),
            (
                "@modelcontextprotocol/server-filesytem@1.0.0",
                "@modelcontextprotocol/server-filesytem 1.0.0 looks-like-popular-package",
            ),
            (
                "@anthropic/mcp-server-postgres@1.0.0",
                "@anthropic/mcp-server-postgres 1.0.0 looks-like-popular-package",
            ),
            (
                "mcp-remotee@0.1.0",
                "mcp-remotee 0.1.0 looks-like-popular-package",
            ),
            (
                "mcp.remote@0.1.0",
                "mcp.remote 0.1.0 looks-like-popular-package",
            ),
            (
                "MCP-Remote@0.1.0",
                "MCP-Remote 0.1.0 looks-like-popular-package",
            ),
            (
                "rncp-rern0te@0.1.0",
                "rncp-rern0te 0.1.0 looks-like-popular-package",
            ),
            (
                "firecrawl-mcp-official@1.0.0",
                "firecrawl-mcp-official 1.0.0 looks-like-popular-package",
            ),
            (
                "playwright-mcp-official@1.0.0",
                "playwright-mcp-official 1.0.0 looks-like-popular-package",
            ),
            ("acme-official-mcp@1.0.0", "acme-official-mcp 1.0.0"),
            ("_x@1.0.0", "bad-package-name"),
            ("node_modules@1.0.0", "bad-package-name"),
        ] {
            check(npm, input, expected);
        }
    }

    #[test]
    fn an_alias_is_refused_with_the_package_that_is_meant() {
        for (input, expected) in [
            ("foo@npm:cowsay@1", "as in `npx cowsay@1`"),
            ("@s/foo@npm:@t/bar", "as in `npx @t/bar`"),
            ("foo@npm:./x", "is no package of the registry"),
            ("foo@npm:", "is no package of the registry"),
            ("foo@npm:a@npm:b", "is no package of the registry"),
        ] {
            let judged = judge(&Request::new("npx", ["-y", input]));
            let found = judged.reasons.iter().any(|it| it.text.contains(expected));
            assert!(found, "{input}: {:?}", judged.reasons);
        }
        let deep = format!("a{}", "@npm:a".repeat(20_000));
        let judged = judge(&Request::new("npx", [deep.as_str()]));
        assert_eq!(judged.decision(), Decision::Refused);
    }

    #[test]
    fn repositories_of_npm() {
        let commit = "0a".repeat(20);
        for (input, name) in [
            (format!("github:a/b#{commit}"), Some("b")),
            (
                format!("git+https://gitlab.com/a/c/b.git#{commit}"),
                Some("b"),
            ),
            (format!("github:a/b#{}", "0a".repeat(19)), None),
            (format!("github:a/b#{}", commit.to_uppercase()), None),
            ("github:a/b#main".to_owned(), None),
            ("github:a/b".to_owned(), None),
            (format!("github:a#{commit}"), None),
            (format!("github:a/../b#{commit}"), None),
            (format!("github:a/-b#{commit}"), None),
            (format!("git+https://example.invalid/a/b#{commit}"), None),
            (
                format!("git+https://github.com@example.invalid/a/b#{commit}"),
                None,
            ),
            (format!("git+ssh://git@github.com/a/b#{commit}"), None),
            (format!("https://github.com/a/b#{commit}"), None),
        ] {
            let mut case = Case::new(None);
            let found = npm_repository(&input, &mut case);
            assert_eq!(
                found.as_ref().map(|found| found.name.as_str()),
                name,
                "{input}"
            );
            assert_eq!(
                case.codes().any(|code| code == "vcs-source"),
                name.is_some()
            );
        }
    }
}
