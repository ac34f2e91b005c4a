//! A table of servers: who starts what, and how bad it is.

use std::collections::HashMap;
use std::path::Path;

use super::human::{Paint, Role};
use super::sift::Report;
use crate::finding::Severity;
use crate::rules::{JudgedFile, JudgedServer, Standing};

/// The widest a column gets.
const WIDEST: usize = 44;

/// One line a server, with a heading.
#[must_use]
pub fn table(report: &Report, paint: &dyn Paint) -> String {
    let mut rows = vec![["CLIENT", "SCOPE", "SERVER", "RUNS", "STATE", "WORST"].map(str::to_owned)];
    let worst = worst(report);
    for file in &report.files {
        rows.extend(file.servers.iter().map(|server| row(&worst, file, server)));
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let lines = rows.iter().enumerate().map(|(at, row)| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        if at == 0 {
            paint.paint(Role::Heading, line)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row(
    worst: &HashMap<(&Path, &str), Severity>,
    file: &JudgedFile,
    server: &JudgedServer,
) -> [String; 6] {
    let state = match (&server.standing, server.enabled) {
        (_, false) => "off",
        (Some(Standing::Approved), _) if server.wrapped => "approved",
        (Some(Standing::Outdated(_)), _) => "changed",
        (Some(_), _) if server.wrapped => "wrapped",
        (Some(_), _) => "open",
        (None, _) => "-",
    };
    [
        file.client.id.to_owned(),
        server.scope.as_str().to_owned(),
        cut(&server.name),
        cut(if server.what.is_empty() {
            server.kind
        } else {
            &server.what
        }),
        state.to_owned(),
        worst
            .get(&(file.path.as_path(), server.name.as_str()))
            .map_or("-", |one| one.as_str())
            .to_owned(),
    ]
}

/// The worst finding of each server, by its file and name.
fn worst(report: &Report) -> HashMap<(&Path, &str), Severity> {
    let mut worst = HashMap::new();
    for finding in report.findings.iter().map(|one| &one.finding) {
        let Some(server) = &finding.server else {
            continue;
        };
        let key = (finding.location.path.as_path(), server.as_str());
        let known = worst.entry(key).or_insert(finding.severity);
        *known = finding.severity.max(*known);
    }
    worst
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}
