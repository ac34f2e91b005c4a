//! What to try next where a package could not be had.

use std::error::Error;
use std::io;

use interlock_launch::{Ecosystem, PackageRef, Request, judge};
use interlock_supply::fetched::SourceFetchError;
use interlock_supply::git::GitError;
use interlock_supply::npm::{self, PickError, Unmet};
use interlock_supply::oci::ImageError;
use interlock_supply::{FetchError, InstallError, StoreError, pypi};

use crate::exit::Failure;
use crate::terminal::visible;

/// Adds the next step that an error about a package leads to, where there is one.
pub fn with_next(failure: Failure, error: &(dyn Error + 'static), package: &PackageRef) -> Failure {
    match next(error, package) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

/// The same of an error about whatever else is fetched from `whom`, which is told where it, the disk or the store is the reason.
pub fn with_ground(failure: Failure, error: &(dyn Error + 'static), whom: &str) -> Failure {
    match ground(error, whom) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

/// An error and its causes.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &(dyn Error + 'static) = *error;
        error.source()
    })
}

/// Whether somebody could not be reached.
pub fn is_unreachable(error: &(dyn Error + 'static)) -> bool {
    let mut fetching = chain(error).filter_map(|error| error.downcast_ref::<FetchError>());
    fetching.any(|error| matches!(error, FetchError::Transport(_)))
}

/// What to do about the disk, the store or the network.
fn ground(error: &(dyn Error + 'static), whom: &str) -> Option<String> {
    let is = |kinds: &[io::ErrorKind]| {
        let mut about_disk = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
        about_disk.any(|error| kinds.contains(&error.kind()))
    };
    if is(&[io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded]) {
        return Some("interlock store gc, or make room where the store is".to_owned());
    }
    if is_unreachable(error) {
        return Some(format!(
            "look whether {whom} can be reached; what is in the store is had with `--offline`"
        ));
    }
    let denied = is(&[io::ErrorKind::PermissionDenied]) && chain(error).any(is_of_store);
    (denied || is(&[io::ErrorKind::ReadOnlyFilesystem])).then(|| {
        "let yourself write to the store, and try again; what is in it already is had with `--offline`"
            .to_owned()
    })
}

/// Whether an error is one of the store itself.
fn is_of_store(error: &(dyn Error + 'static)) -> bool {
    error.is::<StoreError>()
        || matches!(error.downcast_ref(), Some(npm::LockError::Store(_)))
        || matches!(error.downcast_ref(), Some(pypi::LockError::Store(_)))
        || matches!(error.downcast_ref(), Some(InstallError::Store(_)))
        || matches!(error.downcast_ref(), Some(GitError::Store(_)))
        || matches!(error.downcast_ref(), Some(SourceFetchError::Store(_)))
        || matches!(error.downcast_ref(), Some(ImageError::Store(_)))
}

fn next(error: &(dyn Error + 'static), package: &PackageRef) -> Option<String> {
    if let Some(next) = ground(error, "the registry") {
        return Some(next);
    }
    let fetching = || chain(error).filter_map(|error| error.downcast_ref::<FetchError>());
    if let Some(known) = likeness(package) {
        return Some(format!("check how the name is written: {known}"));
    }
    if fetching().any(|error| matches!(error, FetchError::NotFound)) {
        return Some("check how the name is written, and which registry is configured".to_owned());
    }
    let unmet = chain(error).filter_map(|error| error.downcast_ref::<Unmet>());
    let missing = unmet.into_iter().any(|unmet| {
        matches!(unmet, Unmet::Pick(why) if matches!(&**why, PickError::NoVersion(_) | PickError::NoTag(_)))
    });
    let name = visible(&package.name);
    missing.then(|| {
        format!("leave the version out for the newest of {name}, or name one that there is")
    })
}

/// What judging says of a name that reads like a better-known one.
fn likeness(package: &PackageRef) -> Option<String> {
    let name = &package.name;
    let request = match package.ecosystem {
        Ecosystem::Npm => Request::new("npx", ["-y".to_owned(), format!("{name}@1.0.0")]),
        Ecosystem::PyPi => Request::new("uvx", [format!("{name}==1.0")]),
        _ => return None,
    };
    let reasons = judge(&request).reasons;
    reasons
        .into_iter()
        .find(|reason| reason.code == "looks-like-popular-package")
        .map(|reason| reason.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use interlock_launch::Class;

    fn package(words: &[&str]) -> PackageRef {
        let (command, args) = words.split_first().unwrap();
        match judge(&Request::new(*command, args.iter().copied())).class {
            Class::Package(package) => package,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_next_step_fits_the_error() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
        let store = |kind| StoreError::Disk {
            what: "create",
            path: "/store/tmp".into(),
            source: io::Error::from(kind),
        };
        let errors: [(Box<dyn Error>, &[&str], &str); 9] = [
            (
                Box::new(store(io::ErrorKind::ReadOnlyFilesystem)),
                &["npx", "-y", "x"],
                "write to the store",
            ),
            (
                Box::new(npm::LockError::Store(store(
                    io::ErrorKind::PermissionDenied,
                ))),
                &["npx", "-y", "x"],
                "write to the store",
            ),
            (
                Box::new(pypi::LockError::Store(store(
                    io::ErrorKind::PermissionDenied,
                ))),
                &["uvx", "x"],
                "write to the store",
            ),
            (Box::new(full()), &["npx", "-y", "x"], "interlock store gc"),
            (
                Box::new(FetchError::Transport(Box::new(reset()))),
                &["npx", "-y", "x"],
                "--offline",
            ),
            (
                Box::new(FetchError::NotFound),
                &["npx", "-y", "x"],
                "which registry",
            ),
            (
                Box::new(FetchError::NotFound),
                &["npx", "-y", "@modelcontextprotocol/server-filesytem"],
                "`@modelcontextprotocol/server-filesystem`",
            ),
            (
                Box::new(io::Error::other("no release")),
                &["uvx", "mcp-server-timme"],
                "`mcp-server-time`",
            ),
            (
                Box::new(Unmet::Pick(PickError::NoVersion("9".into()).into())),
                &["npx", "-y", "x@9.0.0"],
                "leave the version out",
            ),
        ];
        for (error, words, expected) in errors {
            let found = next(error.as_ref(), &package(words)).unwrap_or_default();
            assert!(found.contains(expected), "{words:?}: {found}");
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        for nothing in [io::Error::other("x"), denied] {
            assert_eq!(next(&nothing, &package(&["npx", "-y", "x"])), None);
        }
    }
}
