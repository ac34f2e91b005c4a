//! The same calls to the same server, with and without something in between.
//!
//! The relay and the server share one core and the generator has another, so what a relay uses is not hidden by a core that
//! happens to be free. Each round measures every subject once, in turn.

use std::process::{Child, Command};

use crate::Fallible;
use crate::client::{Cost, Session, reap, spawn};
use crate::figures::Series;
use crate::home::Home;
use crate::http::{Address, Connection, calls};
use crate::machine::Tree;
use crate::message::Call;
use crate::peers::{Front, Peer};
use crate::report::{Group, Mark};

/// The figures' names.
const P50: &str = "p50 µs";
const P99: &str = "p99 µs";
const CPU: &str = "CPU µs a call";
const CALLS: &str = "calls/s";
const RESIDENT: &str = "relay's RSS MiB";

/// The subjects that marks are about.
const DIRECT: &str = "direct";
const BARE: &str = "bare relay (parses envelopes)";
const INTERLOCK: &str = "interlock run";

/// One kind of work.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, for the filter.
    pub name: &'static str,
    /// Bytes of payload.
    pub size: usize,
    /// Calls in flight.
    pub depth: usize,
    /// Calls a round, of the fast subjects.
    pub count: usize,
}

/// What is measured.
pub const CASES: [Case; 5] = [
    case("relay-16B", 16, 1, 6000),
    case("relay-16B-64deep", 16, 64, 100_000),
    case("relay-64KiB", 64 << 10, 1, 600),
    case("relay-64KiB-64deep", 64 << 10, 64, 1200),
    case("relay-1MiB", 1 << 20, 1, 50),
];

const fn case(name: &'static str, size: usize, depth: usize, count: usize) -> Case {
    Case {
        name,
        size,
        depth,
        count,
    }
}

/// Everything that can stand before a server.
#[derive(Debug)]
pub struct Subjects<'a> {
    /// With `echo` approved under that name.
    pub home: &'a Home,
    /// The echo server.
    pub echo: &'a str,
    /// The bare relay.
    pub bare: &'a str,
    /// Those that are installed.
    pub peers: &'a [Peer],
}

/// Measures one case over some rounds.
///
/// # Errors
/// When one of our own subjects fails. A peer that fails is left out and told.
pub fn measure(case: &Case, subjects: &Subjects<'_>, rounds: usize) -> Fallible<Group> {
    let depth = if case.depth == 1 {
        "one after the other".to_owned()
    } else {
        format!("{} in flight", case.depth)
    };
    let mut group = Group::new(format!(
        "{}: {} B, {depth}, relay and server on one core",
        case.name, case.size
    ));
    for _ in 0..rounds {
        let ours = [
            (DIRECT, Command::new(subjects.echo)),
            (BARE, with(subjects.bare, &[subjects.echo])),
            (INTERLOCK, subjects.home.command(&["run", "echo"])),
        ];
        for (name, mut command) in ours {
            let series = group.series(name);
            stdio(case, &mut command, "echo", case.count, series)
                .map_err(|error| format!("{name}: {error}"))?;
        }
        for peer in subjects.peers {
            // They are up to a thousand times slower; the median needs no more.
            let count = (case.count / 20).max(case.depth).max(10);
            if let Err(error) = measure_peer(case, peer, count, group.series(peer.name)) {
                eprintln!("{}: {} failed: {error}", case.name, peer.name);
            }
        }
    }
    judge(case, &mut group);
    Ok(group)
}

