//! What to try next where a package could not be had.

use std::error::Error;
use std::io;

use interlock_launch::{Ecosystem, PackageRef, Request, judge};
use interlock_supply::FetchError;
use interlock_supply::npm::{PickError, Unmet};

use crate::exit::Failure;
use crate::terminal::visible;

/// Adds the next step that an error about a package leads to, where there is one.
pub fn with_next(failure: Failure, error: &(dyn Error + 'static), package: &PackageRef) -> Failure {
    match next(error, package) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

fn next(error: &(dyn Error + 'static), package: &PackageRef) -> Option<String> {
    let chain = || {
        std::iter::successors(Some(error), |error| {
            let error: &(dyn Error + 'static) = *error;
            error.source()
        })
    };
    let about_disk = chain().filter_map(|error| error.downcast_ref::<io::Error>());
    if about_disk.map(io::Error::kind).any(|kind| {
        matches!(
            kind,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }) {
        return Some("interlock store gc, or make room where the store is".to_owned());
    }
    let fetching = || chain().filter_map(|error| error.downcast_ref::<FetchError>());
    if fetching().any(|error| matches!(error, FetchError::Transport(_))) {
        return Some(
            "look whether the registry can be reached; what is in the store is had with `--offline`"
                .to_owned(),
        );
    }
    if let Some(known) = likeness(package) {
        return Some(format!("check how the name is written: {known}"));
    }
    if fetching().any(|error| matches!(error, FetchError::NotFound)) {
        return Some("check how the name is written, and which registry is configured".to_owned());
    }
    let unmet = chain().filter_map(|error| error.downcast_ref::<Unmet>());
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
        let errors: [(Box<dyn Error>, &[&str], &str); 6] = [
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
        assert_eq!(
            next(&io::Error::other("x"), &package(&["npx", "-y", "x"])),
            None
        );
    }
}
