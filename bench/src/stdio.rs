//! Echo servers on standard streams: ours and other people's, beside the bare loop that stands for the pipe's limit.
//!
//! The server has one core and the generator the other. Each round measures every subject once, in turn.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Fallible;
use crate::client::Session;
use crate::figures::Series;
use crate::message::{Call, Era};
use crate::peers::{Server, installed_servers};
use crate::report::{Group, Mark};

const P50: &str = "p50 µs";
const P99: &str = "p99 µs";
const CPU: &str = "CPU µs a call";
const CALLS: &str = "calls/s";
const RESIDENT: &str = "RSS MiB";
const FIRST: &str = "first answer, ms";

const BARE: &str = "bare loop";
const OURS: &str = "interlock-sdk";
const RMCP: &str = "rmcp 3.9";

/// One kind of work.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, for the filter.
    pub name: &'static str,
    size: usize,
    depth: usize,
    count: usize,
    era: Era,
}

/// What is measured.
pub const CASES: [Case; 7] = [
    case("stdio-16B", 16, 1, 20_000, Era::Legacy),
    case("stdio-16B-64deep", 16, 64, 200_000, Era::Legacy),
    case("stdio-64KiB", 64 << 10, 1, 1_000, Era::Legacy),
    case("stdio-64KiB-64deep", 64 << 10, 64, 2_000, Era::Legacy),
    case("stdio-1MiB", 1 << 20, 1, 100, Era::Legacy),
    case("stdio-modern-16B", 16, 1, 20_000, Era::Modern),
    case("stdio-modern-16B-64deep", 16, 64, 200_000, Era::Modern),
];

/// The name of [`start`], for the filter.
pub const START: &str = "stdio-start";

const fn case(name: &'static str, size: usize, depth: usize, count: usize, era: Era) -> Case {
    Case {
        name,
        size,
        depth,
        count,
        era,
    }
}

/// What is measured side by side.
#[derive(Debug)]
pub struct Subjects {
    bare: PathBuf,
    ours: PathBuf,
    peers: Vec<Server>,
}

impl Subjects {
    /// The bare loop, our echo server, and the peers that are or can be installed in a directory from `sources`.
    #[must_use]
    pub fn new(bare: &Path, ours: &Path, peers: Option<(&Path, &Path)>) -> Self {
        Self {
            bare: bare.to_owned(),
            ours: ours.to_owned(),
            peers: peers.map_or_else(Vec::new, |(directory, sources)| {
                installed_servers(directory, sources)
            }),
        }
    }
}

/// Measures one case over some rounds.
///
/// # Errors
/// When the bare loop or ours fails. A peer that fails is left out and told.
pub fn measure(case: &Case, subjects: &Subjects, rounds: usize) -> Fallible<Group> {
    let depth = match case.depth {
        1 => "one after the other".to_owned(),
        many => format!("{many} in flight"),
    };
    let revision = case.era.revision();
    let title = format!("{}: {} B, {depth}, {revision}", case.name, case.size);
    let mut group = Group::new(title);
    for _ in 0..rounds {
        for (name, program) in [(BARE, &subjects.bare), (OURS, &subjects.ours)] {
            one(
                case,
                &mut Command::new(program),
                case.count,
                group.series(name),
            )
            .map_err(|error| format!("{name}: {error}"))?;
        }
        for peer in subjects.peers.iter().filter(|peer| peer.speaks(case.era)) {
            let count = (case.count / peer.slower).max(case.depth * 2).max(20);
            let series = group.series(peer.name);
            if let Err(error) = one(case, &mut peer.command(), count, series) {
                eprintln!("{}: {} failed: {error}", case.name, peer.name);
            }
        }
    }
    group.marks = marks(case, &group);
    Ok(group)
}

