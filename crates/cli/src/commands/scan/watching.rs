//! `--watch`: the kernel says when a directory changes in which a client's file is or could be; the files are judged again and what is new
//! is told at once. Nothing is looked at in between.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

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

/// How long a burst of changes may go on before it is looked at.
const SETTLE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
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
    add(scanner, look, &watch, &mut directories);
    if !scanner.global.quiet {
        complain(&format!("watching {} directories", directories.len()));
    }
    loop {
        wait(&watch, None).map_err(failed)?;
        while wait(&watch, Some(&SETTLE)).map_err(failed)? {}
        let Scanned { look, mut report } = scanner.scan();
        add(scanner, &look, &watch, &mut directories);
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

/// Watches directories that are not watched yet: those of the table, and those of every file that was found.
fn add(scanner: &Scanner<'_>, look: &Look, watch: &OwnedFd, known: &mut BTreeSet<PathBuf>) {
    let flags = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::DELETE
        | WatchFlags::ATTRIB
        | WatchFlags::ONLYDIR;
    let of_files = look.files.iter().filter_map(|file| file.path.parent());
    let mut machine = scanner.looked.machine.clone();
    machine.projects.extend(look.projects.iter().cloned());
    let wanted = watched(&machine).into_iter();
    let wanted = wanted.chain(of_files.map(PathBuf::from));
    for directory in wanted {
        if !known.contains(&directory) && inotify::add_watch(watch, &directory, flags).is_ok() {
            known.insert(directory);
        }
    }
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
    loop {
        match reader.next() {
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(true),
            Err(errno) => return Err(errno),
        }
    }
}
