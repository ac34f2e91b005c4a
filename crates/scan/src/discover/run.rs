//! The whole search: which files there are, then reading them on a few threads.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::file::{ConfigFile, Unreadable, read_place};
use super::limits::{Limits, Progress};
use super::machine::{Home, Machine};
use super::paths::{in_home, in_project, in_system};
use super::walk::{Seen, Walk};
use crate::clients::{CLIENTS, Client, Place};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The files, sorted by path.
    pub files: Vec<ConfigFile>,
    /// Directories that were not looked into, and why.
    pub skipped: Vec<Skipped>,
}

/// A directory that was not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The directory.
    pub path: PathBuf,
    /// Why.
    pub reason: Unreadable,
}

/// Stack of a thread that reads: trees are bounded in depth, and read by recursion.
const STACK: usize = 8 << 20;

/// Looks through `machine` for files of clients and reads them. `progress` is called now and then from the caller's thread.
pub fn discover(
    machine: &Machine,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress),
) -> Discovery {
    let mut search = Search {
        machine,
        limits,
        found: HashMap::new(),
        order: Vec::new(),
        skipped: Vec::new(),
        climbed: HashSet::new(),
    };
    search.system();
    for home in &machine.homes {
        search.home(home);
    }
    for project in &machine.projects {
        search.project(project);
    }
    let Search {
        mut order, skipped, ..
    } = search;
    order.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files = read_all(&order, limits.threads, progress);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Discovery { files, skipped }
}

/// A file that is there, and whose it is.
struct Candidate {
    path: PathBuf,
    client: &'static Client,
    place: &'static Place,
    also: Vec<&'static Client>,
    user: Option<String>,
}

struct Search<'m> {
    machine: &'m Machine,
    limits: &'m Limits,
    found: HashMap<PathBuf, usize>,
    order: Vec<Candidate>,
    skipped: Vec<Skipped>,
    /// Directories above projects that were looked into: many projects have the same ones above them.
    climbed: HashSet<PathBuf>,
}

/// Every place of every client on the machine's system.
fn places(machine: &Machine) -> impl Iterator<Item = (&'static Client, &'static Place)> + use<> {
    let os = machine.os;
    CLIENTS
        .iter()
        .flat_map(|client| client.places.iter().map(move |place| (client, place)))
        .filter(move |(_, place)| place.os.contains(&os))
}

impl Search<'_> {
    fn system(&mut self) {
        let Some(root) = &self.machine.root else {
            return;
        };
        let mut walk = self.walk();
        for (client, place) in places(self.machine) {
            if let Some(pattern) = in_system(place, root) {
                let seen = walk.pattern(&pattern.base, &pattern.rest);
                self.add(seen, client, place, None);
            }
        }
        self.skipped.append(&mut walk.skipped);
    }

    fn home(&mut self, home: &Home) {
        let mut walk = self.walk();
        if let Err(reason) = walk.can_enter(&home.path) {
            self.skipped.push(Skipped {
                path: home.path.clone(),
                reason,
            });
            return;
        }
        for (client, place) in places(self.machine) {
            for pattern in in_home(place, home, self.machine.os) {
                let seen = walk.pattern(&pattern.base, &pattern.rest);
                self.add(seen, client, place, home.user.as_deref());
            }
        }
        self.skipped.append(&mut walk.skipped);
    }

    fn project(&mut self, project: &Path) {
        let mut walk = self.walk();
        if let Err(reason) = walk.can_enter(project) {
            self.skipped.push(Skipped {
                path: project.to_owned(),
                reason,
            });
            return;
        }
        let within: Vec<_> = places(self.machine)
            .filter_map(|(client, place)| {
                let (rest, above) = in_project(place)?;
                Some((client, place, rest, above))
            })
            .collect();
        let patterns: Vec<&[&'static str]> =
            within.iter().map(|(_, _, rest, _)| &rest[..]).collect();
        for (at, seen) in walk.tree(project, &patterns) {
            if let Some((client, place, ..)) = within.get(at) {
                self.add(vec![seen], client, place, None);
            }
        }
        for above in project.ancestors().skip(1) {
            if !self.climbed.insert(above.to_owned()) {
                break;
            }
            for (client, place, rest, _) in within.iter().filter(|(.., above)| *above) {
                let seen = walk.within(above, rest);
                self.add(seen, client, place, None);
            }
        }
        self.skipped.append(&mut walk.skipped);
    }

    fn walk(&self) -> Walk {
        Walk::new(self.machine.os, self.limits)
    }

    fn add(
        &mut self,
        seen: Vec<Seen>,
        client: &'static Client,
        place: &'static Place,
        user: Option<&str>,
    ) {
        for Seen(path) in seen {
            if let Some(known) = self.found.get(&path).and_then(|at| self.order.get_mut(*at)) {
                let other = known.client.id != client.id;
                if other && known.also.iter().all(|also| also.id != client.id) {
                    known.also.push(client);
                }
                continue;
            }
            if self.order.len() >= self.limits.files {
                self.full(&path);
                return;
            }
            self.found.insert(path.clone(), self.order.len());
            self.order.push(Candidate {
                path,
                client,
                place,
                also: Vec::new(),
                user: user.map(str::to_owned),
            });
        }
    }

    /// Says once that there is more.
    fn full(&mut self, path: &Path) {
        if !self
            .skipped
            .iter()
            .any(|skipped| skipped.reason == Unreadable::TooMany)
        {
            self.skipped.push(Skipped {
                path: path.to_owned(),
                reason: Unreadable::TooMany,
            });
        }
    }
}

/// Reads one file. None for what only has the name of a client's file.
fn read_one(candidate: &Candidate) -> Option<ConfigFile> {
    let mut file = read_place(candidate.client, candidate.place, &candidate.path);
    file.also.clone_from(&candidate.also);
    file.user.clone_from(&candidate.user);
    (!file.is_of_others()).then_some(file)
}

/// Reads every candidate. The caller's thread reads too, and tells of progress.
fn read_all(
    candidates: &[Candidate],
    threads: usize,
    progress: &mut dyn FnMut(Progress),
) -> Vec<ConfigFile> {
    let next = AtomicUsize::new(0);
    let work = || {
        candidates
            .get(next.fetch_add(1, Ordering::Relaxed))
            .map(read_one)
    };
    let helpers = threads.saturating_sub(1).min(candidates.len() / 64);
    thread::scope(|scope| {
        let running: Vec<_> = (0..helpers)
            .filter_map(|_| {
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, || {
                        std::iter::from_fn(work).flatten().collect::<Vec<_>>()
                    })
                    .ok()
            })
            .collect();
        let mut files = Vec::new();
        while let Some(file) = work() {
            files.extend(file);
            progress(Progress {
                found: candidates.len(),
                read: next.load(Ordering::Relaxed).min(candidates.len()),
            });
        }
        for helper in running {
            // A thread that failed took files with it that nobody would miss.
            let read = helper.join();
            files.extend(read.unwrap_or_else(|cause| std::panic::resume_unwind(cause)));
        }
        files
    })
}
