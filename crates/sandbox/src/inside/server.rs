//! The server's process before exec: puts every lock on itself, the system call filter last.

use std::os::fd::OwnedFd;

use interlock_sys::landlock::{Ruleset, net};
use interlock_sys::{privilege, seccomp, signals};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::setrlimit;
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::{At as _, Prepared};
use crate::plan::Locks;
use crate::spawn::stage::{Failure, Stage};

/// Replaces this process by the server; returns an exit code only when that failed.
pub(super) fn run(prepared: &Prepared<'_>) -> i32 {
    let failure = match lock(prepared) {
        Ok(()) if prepared.dry_run => return 0,
        Ok(()) => Failure::new(Stage::Exec, 0, prepared.plan.exec.run()),
        Err(failure) => failure,
    };
    failure.report(prepared.status());
    super::reaper::SETUP_FAILED
}

fn lock(prepared: &Prepared<'_>) -> Result<(), Failure> {
    let plan = prepared.plan;
    privilege::die_with_parent().at(Stage::Life)?;
    rustix::process::setsid().at(Stage::Session)?;
    let [stdin, stdout, stderr] = &prepared.stdio;
    rustix::stdio::dup2_stdin(stdin).at(Stage::Streams)?;
    rustix::stdio::dup2_stdout(stdout).at(Stage::Streams)?;
    rustix::stdio::dup2_stderr(stderr).at(Stage::Streams)?;
    for (item, (resource, limit)) in plan.locks.limits.iter().enumerate() {
        setrlimit(*resource, *limit).at_item(Stage::Limits, item)?;
    }
    rustix::thread::set_no_new_privs(true).at(Stage::Privileges)?;
    restrict_files(&plan.locks)?;
    rustix::process::chdir(plan.cwd.as_c_str()).at(Stage::WorkingDirectory)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    rustix::thread::set_capabilities(None, sets).at(Stage::Privileges)?;
    // The status pipe is needed until exec, so the rest closes with it.
    privilege::close_on_exec_from(3).at(Stage::Streams)?;
    signals::block_all(false).at(Stage::Signals)?;
    match &plan.locks.filter {
        None => Ok(()),
        Some(filter) => seccomp::install(filter).at(Stage::Seccomp),
    }
}

fn restrict_files(locks: &Locks) -> Result<(), Failure> {
    let Some(landlock) = &locks.landlock else {
        return Ok(());
    };
    let rules = Ruleset::new(&landlock.handled).at(Stage::Landlock)?;
    for (item, rule) in landlock.files.iter().enumerate() {
        let path: OwnedFd = openat(
            CWD,
            &rule.path,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .at_item(Stage::LandlockPath, item)?;
        use std::os::fd::AsFd as _;
        rules
            .allow_path(path.as_fd(), rule.allowed)
            .at_item(Stage::LandlockPath, item)?;
    }
    for port in &landlock.connect {
        rules
            .allow_port(*port, net::CONNECT_TCP)
            .at(Stage::Landlock)?;
    }
    rules.restrict_self().at(Stage::Landlock)
}
