//! Echo servers over Streamable HTTP: ours beside bare hyper, which stands for the limit.
//!
//! The server has one core and the generator the other. Each round measures every subject once, in turn. The bare server always
//! answers with a document, also where ours answers with a stream of events.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::Fallible;
use crate::client::{reap, spawn};
use crate::http::{Address, Connection, calls};
use crate::machine::Tree;
use crate::message::{Call, Era};
use crate::report::{Group, Mark};

const P50: &str = "p50 µs";
const P99: &str = "p99 µs";
const CPU: &str = "CPU µs a call";
const CALLS: &str = "calls/s";
const IDLE: &str = "KiB a session";
const OPEN: &str = "KiB a connection";

const BARE: &str = "bare hyper";
const OURS: &str = "interlock-sdk";

/// Sessions of which the memory is measured.
const SESSIONS: usize = 1_000;

/// One kind of work.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, for the filter.
    pub name: &'static str,
    tool: &'static str,
    connections: usize,
    count: usize,
    era: Era,
}

/// What is measured.
pub const CASES: [Case; 6] = [
    case("http-legacy-16B", "echo", 1, 10_000, Era::Legacy),
    case("http-legacy-16B-64", "echo", 64, 60_000, Era::Legacy),
    case("http-legacy-events-16B", "tell", 1, 10_000, Era::Legacy),
    case("http-modern-16B", "echo", 1, 10_000, Era::Modern),
    case("http-modern-16B-64", "echo", 64, 60_000, Era::Modern),
    case("http-modern-events-16B", "tell", 1, 10_000, Era::Modern),
];

/// The name of [`memory`], for the filter.
pub const MEMORY: &str = "http-memory";

const fn case(
    name: &'static str,
    tool: &'static str,
    connections: usize,
    count: usize,
    era: Era,
) -> Case {
    Case {
        name,
        tool,
        connections,
        count,
        era,
    }
}

/// What is measured side by side.
#[derive(Debug)]
pub struct Subjects {
    /// The program of the bare server.
    pub bare: PathBuf,
    /// The program of ours.
    pub ours: PathBuf,
}

/// A server that runs.
struct Served {
    child: Child,
    address: Address,
}

impl Served {
    fn start(program: &Path) -> Fallible<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = spawn(Command::new(program).arg(port.to_string()))?;
        let path = "/mcp".to_owned();
        Ok(Self {
            child,
            address: Address { port, path },
        })
    }

    fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        reap(&mut self.child);
    }
}

/// Measures one case over some rounds.
///
/// # Errors
/// When a server fails.
pub fn measure(case: &Case, subjects: &Subjects, rounds: usize) -> Fallible<Group> {
    let title = format!(
        "{}: 16 B, {} connections, {}",
        case.name,
        case.connections,
        case.era.revision()
    );
    let mut group = Group::new(title);
    for _ in 0..rounds {
        for (name, program) in [(BARE, &subjects.bare), (OURS, &subjects.ours)] {
            let served = Served::start(program)?;
            let call = Call::of(case.era, case.tool, 16);
            let open = |_| Connection::open_in(&served.address, case.era);
            let mut connections = (0..case.connections)
                .map(open)
                .collect::<Fallible<Vec<_>>>()?;
            for connection in &mut connections {
                connection
                    .verify(&call)
                    .map_err(|error| format!("{name}: {error}"))?;
            }
            let tree = served.tree();
            calls(&mut connections, &call, case.count / 5, &tree)?;
            let cost = calls(&mut connections, &call, case.count, &tree)?;
            let series = group.series(name);
            series.push(P50, cost.p50);
            series.push(P99, cost.p99);
            series.push(CPU, cost.cpu);
            series.push(CALLS, cost.calls);
        }
    }
    group.marks = marks(case, &group);
    Ok(group)
}

fn marks(case: &Case, group: &Group) -> Vec<Mark> {
    let Some((bare, ours)) = group.find(BARE).zip(group.find(OURS)) else {
        return Vec::new();
    };
    let ratio = |figure| ours.ratio(bare, figure).unwrap_or(f64::NAN);
    match (case.tool, case.connections) {
        ("tell", _) => vec![Mark::at_most("p50 to bare hyper's", ratio(P50), 1.5)],
        (_, 1) => vec![Mark::at_most("p50 to bare hyper's", ratio(P50), 1.3)],
        _ => vec![Mark::at_least(
            "calls/s to bare hyper's",
            ratio(CALLS),
            1.0 / 1.3,
        )],
    }
}

/// What a legacy session costs in memory, with its connection and after that was closed.
///
/// # Errors
/// When the server fails.
pub fn memory(subjects: &Subjects) -> Fallible<Group> {
    let served = Served::start(&subjects.ours)?;
    let call = Call::of(Era::Legacy, "echo", 16);
    // What the process takes once is not what a session takes.
    let mut first = Connection::open(&served.address)?;
    first.verify(&call)?;
    let tree = served.tree();
    let before = tree.root_resident_kib();
    let open = |_| -> Fallible<Connection> {
        let mut connection = Connection::open(&served.address)?;
        connection.verify(&call)?;
        Ok(connection)
    };
    let connections = (0..SESSIONS).map(open).collect::<Fallible<Vec<_>>>()?;
    let with = tree.root_resident_kib();
    drop(connections);
    // The server has seen all of the ends when it answers the next call.
    first.verify(&call)?;
    first.verify(&call)?;
    // A second set takes the memory that the first connections gave back: what grows are the sessions.
    let again = (0..SESSIONS).map(open).collect::<Fallible<Vec<_>>>()?;
    let twice = tree.root_resident_kib();
    drop(again);
    let each = |from: u64, to: u64| to.saturating_sub(from) as f64 / SESSIONS as f64;
    let mut group = Group::new(format!("{MEMORY}: {SESSIONS} legacy sessions"));
    group.series(OURS).push(OPEN, each(before, with));
    group.series(OURS).push(IDLE, each(with, twice));
    group.marks = vec![
        Mark::at_most(
            "KiB a session with its connection",
            each(before, with),
            16.0,
        ),
        Mark::at_most("KiB an idle session", each(with, twice), 1.0),
    ];
    Ok(group)
}
