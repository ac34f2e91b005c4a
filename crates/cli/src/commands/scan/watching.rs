//! `--watch`: the kernel says when a directory changes in which a client's file is or could be; the files are judged again and what is new
//! is told at once. Nothing is looked at in between.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use interlock_scan::report::Report;
use interlock_scan::watched;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

use super::{Look, Scanned, Scanner};
use crate::Outcome;
use crate::exit::{Exit, Failure};
use crate::options::ReportFormat;
use crate::terminal::complain;

/// How long nothing may change before it is looked at.
const SETTLE: Duration = Duration::from_millis(50);

/// How often a burst of changes is given that time; programs that never stop writing do not keep us from looking.
const ROUNDS: usize = 10;

/// Most changes that are taken off the list at once; there may be new ones as fast as they are taken.
const MOST_CHANGES: usize = 100_000;

const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Watches until nobody reads the output any more, or the program is stopped.
///
/// # Errors
/// When the kernel does not let directories be watched.
pub(super) fn run(scanner: &Scanner<'_>, look: &Look, first: &Report) -> Outcome {
    let failed = |errno: Errno| {
        Failure::new(Exit::Internal, "changes cannot be watched")
            .because(&std::io::Error::from(errno))
    };
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(failed)?;
    let mut known = fingerprints(first);
    let mut directories = BTreeSet::new();
    let mut last: Option<Look> = None;
    add(scanner, look, &watch, &mut directories);
    if !scanner.global.quiet {
        complain(&format!("watching {} directories", directories.len()));
    }
    loop {
        wait(&watch, None).map_err(failed)?;
        settle(&watch).map_err(failed)?;
        // Directories that are new are watched before they are looked into: what comes into them meanwhile is not missed.
        add(
            scanner,
            last.as_ref().unwrap_or(look),
            &watch,
            &mut directories,
        );
        let Scanned {
            look: seen,
            mut report,
        } = scanner.scan();
        add(scanner, &seen, &watch, &mut directories);
        last = Some(seen);
        let now = fingerprints(&report);
        report
            .findings
            .retain(|one| !known.contains(&one.fingerprint));
        let gone = known.difference(&now).count();
        known = now;
        tell(scanner, &report, gone);
    }
}

fn tell(scanner: &Scanner<'_>, report: &Report, gone: usize) {
    if !report.findings.is_empty() {
        scanner.tell(report);
    } else if gone > 0 && scanner.options.format == ReportFormat::Human && !scanner.global.quiet {
        complain(&format!("{gone} findings are gone"));
    }
}

fn fingerprints(report: &Report) -> BTreeSet<String> {
    report
        .findings
        .iter()
        .map(|one| one.fingerprint.clone())
        .collect()
}

/// Watches directories: those of the table, and those of every file that was found.
fn add(scanner: &Scanner<'_>, look: &Look, watch: &OwnedFd, known: &mut BTreeSet<PathBuf>) {
    let of_files = look.files.iter().filter_map(|file| file.path.parent());
    let mut machine = scanner.looked.machine.clone();
    machine.projects.extend(look.projects.iter().cloned());
    let wanted = watched(&machine).into_iter();
    let wanted = wanted.chain(of_files.map(PathBuf::from));
    let wanted: BTreeSet<PathBuf> = wanted.collect();
    for directory in wanted {
        keep(watch, directory, known);
    }
}

/// Watches what is at a path now. A path that is known may lead to another directory than before; the kernel knows those that it watches.
fn keep(watch: &OwnedFd, directory: PathBuf, known: &mut BTreeSet<PathBuf>) {
    let flags = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::DELETE
        | WatchFlags::ATTRIB
        | WatchFlags::ONLYDIR;
    if inotify::add_watch(watch, &directory, flags).is_ok() {
        known.insert(directory);
    } else {
        known.remove(&directory);
    }
}

/// Waits until nothing changes for a moment, within bounds.
fn settle(watch: &OwnedFd) -> Result<(), Errno> {
    for _ in 0..ROUNDS {
        std::thread::sleep(SETTLE);
        if !wait(watch, Some(&AT_ONCE))? {
            break;
        }
    }
    Ok(())
}

/// Waits for changes and takes them off the list. False when the time was up first.
fn wait(watch: &OwnedFd, most: Option<&Timespec>) -> Result<bool, Errno> {
    let mut polled = [PollFd::new(watch, PollFlags::IN)];
    loop {
        match poll(&mut polled, most) {
            Ok(0) => return Ok(false),
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    let mut buffer = [MaybeUninit::uninit(); 16 << 10];
    let mut reader = inotify::Reader::new(watch, &mut buffer);
    for _ in 0..MOST_CHANGES {
        match reader.next() {
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> OwnedFd {
        inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap()
    }

    #[test]
    fn a_directory_that_was_made_again_is_watched_again() {
        let there = tempfile::tempdir().unwrap();
        let directory = there.path().join("a");
        let (watch, mut known) = (watch(), BTreeSet::new());
        std::fs::create_dir(&directory).unwrap();
        keep(&watch, directory.clone(), &mut known);
        std::fs::remove_dir(&directory).unwrap();
        keep(&watch, directory.clone(), &mut known);
        assert!(known.is_empty());
        std::fs::create_dir(&directory).unwrap();
        keep(&watch, directory.clone(), &mut known);
        while wait(&watch, Some(&AT_ONCE)).unwrap() {}
        std::fs::write(directory.join("x"), "").unwrap();
        assert!(wait(&watch, Some(&AT_ONCE)).unwrap());
    }

    #[test]
    fn changes_without_an_end_are_looked_at_all_the_same() {
        let there = tempfile::tempdir().unwrap();
        let (watch, mut known) = (watch(), BTreeSet::new());
        keep(&watch, there.path().to_owned(), &mut known);
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    std::fs::write(there.path().join("x"), "").unwrap();
                }
            });
            let settled = settle(&watch);
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            settled.unwrap();
        });
    }
}
