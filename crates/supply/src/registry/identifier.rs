//! Names of packages: nothing but a name that the registry could have, so that no other word stands in its place.

use interlock_launch::{Class, excerpt, image_repository};

use super::{Notes, rules};
use crate::{npm::PackageName, pypi};

/// Judges an identifier by itself. A bundle's is an address, which is judged as one.
pub(super) fn judge_identifier(registry: &str, identifier: &str, notes: &mut Notes) {
    let sound = match registry {
        "npm" => is_npm(identifier),
        "pypi" => pypi::Name::new(identifier).is_ok(),
        "oci" => is_image(identifier),
        "nuget" => is_nuget(identifier),
        _ => true,
    };
    if !sound {
        let text = format!(
            "`{}` is no name of a package of {registry}",
            excerpt(identifier)
        );
        notes.note(rules::BAD_IDENTIFIER, text);
    }
}

/// Whether a text could be a name that npm takes today.
pub(super) fn is_npm(name: &str) -> bool {
    PackageName::new(name).is_ok() && !name.starts_with(['_', '-'])
}

fn is_nuget(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=100).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_image(name: &str) -> bool {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let tag = name.get(last..).and_then(|part| part.find(':'));
    let repository = tag.and_then(|tag| name.get(..last + tag)).unwrap_or(name);
    image_repository(repository).is_some()
}

/// What a client would start is the package that the entry names, alone.
pub(super) fn judge_started(registry: &str, identifier: &str, class: &Class, notes: &mut Notes) {
    let Class::Package(started) = class else {
        return;
    };
    let same = match registry {
        "npm" => started.name == identifier,
        "pypi" => match (pypi::Name::new(&started.name), pypi::Name::new(identifier)) {
            (Ok(started), Ok(named)) => started == named,
            _ => false,
        },
        _ => started.name.eq_ignore_ascii_case(identifier),
    };
    if !same {
        let text = format!(
            "its arguments start `{}`, not `{}`",
            excerpt(&started.name),
            excerpt(identifier)
        );
        notes.note(rules::RUNTIME_MISMATCH, text);
    }
    for other in &started.with {
        let text = format!("its arguments put `{}` beside it", excerpt(other));
        notes.note(rules::EXTRA_PACKAGE, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for (registry, identifier, expected) in [
            ("npm", "@user/x", true),
            ("npm", "_x", false),
            ("npm", "-x", false),
            ("npm", "node_modules", false),
            ("npm", "@user/x@1.0.0", false),
            ("npm", "https://registry.npmjs.org/x", false),
            ("pypi", "User.X_y", true),
            ("pypi", "x-", false),
            ("pypi", "x y", false),
            ("pypi", "x@y", false),
            ("pypi", "git+https://github.com/a/b", false),
            ("oci", "docker.io/user/x:1.0", true),
            ("oci", "localhost:5000/x", true),
            ("oci", "ghcr.io/user/x:1.0@sha256:00", true),
            ("oci", "ghcr.io/user/../x:1.0", false),
            ("oci", "https://ghcr.io/user/x", false),
            ("oci", "--privileged", false),
            ("nuget", "User.X", true),
            ("nuget", "../X", false),
            ("mcpb", "https://github.com/a/b", true),
        ] {
            let mut notes = Notes::default();
            judge_identifier(registry, identifier, &mut notes);
            assert_eq!(
                notes.codes().is_empty(),
                expected,
                "{registry} {identifier}"
            );
        }
    }
}
