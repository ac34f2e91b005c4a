//! A table of servers: who starts what, and how bad it is.

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
    for file in &report.files {
        rows.extend(file.servers.iter().map(|server| row(report, file, server)));
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

fn row(report: &Report, file: &JudgedFile, server: &JudgedServer) -> [String; 6] {
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
        worst(report, file, server)
            .map_or("-", Severity::as_str)
            .to_owned(),
    ]
}

fn worst(report: &Report, file: &JudgedFile, server: &JudgedServer) -> Option<Severity> {
    let of_server = report
        .findings
        .iter()
        .map(|one| &one.finding)
        .filter(|finding| {
            finding.location.path == file.path && finding.server.as_ref() == Some(&server.name)
        });
    of_server.map(|finding| finding.severity).max()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}
