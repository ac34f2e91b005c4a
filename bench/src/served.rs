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

const RMCP: &str = "rmcp 3.9, fastest";
const RMCP_DEFAULT: &str = "rmcp 3.9, default";

/// Connections of which the memory is measured.
const CONNECTIONS: usize = 1_000;
/// Sessions of which the memory is measured, and those before that take what is taken once.
const SESSIONS: usize = 10_000;
const WARM: usize = 50;

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
    /// rmcp's, where it is installed.
    pub rmcp: Option<PathBuf>,
}

/// One server of a case.
struct Subject<'a> {
    name: &'static str,
    program: &'a Path,
    mode: Option<&'static str>,
    /// How many times fewer calls are enough for it.
    slower: usize,
}

impl Subjects {
    /// Those that can do the work of `case`, the one first that stands for the limit.
    fn of(&self, case: &Case) -> Vec<Subject<'_>> {
        let subject = |name, program, mode, slower| Subject {
            name,
            program,
            mode,
            slower,
        };
        let mut all = vec![
            subject(BARE, self.bare.as_path(), None, 1),
            subject(OURS, self.ours.as_path(), None, 1),
        ];
        let legacy_echo = case.tool == "echo" && case.era == Era::Legacy;
        if let Some(rmcp) = self.rmcp.as_deref().filter(|_| legacy_echo) {
            all.push(subject(RMCP, rmcp, Some("fastest"), 2));
            // Each answer waits for a delayed acknowledgement.
            all.push(subject(RMCP_DEFAULT, rmcp, Some("default"), 50));
        }
        all
    }
}

/// A server that runs.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: Address,
}

impl Served {
    pub(crate) fn start(program: &Path, mode: Option<&str>) -> Fallible<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = spawn(Command::new(program).arg(port.to_string()).args(mode))?;
        let path = "/mcp".to_owned();
        Ok(Self {
            child,
            address: Address { port, path },
        })
    }

    pub(crate) fn tree(&self) -> Tree {
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
        for subject in subjects.of(case) {
            let Subject { name, slower, .. } = subject;
            let served = Served::start(subject.program, subject.mode)?;
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
            let count = case.count / slower;
            calls(&mut connections, &call, count / 5, &tree)?;
            let cost = calls(&mut connections, &call, count, &tree)?;
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
        _ => {
            let rmcp = group.find(RMCP).and_then(|rmcp| ours.ratio(rmcp, CALLS));
            let to_rmcp = |ratio| Mark::at_least("calls/s to rmcp's fastest", ratio, 2.5);
            let to_bare = Mark::at_least("calls/s to bare hyper's", ratio(CALLS), 1.0 / 1.3);
            [to_bare].into_iter().chain(rmcp.map(to_rmcp)).collect()
        }
    }
}

/// What a legacy session costs in memory: with its connection, and alone.
///
/// # Errors
/// When the server fails.
pub fn memory(subjects: &Subjects) -> Fallible<Group> {
    let (open, idle) = (connected(&subjects.ours)?, alone(&subjects.ours)?);
    let mut group = Group::new(format!(
        "{MEMORY}: {CONNECTIONS} legacy sessions with their connections, {SESSIONS} without"
    ));
    group.series(OURS).push(OPEN, open);
    group.series(OURS).push(IDLE, idle);
    group.marks = vec![
        Mark::at_most("KiB a session with its connection", open, 16.0),
        Mark::at_most("KiB an idle session", idle, 1.0),
    ];
    Ok(group)
}

/// KiB a session whose connection stays open.
fn connected(program: &Path) -> Fallible<f64> {
    let served = Served::start(program, None)?;
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
    let connections = (0..CONNECTIONS).map(open).collect::<Fallible<Vec<_>>>()?;
    let after = tree.root_resident_kib();
    drop(connections);
    Ok(after.saturating_sub(before) as f64 / CONNECTIONS as f64)
}

/// KiB a session whose client has called once and gone, without ending it.
fn alone(program: &Path) -> Fallible<f64> {
    let served = Served::start(program, None)?;
    let call = Call::of(Era::Legacy, "echo", 16);
    let come_and_go = |count| -> Fallible<()> {
        (0..count).try_for_each(|_| Connection::open(&served.address)?.verify(&call))
    };
    come_and_go(WARM)?;
    let tree = served.tree();
    let before = tree.root_resident_kib();
    come_and_go(SESSIONS)?;
    let after = tree.root_resident_kib();
    Ok(after.saturating_sub(before) as f64 / SESSIONS as f64)
}
