//! Directories in which a file of a client could appear or change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::machine::Machine;
use super::paths::{in_home, in_project, in_system};
use crate::clients::CLIENTS;

/// Directories to watch so that no file of a client changes unseen: of each place the directory of its file, or the nearest one above that
/// is there. Places with `*` are watched where the stars begin.
#[must_use]
pub fn watched(machine: &Machine) -> BTreeSet<PathBuf> {
    let mut directories = BTreeSet::new();
    let mut add = |base: PathBuf, starred: bool| {
        let directory = if starred {
            Some(base.as_path())
        } else {
            base.parent()
        };
        directories.extend(directory.and_then(nearest));
    };
    for place in CLIENTS.iter().flat_map(|client| client.places) {
        if !place.os.contains(&machine.os) {
            continue;
        }
        for home in &machine.homes {
            for pattern in in_home(place, home, machine.os) {
                add(pattern.base, !pattern.rest.is_empty());
            }
        }
        if let Some(pattern) = machine
            .root
            .as_ref()
            .and_then(|root| in_system(place, root))
        {
            add(pattern.base, !pattern.rest.is_empty());
        }
        for project in &machine.projects {
            if let Some((rest, _)) = in_project(place) {
                let plain = rest.iter().take_while(|part| !part.contains('*'));
                let plain: PathBuf = plain.collect();
                let starred = plain.components().count() < rest.len();
                add(project.join(plain), starred);
            }
        }
    }
    directories
}

/// The directory, or the nearest one above it that is there.
fn nearest(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .find(|above| above.is_dir())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Os;

    #[test]
    fn what_is_not_there_yet_is_watched_from_above() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".cursor")).unwrap();
        let machine = Machine::home_only(home.path().to_owned(), Os::Linux);
        let watched = watched(&machine);
        assert!(watched.contains(home.path()));
        assert!(watched.contains(&home.path().join(".cursor")));
        assert!(watched.iter().all(|directory| directory.is_dir()));
    }
}
