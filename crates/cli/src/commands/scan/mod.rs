//! `interlock scan`: every MCP server that is configured on this machine or in a repository, and what is wrong with it.
//!
//! Reads files and starts nothing. Uses no network but, with `--listeners`, connections to this machine itself.

mod fixing;
mod inputs;
mod listening;
mod machine;
mod progress;
mod watching;

use std::collections::{BTreeSet, HashSet};
use std::io::IsTerminal as _;
use std::path::PathBuf;

use interlock_launch::PackageRef;
use interlock_scan::report::{
    Paint, Report, Role, Shown, Sieve, human, json, sarif, screen, table,
};
use interlock_scan::{
    ConfigFile, Context as Compared, Ignores, Judgements, Limits, Machine, Scope, Skipped,
    Standing, discover, judge_files, judge_skipped, judge_tools, known_projects,
};

use super::check::Approvals;
use crate::Outcome;
use crate::exit::Exit;
use crate::options::{Global, ReportFormat, Scan};
use crate::terminal::{Style, say};

pub use machine::{directory, relocations};

use inputs::Inputs;
use machine::Looked;

/// Runs `interlock scan`.
///
/// # Errors
/// When a path, a list or a baseline that is named cannot be used.
pub fn run(global: &Global, options: &Scan) -> Outcome {
    let looked = machine::looked(global, options)?;
    let inputs = inputs::read(options)?;
    let scanner = Scanner {
        global,
        options,
        looked,
        inputs,
        approvals: Approvals::open(global),
    };
    let Scanned { look, report } = scanner.scan();
    if options.fix {
        return fixing::run(&scanner, &look.files, &report);
    }
    scanner.tell(&report);
    if options.watch {
        return watching::run(&scanner, &look, &report);
    }
    Ok(if report.fails() {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// Everything that a scan compares with, and the scan itself, which may be repeated.
struct Scanner<'a> {
    global: &'a Global,
    options: &'a Scan,
    looked: Looked,
    inputs: Inputs,
    approvals: Approvals,
}

/// What was looked at.
struct Look {
    files: Vec<ConfigFile>,
    skipped: Vec<Skipped>,
    /// Projects that the user's clients know of.
    projects: Vec<PathBuf>,
}

/// What was looked at, and what is said about it.
struct Scanned {
    look: Look,
    report: Report,
}

impl Scanner<'_> {
    /// Looks, judges and sifts.
    fn scan(&self) -> Scanned {
        let mut look = self.look();
        look.skipped.extend(self.looked.unread(&look.files));
        look.skipped.extend(self.looked.elsewhere());
        look.files
            .retain(|file| self.looked.wants(file, &self.options.client));
        let mut judged = self.judge(&look.files);
        judged.findings.extend(judge_skipped(&look.skipped));
        if self.looked.own {
            self.judge_recorded(&mut judged.findings);
        }
        if self.options.listeners {
            judged.findings.extend(listening::look());
        }
        let report = self.sift(judged, &look.files);
        Scanned { look, report }
    }

    /// The files of the machine and, where it is the user's own, of the projects that their clients were opened in.
    fn look(&self) -> Look {
        let mut progress = progress::Progress::new(self.global);
        let mut at = |at: interlock_scan::Progress| progress.at(at.read);
        let machine = &self.looked.machine;
        let mut found = discover(machine, &Limits::default(), &mut at);
        let mut projects = Vec::new();
        if self.looked.own {
            projects = known_projects(&found.files);
            // One that is not there any more is no loss; one that cannot be looked at is told.
            projects.retain(|project| match std::fs::metadata(project) {
                Ok(found) => found.is_dir(),
                Err(error) => error.kind() != std::io::ErrorKind::NotFound,
            });
            let known = Machine {
                os: machine.os,
                root: None,
                homes: Vec::new(),
                projects: projects.clone(),
            };
            // The files at the top of each: a client reads no others when it is opened there.
            let top = Limits {
                depth: 0,
                ..Limits::default()
            };
            let more = discover(&known, &top, &mut at);
            let seen: HashSet<PathBuf> = found.files.iter().map(|one| one.path.clone()).collect();
            let new = more
                .files
                .into_iter()
                .filter(|one| !seen.contains(&one.path));
            found.files.extend(new);
            found.skipped.extend(more.skipped);
        }
        progress.done();
        Look {
            files: found.files,
            skipped: found.skipped,
            projects,
        }
    }

    fn sift(&self, mut judged: Judgements, files: &[ConfigFile]) -> Report {
        let honoured: HashSet<&PathBuf> = files
            .iter()
            .filter(|file| self.honours(file))
            .map(|file| &file.path)
            .collect();
        judged
            .ignores
            .retain(|ignore| honoured.contains(&ignore.path));
        let inline = std::mem::take(&mut judged.ignores);
        let ignores = Ignores::new(inline, self.inputs.ignores.clone());
        let sieve = Sieve {
            least: self.options.min_severity.into(),
            ignores: &ignores,
            baseline: &self.inputs.baseline,
        };
        let date = self.inputs.advisories.date();
        let version = env!("CARGO_PKG_VERSION");
        Report::new(judged, &sieve, self.shown(), date, version)
    }

    fn judge(&self, files: &[ConfigFile]) -> Judgements {
        let variables: BTreeSet<String> = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect();
        let standing = |request: &interlock_launch::Request| {
            if self.looked.own {
                self.approvals.standing(request)
            } else {
                Standing::Unapproved
            }
        };
        let version = |package: &PackageRef| self.approvals.version_of(package);
        judge_files(
            files,
            &Compared {
                standing: &standing,
                version: &version,
                variables: self.looked.own.then_some(&variables),
                advisories: &self.inputs.advisories,
                bases: &self.looked.bases,
            },
        )
    }

    /// What approved servers said about their tools.
    fn judge_recorded(&self, findings: &mut Vec<interlock_scan::Finding>) {
        for (server, tools) in self.approvals.tools() {
            findings.extend(judge_tools(&self.approvals.path(), &server, &tools));
        }
    }

    /// Whether comments in a file may hide findings: not in what comes with a project or a package, unless that is what is scanned.
    fn honours(&self, file: &ConfigFile) -> bool {
        let of_others = matches!(
            file.scope,
            Scope::Project | Scope::Devcontainer | Scope::Plugin | Scope::Extension
        );
        !of_others || !self.looked.machine.projects.is_empty()
    }

    fn shown(&self) -> Shown {
        Shown {
            root: self.looked.machine.projects.first().cloned(),
            home: self
                .looked
                .machine
                .homes
                .first()
                .map(|home| home.path.clone()),
        }
    }

    /// Writes the report to standard output.
    fn tell(&self, report: &Report) {
        let style = Painter(Style::stdout(self.global.color));
        let text = match self.options.format {
            ReportFormat::Human if self.options.details || !std::io::stdout().is_terminal() => {
                human(report, &style)
            }
            ReportFormat::Human => screen(report, &style),
            ReportFormat::Table => table(report, &style),
            ReportFormat::Json => json(report).to_string(),
            ReportFormat::Sarif => sarif(report).to_string(),
        };
        say(&text);
        if self.options.show_ignored && self.options.format == ReportFormat::Human {
            for ignored in &report.ignored {
                let one = &ignored.reported;
                say(&format!(
                    "ignored: {} in {}: {}",
                    one.finding.rule.id,
                    one.shown,
                    ignored.reason.escape_debug()
                ));
            }
        }
    }
}

/// Paints what the scanner writes.
struct Painter(Style);

impl Paint for Painter {
    fn paint(&self, role: Role, text: &str) -> String {
        match role {
            Role::Heading => self.0.bold(text),
            Role::Dim => self.0.dim(text),
            Role::Good => self.0.good(text),
            Role::Warn => self.0.warn(text),
            Role::Bad => self.0.bad(text),
        }
    }
}
