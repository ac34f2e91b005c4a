//! Running scenarios: those of a revision of the server in one go, those of the client side by side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::judge::Tally;
use super::subject::Subject;
use super::suite::Suite;
use super::table::{Leg, Row};

/// The suite's own limit of a scenario is 30 s; a run of a whole revision takes some seconds when all is well.
const LIMIT: Duration = Duration::from_secs(180);

/// From here on, all scenarios of a revision together are faster than one by one.
const BATCH: usize = 4;

/// How often a scenario that measures time is tried.
const ATTEMPTS: usize = 3;

/// Whether a scenario wants something done within a fifth of a second.
fn is_timed(row: &Row) -> bool {
    row.scenario == "sse-retry"
}

/// Runs rows against a subject.
pub struct Runner<'a> {
    suite: &'a Suite,
    subject: Subject,
}

impl<'a> Runner<'a> {
    /// Against whatever `subject` is.
    pub fn against(suite: &'a Suite, subject: Subject) -> Result<Self, String> {
        let _ = std::fs::remove_dir_all(&suite.results);
        std::fs::create_dir_all(&suite.results)
            .map_err(|e| format!("{}: {e}", suite.results.display()))?;
        Ok(Self { suite, subject })
    }

    /// Runs `rows`; the results are in their order.
    pub fn run<'r>(
        &self,
        rows: impl Iterator<Item = &'r Row>,
    ) -> Result<Vec<(Row, Tally)>, String> {
        let rows: Vec<&Row> = rows.collect();
        let mut tallies = self.batches(&rows)?;
        let is_single = |row: &&&Row| !tallies.contains_key(&row.title());
        let singles: Vec<&Row> = rows.iter().filter(is_single).copied().collect();
        // Scenarios of servers share the server, so they run one after the other; those that measure time run alone.
        let (alone, beside): (Vec<_>, Vec<_>) = singles
            .into_iter()
            .partition(|row| row.leg == Leg::Server || is_timed(row));
        tallies.extend(self.side_by_side(beside));
        for row in alone {
            tallies.insert(row.title(), self.attempts(row));
        }
        let with_tally = |row: &&Row| {
            let tally = tallies.remove(&row.title());
            let tally = tally.unwrap_or_else(|| Tally::broken("it was not run".to_owned()));
            ((*row).clone(), tally)
        };
        Ok(rows.iter().map(with_tally).collect())
    }

    fn batches(&self, rows: &[&Row]) -> Result<BTreeMap<String, Tally>, String> {
        let mut revisions: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        let batched = |row: &&&Row| row.leg == Leg::Server && !row.is_extension();
        for row in rows.iter().filter(batched) {
            revisions.entry(&row.revision).or_default().push(row);
        }
        let mut tallies = BTreeMap::new();
        for (revision, rows) in revisions {
            if rows.len() < BATCH {
                continue;
            }
            let place = self.suite.results.join(format!("server-{revision}"));
            let mut command = self.suite.command();
            command.args(["server", "--suite", "all", "--spec-version", revision]);
            command
                .args(["--url", &self.subject.url, "--output-dir"])
                .arg(&place);
            finish(command, &place)?;
            let found = results_below(&place);
            for row in rows {
                let name = format!("server-{}", row.scenario);
                let tally = found.get(&name).map(|path| read(path));
                let tally = tally.unwrap_or_else(|| Tally::broken("no result".to_owned()));
                tallies.insert(row.title(), tally);
            }
        }
        Ok(tallies)
    }

    fn side_by_side(&self, rows: Vec<&Row>) -> Vec<(String, Tally)> {
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
        let (queue, done) = (Mutex::new(rows), Mutex::new(Vec::new()));
        let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(row) = next() {
                        let tally = self.single(row);
                        if let Ok(mut done) = done.lock() {
                            done.push((row.title(), tally));
                        }
                    }
                });
            }
        });
        done.into_inner().unwrap_or_default()
    }

    /// A scenario that measures time has more than one attempt: a busy machine is late now and then, and says nothing about us.
    fn attempts(&self, row: &Row) -> Tally {
        let attempts = if is_timed(row) { ATTEMPTS } else { 1 };
        let mut tally = self.single(row);
        for _ in 1..attempts {
            if tally.outcome(row.control) == row.outcome {
                break;
            }
            tally = self.single(row);
        }
        tally
    }

    fn single(&self, row: &Row) -> Tally {
        let name = row.title().replace([' ', '/'], "-");
        let place = self.suite.results.join(name);
        let _ = std::fs::remove_dir_all(&place);
        let mut command = self.suite.command();
        command.args([row.leg.name(), "--scenario", &row.scenario]);
        command.args(["--spec-version", &row.revision, "--force"]);
        match row.leg {
            Leg::Server => command.args(["--url", &self.subject.url]),
            Leg::Client => command.args(["--command", &self.subject.client]),
        };
        command.arg("--output-dir").arg(&place);
        let ended_well = match finish(command, &place) {
            Ok(ended_well) => ended_well,
            Err(problem) => return Tally::broken(problem),
        };
        let Some(path) = results_below(&place).into_values().next() else {
            return Tally::broken(format!("no result; see {}/log.txt", place.display()));
        };
        let mut tally = read(&path);
        if !ended_well && tally.failed + tally.warned == 0 {
            tally.failed += 1;
            let log = place.join("log.txt");
            tally
                .problems
                .push(format!("the client failed or hung; see {}", log.display()));
        }
        tally
    }
}

fn read(path: &Path) -> Tally {
    match std::fs::read_to_string(path) {
        Ok(text) => Tally::of(&text),
        Err(e) => Tally::broken(format!("{}: {e}", path.display())),
    }
}

/// Waits for the suite, whose output goes to `log.txt`; whether its exit code says that all went well.
fn finish(mut command: Command, place: &Path) -> Result<bool, String> {
    let create = |e| format!("{}: {e}", place.display());
    std::fs::create_dir_all(place).map_err(create)?;
    let log = std::fs::File::create(place.join("log.txt")).map_err(create)?;
    let again = log.try_clone().map_err(create)?;
    let child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(again)
        .spawn();
    let mut child = child.map_err(|e| format!("the suite did not start: {e}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(20)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("the suite hung; see {}/log.txt", place.display()));
            }
        }
    }
}

/// Every `checks.json` below `place`, by the name of its directory without the time at its end.
fn results_below(place: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut open = vec![place.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if entry.file_name() == "checks.json" {
                let name = directory.strip_prefix(place).unwrap_or(&directory);
                found.insert(without_time(&name.to_string_lossy()).to_owned(), path);
            }
        }
    }
    found
}

/// `tools-list-2026-11-21T13-27-59-077Z` is a result of `tools-list`.
fn without_time(name: &str) -> &str {
    const TIME: usize = "-2026-11-21T13-27-59-077Z".len();
    match name.len().checked_sub(TIME).map(|at| name.split_at(at)) {
        Some((scenario, time)) if time.starts_with("-20") && time.ends_with('Z') => scenario,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_cut_off_a_results_name() {
        for (name, expected) in [
            ("server-ping-2026-11-21T13-27-59-077Z", "server-ping"),
            ("auth/dpop-2026-11-21T13-27-59-077Z", "auth/dpop"),
            (
                "auth/2025-03-26-x-2026-11-21T13-27-59-077Z",
                "auth/2025-03-26-x",
            ),
            ("server-ping", "server-ping"),
        ] {
            assert_eq!(without_time(name), expected);
        }
    }
}
