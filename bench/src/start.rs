//! From spawn to the first byte of a program, and to the end of an MCP handshake.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use interlock_sandbox::{Kernel, Profile, Stdio3};

use crate::Fallible;
use crate::client::{Session, reap};
use crate::home::Home;
use crate::report::{Group, Mark};

const FIRST: &str = "first byte, ms";
const INITIALISED: &str = "initialised, ms";

const PLAIN: &str = "plain";
const SANDBOX: &str = "our default profile";
const BWRAP: &str = "bubblewrap --unshare-all";
const RUN: &str = "interlock run";
const NPX: &str = "npx -y";

/// A static program that writes one byte, in several containers.
///
/// # Errors
/// When one of ours does not start.
pub fn static_program(byte: &Path, rounds: usize) -> Fallible<Group> {
    let mut group = Group::new("start: spawn to the first byte of a static program");
    let bwrap = Path::new("/usr/bin/bwrap").exists();
    for round in 0..rounds + 2 {
        let mut took = vec![(PLAIN, first_byte(&mut Command::new(byte))?)];
        took.push((SANDBOX, in_sandbox(byte)?));
        if bwrap {
            took.push((BWRAP, first_byte(&mut bubblewrap(byte))?));
        }
        // The first rounds fill caches.
        for (name, took) in took.into_iter().filter(|_| round >= 2) {
            group.series(name).push(FIRST, took.as_secs_f64() * 1e3);
        }
    }
    let profile = group.find(SANDBOX).and_then(|series| series.median(FIRST));
    group.marks = vec![Mark::at_most(
        "the full default profile, ms",
        profile.unwrap_or(f64::NAN),
        1.5,
    )];
    Ok(group)
}

fn in_sandbox(program: &Path) -> Fallible<Duration> {
    let begin = Instant::now();
    let plan = Profile::new(program).plan(&Kernel::assume())?;
    let confined = plan.spawn(Stdio3::default())?;
    let stdout: &OwnedFd = confined.stdout.as_ref().ok_or("no stdout")?;
    let mut byte = [0];
    File::from(stdout.try_clone()?).read_exact(&mut byte)?;
    let took = begin.elapsed();
    drop(confined);
    Ok(took)
}

fn bubblewrap(program: &Path) -> Command {
    let mut command = Command::new("/usr/bin/bwrap");
    command.args(["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"]);
    command
        .args(["--dev", "/dev", "--proc", "/proc"])
        .arg(program);
    command
}

fn first_byte(command: &mut Command) -> Fallible<Duration> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let mut child = command.spawn()?;
    let mut byte = [0];
    let stdout = child.stdout.as_mut().ok_or("no stdout")?;
    stdout
        .read_exact(&mut byte)
        .map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let took = begin.elapsed();
    drop((child.stdin.take(), child.stdout.take()));
    reap(&mut child);
    Ok(took)
}

/// A command that speaks MCP, alone and behind `interlock run NAME`, from spawn to the answered handshake.
///
/// # Errors
/// When one of them does not answer.
pub fn handshake(
    title: &str,
    alone: &[&str],
    home: &Home,
    name: &str,
    rounds: usize,
) -> Fallible<Group> {
    let mut group = Group::new(title);
    let label = if alone.first() == Some(&"npx") {
        NPX
    } else {
        PLAIN
    };
    for round in 0..=rounds {
        let mut plain = Command::new(alone.first().copied().unwrap_or_default());
        plain.args(alone.get(1..).unwrap_or_default());
        for (subject, mut command) in [(label, plain), (RUN, home.command(&["run", name]))] {
            let begin = Instant::now();
            let session =
                Session::open(&mut command).map_err(|error| format!("{subject}: {error}"))?;
            let took = begin.elapsed();
            session.close();
            if round > 0 {
                group
                    .series(subject)
                    .push(INITIALISED, took.as_secs_f64() * 1e3);
            }
        }
    }
    let pair = group.find(RUN).zip(group.find(label));
    group.marks = if label == NPX {
        let ratio = pair.and_then(|(ours, theirs)| ours.ratio(theirs, INITIALISED));
        vec![Mark::at_most(
            "ratio to npx",
            ratio.unwrap_or(f64::NAN),
            1.0,
        )]
    } else {
        let added = pair.and_then(|(ours, theirs)| ours.added(theirs, INITIALISED));
        vec![Mark::at_most(
            "`interlock run` over the server alone, ms",
            added.unwrap_or(f64::NAN),
            5.0,
        )]
    };
    Ok(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_waited_for() {
        let mut slow = Command::new("sh");
        slow.args(["-c", "read nothing; printf x"]);
        // Its input ends only after the byte, so what writes nothing before is told and does not hang.
        let mut silent = Command::new("true");
        assert!(first_byte(&mut silent).is_err());
        let mut quick = Command::new("printf");
        quick.arg("x");
        assert!(first_byte(&mut quick).unwrap() > Duration::ZERO);
    }
}
