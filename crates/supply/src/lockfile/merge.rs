//! Two that change one lock at the same time: what each changed is kept, unless both changed the same server.

use super::{FILE_NAME, LoadError, Lockfile, SaveError, load, save};
use interlock_launch::ServerName;
use std::{collections::BTreeSet, fs::File, io, path::Path};

/// Why a change did not get into a lock.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// What is there now is no lock.
    #[error("what is in its place now cannot be read")]
    Load(#[source] LoadError),
    /// Another changed the same server meanwhile.
    #[error("another changed `{0}` in `{FILE_NAME}` meanwhile: look at it and try again")]
    Conflict(ServerName),
    /// The file cannot be replaced.
    #[error("the file cannot be replaced")]
    Save(#[source] SaveError),
}

/// Writes what a command made of a lock, `after`, that was `before` when it began. Others wait meanwhile, and what they changed
/// since is kept.
///
/// # Errors
/// When the file changed in a way that cannot be kept, or cannot be written; it is as it was then.
pub fn update(path: &Path, before: &Lockfile, after: &Lockfile) -> Result<(), UpdateError> {
    // What a link leads to is what is replaced, whatever the link is called.
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    // The file is replaced at each change, so its directory is what is waited for. A file system without such locks has the
    // comparison left.
    let directory = File::open(path.parent().unwrap_or(Path::new("/")));
    let _held = directory.and_then(|directory| directory.lock().map(|()| directory));
    let now = match load(path) {
        Ok(now) => now,
        Err(LoadError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Lockfile::default()
        }
        Err(error) => return Err(UpdateError::Load(error)),
    };
    let merged = merged(before, after, now).map_err(UpdateError::Conflict)?;
    save(path, &merged).map_err(UpdateError::Save)
}

/// What is there `now` with the difference between `before` and `after`; the name of a server that both changed otherwise.
fn merged(before: &Lockfile, after: &Lockfile, now: Lockfile) -> Result<Lockfile, ServerName> {
    let mut merged = now;
    let names: BTreeSet<&ServerName> = before.server.keys().chain(after.server.keys()).collect();
    for name in names {
        let (was, wanted) = (before.server.get(name), after.server.get(name));
        let there = merged.server.get(name);
        if was == wanted || there == wanted {
            continue;
        }
        if there != was {
            return Err(name.clone());
        }
        match wanted {
            Some(server) => merged.server.insert(name.clone(), server.clone()),
            None => merged.server.remove(name),
        };
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockfile::{ProposedGrants, Server};

    /// `a=1 b=2`: servers by name, each of one program.
    fn lock(text: &str) -> Lockfile {
        let mut lock = Lockfile::default();
        for (name, source) in text.split_whitespace().filter_map(|it| it.split_once('=')) {
            let source = format!("npm:{source}").parse().unwrap();
            let server = Server::declared(source, Vec::new(), ProposedGrants::default());
            lock.server.insert(name.parse().unwrap(), server);
        }
        lock
    }

    #[test]
    fn changes_of_two() {
        for (before, after, now, expected) in [
            ("", "a=x", "", Some("a=x")),
            ("", "a=x", "b=y", Some("a=x b=y")),
            ("a=x", "a=y", "a=x b=z", Some("a=y b=z")),
            ("a=x b=y", "a=x", "a=z b=y", Some("a=z")),
            ("a=x", "a=x", "", Some("")),
            ("", "a=x", "a=x", Some("a=x")),
            ("", "a=x", "a=y", None),
            ("a=x", "a=y", "a=z", None),
            ("a=x", "a=y", "", None),
            ("a=x", "", "a=z", None),
        ] {
            let found = merged(&lock(before), &lock(after), lock(now));
            let expected = expected.map(lock).ok_or_else(|| "a".parse().unwrap());
            assert_eq!(found, expected, "{before} | {after} | {now}");
        }
    }

    #[test]
    fn nothing_is_lost_between_many() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let after = lock(&format!("s{number}=x"));
                    update(path, &Lockfile::default(), &after).unwrap();
                });
            }
        });
        assert_eq!(load(&path).unwrap().server.len(), 8);
        std::fs::write(&path, "no lock").unwrap();
        let after = lock("a=x");
        let error = update(&path, &Lockfile::default(), &after).unwrap_err();
        assert!(matches!(error, UpdateError::Load(_)), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"no lock");
    }
}
