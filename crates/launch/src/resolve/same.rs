//! Whether what was locked is what is asked for: its name, and the version as far as the request fixes one.

use super::content::LockedPackage;
use super::error::ResolveError;
use crate::judge::{Ecosystem, PackageRef};

pub(super) fn described(package: &PackageRef) -> String {
    let spec = package.spec.as_ref().map(|spec| format!("@{spec}"));
    format!("{}{}", package.name, spec.unwrap_or_default())
        .escape_debug()
        .to_string()
}

/// A locked package must be the one that the request names, and its version the one that the request fixes.
pub(super) fn check_same(package: &PackageRef, locked: &LockedPackage) -> Result<(), ResolveError> {
    let spec = package.spec.as_deref();
    let from_repository = package.repository().is_some();
    let same = match package.ecosystem {
        // The version of such a tree ends in its commit.
        _ if from_repository => {
            let commit = package.commit();
            package.name == locked.name
                && commit.is_none_or(|commit| locked.version.ends_with(commit))
        }
        Ecosystem::PyPi => {
            python_name(&package.name) == locked.name
                && spec.is_none_or(|spec| may_be_release(spec, &locked.version))
        }
        _ => {
            let exact = spec.map(|spec| spec.trim_start_matches('='));
            let exact = exact.filter(|spec| is_exact(spec));
            package.name == locked.name && exact.is_none_or(|exact| exact == locked.version)
        }
    };
    let ecosystem = match from_repository {
        true => Ecosystem::Git,
        false => package.ecosystem,
    };
    if same && ecosystem.as_str() == locked.ecosystem {
        return Ok(());
    }
    Err(ResolveError::OtherPackage {
        locked: format!("{}@{}", locked.name, locked.version),
        asked: described(package),
    })
}

/// The one form of a Python package's name (PEP 503).
fn python_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let parts = lower.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// Whether `version` can be the release that `spec` fixes, where it fixes one: `==1.2` and uv's `@1.2`. Of versions that
/// are more than numbers nothing is said here; the store compared them when the package was locked.
fn may_be_release(spec: &str, version: &str) -> bool {
    let exact = spec.strip_prefix("==").or_else(|| spec.strip_prefix('@'));
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let mut all = text
            .trim()
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u64>>>()?;
        while all.last() == Some(&0) {
            all.pop();
        }
        Some(all)
    };
    match (exact.and_then(numbers), numbers(version)) {
        (Some(asked), Some(found)) => asked == found,
        _ => true,
    }
}

/// `1.2.3` and `1.2.3-beta.1`, but no range and no tag.
fn is_exact(spec: &str) -> bool {
    let numbers = spec.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.split('.');
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    parts.clone().count() == 3 && parts.all(numeric) && !spec.contains(' ')
}
