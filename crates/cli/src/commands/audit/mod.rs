//! `interlock audit`: look at the log, verify it, export it.

mod line;

use std::path::Path;
use std::time::Duration;

use interlock_audit::read::{Filter, ReadError, Record, Records};
use interlock_audit::verify::{VerifyOptions, VerifyReport, verify};
use interlock_audit::{Checkpoint, CheckpointSyntax, export};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Audit, AuditFilter, ExportFormat, Global, OutputFormat};
use crate::terminal::{Style, say};

/// How often `tail --follow` looks for more.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Runs `interlock audit`.
///
/// # Errors
/// When there is no log or it cannot be read.
pub fn run(global: &Global, options: &Audit) -> Outcome {
    let context = Context::new(global)?;
    let directory = context.audit_directory();
    match options {
        Audit::Tail {
            lines,
            follow,
            filter,
            format,
        } => {
            let shown = Shown {
                format: format.format,
                style: context.style(),
            };
            tail(&directory, *lines, *follow, filter_of(filter), &shown)
        }
        Audit::Show { filter, format } => {
            let shown = Shown {
                format: format.format,
                style: context.style(),
            };
            let records = Records::open(&directory, filter_of(filter)).map_err(unreadable)?;
            print_all(records, |record| shown.print(record))
        }
        Audit::Verify {
            directory: other,
            expect,
        } => {
            let directory = other.as_ref().unwrap_or(&directory);
            verify_log(directory, expect, context.style(), global.quiet)
        }
        Audit::Export { format } => export_log(&directory, *format),
    }
}

fn unreadable(error: ReadError) -> Failure {
    Failure::new(Exit::Findings, "the audit log cannot be read").because(&error)
}

fn filter_of(options: &AuditFilter) -> Filter {
    Filter {
        session: options.session.clone(),
        events: options.event.clone(),
        tool: options.tool.clone(),
        ..Filter::default()
    }
}

struct Shown {
    format: OutputFormat,
    style: Style,
}

impl Shown {
    fn print(&self, record: &Record) -> bool {
        match self.format {
            OutputFormat::Json => say(&record.line),
            OutputFormat::Human => say(&line::render(record, self.style)),
        }
    }
}

fn print_all(
    records: impl Iterator<Item = Result<Record, ReadError>>,
    mut print: impl FnMut(&Record) -> bool,
) -> Outcome {
    for record in records {
        if !print(&record.map_err(unreadable)?) {
            break;
        }
    }
    Ok(Exit::Done)
}

fn tail(directory: &Path, lines: usize, follow: bool, filter: Filter, shown: &Shown) -> Outcome {
    let (last, mut more) = Records::tail(directory, lines, filter).map_err(unreadable)?;
    for record in &last {
        if !shown.print(record) {
            return Ok(Exit::Done);
        }
    }
    if !follow {
        return Ok(Exit::Done);
    }
    loop {
        for record in more.by_ref() {
            if !shown.print(&record.map_err(unreadable)?) {
                return Ok(Exit::Done);
            }
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A checkpoint as it was kept elsewhere.
fn kept(text: &str) -> Result<Checkpoint, Failure> {
    text.trim().parse().map_err(|error: CheckpointSyntax| {
        Failure::new(Exit::Usage, "`--expect` got no checkpoint")
            .because(&error)
            .next("give the line that `interlock audit verify` printed earlier")
    })
}

fn verify_log(directory: &Path, expect: &[String], style: Style, quiet: bool) -> Outcome {
    let expect: Result<Vec<Checkpoint>, Failure> = expect.iter().map(|text| kept(text)).collect();
    let options = VerifyOptions {
        expect: expect?,
        ..VerifyOptions::default()
    };
    let report = verify(directory, &options).map_err(|error| {
        let what = format!(
            "the audit log in `{}` cannot be verified",
            directory.display()
        );
        Failure::new(Exit::Findings, what).because(&error)
    })?;
    for finding in &report.findings {
        say(&format!("{} {finding}", style.bad("found")));
    }
    for note in &report.notes {
        say(&format!("{} {note}", style.dim("note ")));
    }
    if !quiet {
        summarise(&report, style);
    }
    Ok(if report.is_intact() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn summarise(report: &VerifyReport, style: Style) {
    let size = format!(
        "{} records in {} files, {} of them signed",
        report.records, report.files, report.signed_seq
    );
    if report.is_intact() {
        say(&format!("{} {size}", style.good("intact")));
    } else {
        let findings = report.findings.len() as u64 + report.more_findings;
        say(&format!(
            "{} {findings} findings in {size}",
            style.bad("not intact")
        ));
    }
    if let Some(checkpoint) = &report.checkpoint {
        say(&format!("checkpoint, to keep elsewhere: {checkpoint}"));
    }
}

fn export_log(directory: &Path, format: ExportFormat) -> Outcome {
    let records = Records::open(directory, Filter::default()).map_err(unreadable)?;
    let hostname = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let source = export::Source {
        hostname: &hostname,
        version: env!("CARGO_PKG_VERSION"),
    };
    print_all(records, |record| match format {
        ExportFormat::Json => say(&export::json(record)),
        ExportFormat::Ocsf => say(&export::ocsf(record, &source).to_string()),
    })
}
