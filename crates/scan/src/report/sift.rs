//! What of the findings is told: not what is ignored, known from before, or lighter than asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::Shown;
use crate::baseline::Baseline;
use crate::finding::{Finding, Severity};
use crate::ignore::Ignores;
use crate::rules::{JudgedFile, Judgements};

/// What is left out of a report.
#[derive(Debug)]
pub struct Sieve<'a> {
    /// The lightest that is told.
    pub least: Severity,
    /// What somebody looked at already.
    pub ignores: &'a Ignores,
    /// What was there before.
    pub baseline: &'a Baseline,
}

/// A finding as it is told.
#[derive(Debug)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// Its file's path, for people.
    pub shown: String,
    /// Its file's path, for machines.
    pub uri: String,
    /// What identifies it across edits of the file that leave it as it is.
    pub fingerprint: String,
}

/// A finding that is ignored, and why.
#[derive(Debug)]
pub struct Ignored {
    /// The finding.
    pub reported: Reported,
    /// Why.
    pub reason: String,
}

/// Everything that a scan says.
#[derive(Debug)]
pub struct Report {
    /// The files.
    pub files: Vec<JudgedFile>,
    /// How their paths are shown.
    pub paths: Shown,
    /// What is told, worst first.
    pub findings: Vec<Reported>,
    /// What is ignored.
    pub ignored: Vec<Ignored>,
    /// How many were known before.
    pub known: usize,
    /// How many are lighter than asked for.
    pub lighter: usize,
    /// The day of the list of advisories.
    pub advisories: String,
    /// The program's version.
    pub version: String,
}

/// How much was looked at and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clients that have files.
    pub clients: usize,
    /// Files.
    pub files: usize,
    /// Servers.
    pub servers: usize,
    /// Servers that start a program.
    pub local: usize,
    /// Of these, those that start through Interlock.
    pub wrapped: usize,
    /// Findings by severity, lightest first.
    pub severities: [usize; 4],
}

impl Report {
    /// Sifts what judging gave.
    #[must_use]
    pub fn new(
        judged: Judgements,
        sieve: &Sieve<'_>,
        paths: Shown,
        advisories: &str,
        version: &str,
    ) -> Self {
        let mut report = Report {
            files: judged.files,
            paths,
            findings: Vec::new(),
            ignored: Vec::new(),
            known: 0,
            lighter: 0,
            advisories: advisories.to_owned(),
            version: version.to_owned(),
        };
        let mut seen: BTreeMap<(&'static str, String, Option<String>, String), usize> =
            BTreeMap::new();
        let mut findings = judged.findings;
        findings.sort_by(Finding::order);
        for finding in findings {
            let shown = report.paths.path(&finding.location.path);
            let key = (
                finding.rule.id,
                shown.clone(),
                finding.server.clone(),
                finding.subject.clone(),
            );
            let nth = seen.entry(key).or_insert(0);
            let reported = Reported {
                fingerprint: finding.fingerprint(&shown, *nth),
                uri: report.paths.uri(&finding.location.path),
                shown,
                finding,
            };
            *nth += 1;
            report.add(reported, sieve);
        }
        report
    }

    fn add(&mut self, reported: Reported, sieve: &Sieve<'_>) {
        // What was not looked at is told whatever is asked for.
        let rule = reported.finding.rule.id;
        let always = matches!(rule, "not-scanned" | "perhaps-a-config");
        if let Some(reason) = sieve.ignores.reason(&reported.finding) {
            let reason = reason.to_owned();
            self.ignored.push(Ignored { reported, reason });
        } else if !always && sieve.baseline.knows(&reported.fingerprint) {
            self.known += 1;
        } else if !always && reported.finding.severity < sieve.least {
            self.lighter += 1;
        } else {
            self.findings.push(reported);
        }
    }

    /// Whether the scan has something to say that a check should fail for: anything above `info`, and anything that was asked for by
    /// its weight.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.findings
            .iter()
            .any(|one| one.finding.severity > Severity::Info)
    }

    /// How much was looked at and found.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let clients: BTreeSet<&str> = self.files.iter().map(|file| file.client.id).collect();
        let servers = || self.files.iter().flat_map(|file| &file.servers);
        let mut counts = Counts {
            clients: clients.len(),
            files: self.files.len(),
            servers: servers().count(),
            local: servers().filter(|server| server.kind == "local").count(),
            wrapped: servers().filter(|server| server.wrapped).count(),
            severities: [0; 4],
        };
        for one in &self.findings {
            if let Some(count) = counts.severities.get_mut(one.finding.severity as usize) {
                *count += 1;
            }
        }
        counts
    }
}