fn one(case: &Case, command: &mut Command, count: usize, series: &mut Series) -> Fallible<()> {
    let call = Call::of(case.era, "echo", case.size);
    let mut session = Session::open_in(command, case.era)?;
    session.verify(&call)?;
    let mut run = |count| match case.depth {
        1 => session.sequential(&call, count),
        depth => session.pipelined(&call, count, depth),
    };
    run(count / 5 + 5)?;
    let cost = run(count)?;
    series.push(P50, cost.p50);
    series.push(P99, cost.p99);
    series.push(CPU, cost.cpu);
    series.push(CALLS, cost.calls);
    series.push(RESIDENT, session.tree().root_resident_kib() as f64 / 1024.0);
    session.close();
    Ok(())
}

fn marks(case: &Case, group: &Group) -> Vec<Mark> {
    let Some((bare, ours)) = group.find(BARE).zip(group.find(OURS)) else {
        return Vec::new();
    };
    let ratio = |figure| ours.ratio(bare, figure).unwrap_or(f64::NAN);
    if case.depth > 1 {
        let mut marks = vec![Mark::at_least(
            "calls/s to the bare loop's",
            ratio(CALLS),
            0.5,
        )];
        if let Some(rmcp) = group.find(RMCP).filter(|_| case.size == 16) {
            let ratio = ours.ratio(rmcp, CALLS).unwrap_or(f64::NAN);
            marks.push(Mark::at_least("calls/s to rmcp's", ratio, 8.0));
        }
        return marks;
    }
    let most = if case.size > 1_024 { 1.3 } else { 1.25 };
    vec![Mark::at_most(
        "CPU a call to the bare loop's",
        ratio(CPU),
        most,
    )]
}

/// From spawn to the answer of a server that was asked at once.
///
/// # Errors
/// As [`measure`].
pub fn start(subjects: &Subjects, rounds: usize) -> Fallible<Group> {
    let mut group = Group::new("stdio-start: spawn to the first answer");
    for round in 0..=rounds {
        for (name, program) in [(BARE, &subjects.bare), (OURS, &subjects.ours)] {
            let took = first_answer(&mut Command::new(program))
                .map_err(|error| format!("{name}: {error}"))?;
            if round > 0 {
                group.series(name).push(FIRST, took);
            }
        }
        // A script's start takes hundreds of times as long; the median needs no more.
        for peer in subjects
            .peers
            .iter()
            .filter(|peer| round > 0 && (peer.slower < 10 || round <= 7))
        {
            match first_answer(&mut peer.command()) {
                Ok(took) => group.series(peer.name).push(FIRST, took),
                Err(error) => eprintln!("{START}: {} failed: {error}", peer.name),
            }
        }
    }
    let ours = group.find(OURS).and_then(|series| series.median(FIRST));
    let text = "first answer, ms (where the bare loop takes 0.87)";
    group.marks = vec![Mark::at_most(text, ours.unwrap_or(f64::NAN), 1.1)];
    Ok(group)
}

fn first_answer(command: &mut Command) -> Fallible<f64> {
    let begin = Instant::now();
    let session = Session::open(command)?;
    let took = begin.elapsed().as_secs_f64() * 1e3;
    session.close();
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(ours: f64, rmcp: f64) -> Group {
        let mut group = Group::new("");
        for (name, calls, cpu) in [
            (BARE, 100.0, 1.0),
            (OURS, ours, 1.0 / ours * 100.0),
            (RMCP, rmcp, 9.0),
        ] {
            group.series(name).push(CALLS, calls);
            group.series(name).push(CPU, cpu);
        }
        group
    }

    #[test]
    fn marks_are_judged_by_case() {
        for (at, ours, rmcp, expected) in [
            (0, 81.0, 1.0, &[true][..]),
            (0, 79.0, 1.0, &[false]),
            (1, 51.0, 6.0, &[true, true]),
            (1, 49.0, 7.0, &[false, false]),
            (4, 78.0, 1.0, &[true]),
        ] {
            let marks = marks(&CASES[at], &group(ours, rmcp));
            let met: Vec<bool> = marks.iter().map(|mark| mark.met).collect();
            assert_eq!(met, expected, "{} {ours}", CASES[at].name);
        }
    }
}
