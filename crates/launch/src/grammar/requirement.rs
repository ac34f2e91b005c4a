//! Python's requirements: names, extras and versions of the Python index. Repositories at known forges are in `forge`.

use super::forge;
use super::package::{LOCAL_PREFIXES, Spec, note_version, refuse_name, refuse_source};
use super::popular::note_popular;
use crate::judge::{Case, Ecosystem, rules};
use crate::text;

/// A Python requirement: `name`, `name[extra]`, `name==1.2`, uv's `name@1.2`, or `git+https://` at a known forge.
pub(crate) fn python(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let spec = spec.trim();
    if let Some((name, url)) = spec
        .split_once(" @ ")
        .or_else(|| spec.split_once('@').filter(|(_, v)| v.contains(':')))
    {
        return match split(name.trim()) {
            Some((name, extras, "")) => python_source(url.trim(), Some(name), extras, case),
            // `git+ssh://git@host/…` has an `@` that ends no name.
            _ => python_source(spec, None, Vec::new(), case),
        };
    }
    if spec.contains(':')
        || spec.contains('/')
        || LOCAL_PREFIXES.iter().any(|prefix| spec.starts_with(prefix))
    {
        return python_source(spec, None, Vec::new(), case);
    }
    if refuse_source(spec, case) {
        return None;
    }
    python_release(spec, case)
}

fn python_release(spec: &str, case: &mut Case<'_>) -> Option<Spec> {
    let Some((name, extras, version)) = split(spec) else {
        return refuse_name(spec, case);
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
    let bounds = version.is_empty() || version.starts_with(['=', '<', '>', '!', '~', '@']);
    if !plain || !bounds {
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
        extras,
        ..Spec::default()
    })
}

/// The name of a requirement, its extras, and what follows them. `None` where name or extras are no such words.
fn split(spec: &str) -> Option<(&str, Vec<String>, &str)> {
    let end = spec
        .find(['=', '<', '>', '!', '~', '@', '[', ' ', ';'])
        .unwrap_or(spec.len());
    let (name, rest) = spec.split_at_checked(end)?;
    let (extras, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let plain = extras
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b',' | b' '));
    let extras = extras.split(',').map(str::trim).filter(|e| !e.is_empty());
    (plain && is_python_name(name)).then(|| (name, extras.map(str::to_owned).collect(), rest))
}

fn is_release(version: &str) -> bool {
    let version = version.trim();
    version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains(['*', ',', '<', '>'])
}

pub(super) fn is_python_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// What is named by an address: a repository at a known forge is accepted, because many servers are published no other way; the
/// commit found at approval is kept. Anything else is refused.
fn python_source(
    spec: &str,
    name: Option<&str>,
    extras: Vec<String>,
    case: &mut Case<'_>,
) -> Option<Spec> {
    if forge::is_one(spec) {
        return forge::python(spec, name, extras, case);
    }
    if !refuse_source(spec, case) {
        case.note(
            rules::LOCAL_PACKAGE,
            format!(
                "`{}` is a local source; name a package of the registry",
                text::excerpt(spec)
            ),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::package::check;
    use super::*;

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
                "serena abc vcs-source",
            ),
            (
                "serena[a, b]@git+https://github.com/oraios/serena@abc",
                "serena abc vcs-source",
            ),
            (
                "serena[a @ git+https://github.com/oraios/serena@abc",
                "url-package",
            ),
            ("git+https://example.invalid/a/b", "git-package"),
            ("git+ssh://git@github.com/a/b", "git-package"),
            ("x @ https://h/x.whl", "url-package"),
            ("./pkg", "local-package"),
            ("pkg/sub", "local-package"),
            ("x.whl", "local-package"),
            ("mcp-server-gіt", "look-alike-characters"),
            ("a b", "bad-package-name"),
            ("A[", "bad-package-name"),
            ("a[b]c", "bad-package-name"),
            ("a[b;c]", "bad-package-name"),
            ("a==1;b", "bad-package-name"),
            ("", "bad-package-name"),
            ("mcp_server_fetch==1.0", "mcp_server_fetch ==1.0"),
            (
                "mcp-server-fetchh==1.0",
                "mcp-server-fetchh ==1.0 looks-like-popular-package",
            ),
        ] {
            check(python, input, expected);
        }
    }
}