fn with(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn stdio(
    case: &Case,
    command: &mut Command,
    tool: &str,
    count: usize,
    series: &mut Series,
) -> Fallible<()> {
    let call = Call::new(tool, case.size);
    let mut session = Session::open(command)?;
    session.verify(&call)?;
    let mut run = |count| match case.depth {
        1 => session.sequential(&call, count),
        depth => session.pipelined(&call, count, depth),
    };
    run(count / 10 + 5)?;
    let cost = run(count)?;
    push(series, cost);
    let tree = session.tree();
    let before = if tree.len() > 1 {
        tree.resident_kib_before_server()
    } else {
        0
    };
    series.push(RESIDENT, before as f64 / 1024.0);
    session.close();
    Ok(())
}

fn push(series: &mut Series, cost: Cost) {
    series.push(P50, cost.p50);
    series.push(P99, cost.p99);
    series.push(CPU, cost.cpu);
    series.push(CALLS, cost.calls);
}

fn measure_peer(case: &Case, peer: &Peer, count: usize, series: &mut Series) -> Fallible<()> {
    let (program, arguments) = peer.argv.split_first().ok_or("no command")?;
    let mut command = Command::new(program);
    command.args(arguments);
    match &peer.front {
        Front::Stdio => stdio(case, &mut command, peer.tool, count, series),
        Front::Http(address) => {
            let mut child = spawn(&mut command)?;
            let measured = over_http(case, peer.tool, address, &child, count, series);
            end(&mut child);
            measured
        }
    }
}

fn over_http(
    case: &Case,
    tool: &str,
    address: &Address,
    child: &Child,
    count: usize,
    series: &mut Series,
) -> Fallible<()> {
    let call = Call::new(tool, case.size);
    let mut connections = (0..case.depth)
        .map(|_| Connection::open(address))
        .collect::<Fallible<Vec<_>>>()?;
    for connection in &mut connections {
        connection.verify(&call)?;
    }
    let tree = Tree::of(child.id());
    calls(&mut connections, &call, count / 10 + 1, &tree)?;
    push(series, calls(&mut connections, &call, count, &tree)?);
    series.push(RESIDENT, tree.resident_kib_before_server() as f64 / 1024.0);
    Ok(())
}

/// A server over HTTP has no end of input: it is asked to end, then killed.
fn end(child: &mut Child) {
    let asked = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(process) = asked {
        let _gone = rustix::process::kill_process(process, rustix::process::Signal::TERM);
    }
    drop(child.stdin.take());
    reap(child);
}

/// The marks of the design, and how they came out.
fn judge(case: &Case, group: &mut Group) {
    let (Some(direct), Some(ours)) = (group.find(DIRECT), group.find(INTERLOCK)) else {
        return;
    };
    let mut marks = Vec::new();
    match (case.size, case.depth) {
        (16, 1) => {
            marks.push(Mark::at_most(
                "added p50, µs",
                ours.added(direct, P50).unwrap_or(f64::NAN),
                10.0,
            ));
            marks.push(Mark::at_most(
                "added CPU, µs a call",
                ours.added(direct, CPU).unwrap_or(f64::NAN),
                12.0,
            ));
        }
        (16, _) => {
            marks.push(Mark::at_least(
                "calls/s",
                ours.median(CALLS).unwrap_or(f64::NAN),
                400_000.0,
            ));
        }
        (1_048_576, 1) => {
            marks.push(Mark::at_most(
                "p50 to direct",
                ours.ratio(direct, P50).unwrap_or(f64::NAN),
                1.6,
            ));
            marks.push(Mark::at_most(
                "steady memory, MiB",
                ours.median(RESIDENT).unwrap_or(f64::NAN),
                10.0,
            ));
        }
        _ => {}
    }
    group.marks = marks;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(added: f64, resident: f64) -> Group {
        let mut group = Group::new("");
        for (name, p50, rss) in [(DIRECT, 40.0, 0.0), (INTERLOCK, 40.0 + added, resident)] {
            let cost = Cost {
                p50,
                p99: p50,
                calls: 1e6 / p50,
                cpu: p50,
            };
            push(group.series(name), cost);
            group.series(name).push(RESIDENT, rss);
        }
        group
    }

    #[test]
    fn marks_are_judged_by_case() {
        for (at, added, resident, expected) in [
            (0, 9.0, 0.0, &[true, true][..]),
            (0, 11.0, 0.0, &[false, true]),
            (1, 1.0, 0.0, &[false]),
            (2, 1.0, 0.0, &[]),
            (4, 20.0, 9.0, &[true, true]),
            (4, 30.0, 11.0, &[false, false]),
        ] {
            let mut group = group(added, resident);
            judge(&CASES[at], &mut group);
            let met: Vec<bool> = group.marks.iter().map(|mark| mark.met).collect();
            assert_eq!(met, expected, "{} {added}", CASES[at].name);
        }
    }
}
