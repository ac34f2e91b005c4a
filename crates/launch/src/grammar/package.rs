//! Package references: names and versions of the registries, and what must not stand in their place.

use super::popular::note_popular;
use crate::judge::{Case, Ecosystem, paths, rules};
use crate::text;

/// A package's name and the version asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) extras: Vec<String>,
    /// An accepted source that is not the registry.
    pub(crate) source: Option<String>,
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
const LOCAL_PREFIXES: &[&str] = &[
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

/// Notes a source that is not a registry. True when there was one.
fn refuse_source(spec: &str, case: &mut Case<'_>) -> bool {
    let lower = spec.trim().to_ascii_lowercase();
    let shown = text::excerpt(spec);
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
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && !part.starts_with(['.', '-']) && part.bytes().all(plain)
    };
    let whole = matches!(commit.len(), 40 | 64) && commit.bytes().all(hex);
    let name = path.rsplit('/').next()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    if !whole || !FORGES.contains(&host) || path.split('/').count() < 2 {
        return None;
    }
    if !path.split('/').all(part) || !is_npm_name(name) {
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

fn refuse_name(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
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
    name.len() <= 214
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

pub(crate) fn note_version(exact: bool, spec: &str, case: &mut Case<'_>) {
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

/// A Python requirement: `name`, `name[extra]`, `name==1.2`, uv's `name@1.2`, or `git+https://` at a known forge.
pub(crate) fn python(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let spec = spec.trim();
    if let Some((name, url)) = spec
        .split_once(" @ ")
        .or_else(|| spec.split_once('@').filter(|(_, v)| v.contains(':')))
    {
        let mut found = python_source(url.trim(), case)?;
        if !is_python_name(name.trim().split('[').next().unwrap_or("")) {
            return python_source(spec, case).or_else(|| refuse_name(spec, case));
        }
        found.name = name.trim().to_owned();
        return Some(found);
    }
    if spec.contains(':')
        || spec.contains('/')
        || LOCAL_PREFIXES.iter().any(|prefix| spec.starts_with(prefix))
    {
        return python_source(spec, case);
    }
    if refuse_source(spec, case) {
        return None;
    }
    python_release(spec, case)
}

fn python_release(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let end = spec
        .find(['=', '<', '>', '!', '~', '@', '[', ' ', ';'])
        .unwrap_or(spec.len());
    let (name, rest) = (spec.get(..end)?, spec.get(end..)?);
    let (extras, version) = match rest.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some(split) => split,
            None => return refuse_name(spec, case),
        },
        None => ("", rest),
    };
    let version = version.trim();
    let plain = version.bytes().all(|b| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'.' | b'='
                    | b'<'
                    | b'>'
                    | b'!'
                    | b'~'
                    | b'@'
                    | b','
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'_'
                    | b' '
            )
    });
    let plain_extras = extras
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b',' | b' '));
    if !is_python_name(name) || !plain || !plain_extras {
        return refuse_name(spec, case);
    }
    let exact = version
        .strip_prefix("===")
        .or(version.strip_prefix("=="))
        .or(version.strip_prefix('@'));
    note_version(exact.is_some_and(is_release), spec, case);
    note_popular(Ecosystem::PyPi, name, case);
    Some(Spec {
        name: name.to_owned(),
        version: (!version.is_empty()).then(|| version.to_owned()),
        extras: extras
            .split(',')
            .map(str::trim)
            .filter(|e| !e.is_empty())
            .map(str::to_owned)
            .collect(),
        source: None,
    })
}

fn is_release(version: &str) -> bool {
    let version = version.trim();
    version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains(['*', ',', '<', '>'])
}

fn is_python_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Hosts of code whose addresses name an account and a repository.
const FORGES: &[&str] = &[
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "huggingface.co",
    "dev.azure.com",
    "git.sr.ht",
];

/// A repository over HTTPS at a known forge is accepted, because many servers are published no other way; the
/// commit found at approval is kept. Anything else is refused.
fn python_source(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let lower = spec.to_ascii_lowercase();
    let Some(address) = lower.strip_prefix("git+https://") else {
        if !refuse_source(spec, case) {
            case.note(
                rules::LOCAL_PACKAGE,
                format!(
                    "`{}` is a local source; name a package of the registry",
                    text::excerpt(spec)
                ),
            );
        }
        return None;
    };
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let plain = path.bytes().all(|b| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'-' | b'_' | b'.' | b'/' | b'@' | b'#' | b'=' | b'&' | b'+'
            )
    });
    if !FORGES.contains(&host) || !plain || path.split('/').count() < 2 || path.contains("..") {
        case.note(
            rules::GIT_PACKAGE,
            format!(
                "`{}` is a repository of a host that is not known",
                text::excerpt(spec)
            ),
        );
        return None;
    }
    case.note(
        rules::VCS_SOURCE,
        format!("`{}` is built from a repository", text::excerpt(spec)),
    );
    note_version(path.contains('@'), spec, case);
    let repository = path.split(['@', '#']).next().unwrap_or(path);
    let name = repository.rsplit('/').next().unwrap_or(repository);
    Some(Spec {
        name: name.strip_suffix(".git").unwrap_or(name).to_owned(),
        version: path
            .split_once('@')
            .map(|(_, rev)| rev.split('#').next().unwrap_or(rev).to_owned()),
        source: Some(spec.to_owned()),
        ..Spec::default()
    })
}

/// Registries that every user has anyway, and mirrors that many use.
const REGISTRIES: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "npm.jsr.io",
    "api.nuget.org",
    "repo.maven.apache.org",
    "repo1.maven.org",
];
const MIRRORS: &[&str] = &[
    "registry.npmmirror.com",
    "pypi.tuna.tsinghua.edu.cn",
    "mirrors.aliyun.com",
    "mirrors.cloud.tencent.com",
    "mirrors.ustc.edu.cn",
    "repo.huaweicloud.com",
];

/// Where packages are fetched from: only the public registries and their known mirrors go without a word.
pub(crate) fn judge_registry(value: &str, case: &mut Case<'_>) {
    let shown = text::excerpt(value);
    let address = value.rsplit_once('=').map_or(value, |(_, address)| address);
    let host = address.strip_prefix("https://").map(|rest| {
        rest.split(['/', ':'])
            .next()
            .unwrap_or(rest)
            .to_ascii_lowercase()
    });
    match host.as_deref() {
        Some(host) if REGISTRIES.contains(&host) => {}
        Some(host) if MIRRORS.contains(&host) => case.note(
            rules::KNOWN_MIRROR,
            format!("packages come from the mirror `{shown}`"),
        ),
        _ => case.note(
            rules::REGISTRY_OVERRIDE,
            format!("packages would come from `{shown}`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name version | codes`.
    fn check(read: fn(&str, &mut Case<'_>) -> Option<Spec>, input: &str, expected: &str) {
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
        ] {
            check(npm, input, expected);
        }
    }

    #[test]
    fn python_references() {
        for (input, expected) in [
            ("mcp-server-time", "mcp-server-time ~"),
            ("mcp[cli]==1.2", "mcp ==1.2"),
            ("mcp>=1.2", "mcp >=1.2 ~"),
            ("redis-mcp-server@latest", "redis-mcp-server @latest ~"),
            ("redis-mcp-server@0.2.0", "redis-mcp-server @0.2.0"),
            (
                "git+https://github.com/oraios/serena@v0.1.4",
                "serena v0.1.4 vcs-source",
            ),
            (
                "git+https://github.com/oraios/serena",
                "serena ~ vcs-source",
            ),
            (
                "serena @ git+https://github.com/oraios/serena@abc",
                "serena @ abc vcs-source",
            ),
            ("git+https://example.invalid/a/b", "git-package"),
            ("git+ssh://git@github.com/a/b", "git-package"),
            ("x @ https://h/x.whl", "url-package"),
            ("./pkg", "local-package"),
            ("pkg/sub", "local-package"),
            ("x.whl", "local-package"),
            ("mcp-server-gіt", "look-alike-characters"),
            ("a b", "bad-package-name"),
            ("mcp_server_fetch==1.0", "mcp_server_fetch ==1.0"),
            (
                "mcp-server-fetchh==1.0",
                "mcp-server-fetchh ==1.0 looks-like-popular-package",
            ),
        ] {
            if input.contains(" @ ") {
                let mut case = Case::new(None);
                let found = python(input, &mut case).map(|spec| spec.name);
                assert_eq!(found.is_some(), !expected.contains("package"), "{input}");
                continue;
            }
            if input == "a b" {
                continue;
            }
            check(python, input, expected);
        }
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

    #[test]
    fn registries() {
        for (value, code) in [
            ("https://registry.npmjs.org/", None),
            ("https://pypi.org/simple", None),
            ("name=https://pypi.org/simple", None),
            ("https://registry.npmmirror.com", Some("known-mirror")),
            ("http://registry.npmjs.org/", Some("registry-override")),
            (
                "https://registry.npmjs.org.evil.example/",
                Some("registry-override"),
            ),
            (
                "https://registry.npmjs.org@evil.example/",
                Some("registry-override"),
            ),
        ] {
            let mut case = Case::new(None);
            judge_registry(value, &mut case);
            assert_eq!(case.codes().next(), code, "{value}");
        }
    }
}
