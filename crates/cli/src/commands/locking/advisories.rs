//! `interlock advisories`: known vulnerabilities of what is locked or approved, from advisories on this machine.

use interlock_supply::advisories::{self, Hit, Report, Target};
use serde_json::json;

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Advisories, Global, OutputFormat};
use crate::show::counted;
use crate::terminal::{complain, say, visible};

use super::subjects::{self, Subject};

/// Runs `interlock advisories`. Exits with 1 on a hit, and when an advisory could not be read.
///
/// # Errors
/// When there are no advisories to read, or nothing to check.
pub fn run(global: &Global, options: &Advisories) -> Outcome {
    let context = Context::new(global)?;
    let (_, servers) = subjects::named(&context, &[])?;
    let targets: Vec<Target> = servers.iter().flat_map(targets).collect();
    let report = advisories::check(&options.path, &targets).map_err(|error| {
        Failure::new(Exit::Usage, "the advisories cannot be read").because(&error)
    })?;
    for hit in &report.hits {
        let more = match options.format.format {
            OutputFormat::Human => to_text(&context, hit).iter().all(|line| say(line)),
            OutputFormat::Json => say(&to_json(hit)),
        };
        if !more {
            break;
        }
    }
    tell(global, options.format.format, &report, targets.len());
    Ok(if report.is_clean() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn targets(server: &Subject) -> Vec<Target> {
    let tree = server.tree.iter();
    tree.flat_map(|tree| Target::all_of(&server.name, tree))
        .collect()
}

fn to_text(context: &Context, hit: &Hit) -> Vec<String> {
    let style = context.style();
    let ids: Vec<String> = std::iter::once(&hit.id)
        .chain(&hit.aliases)
        .map(|id| visible(id))
        .collect();
    let mark = if hit.sure {
        style.bad("affected")
    } else {
        style.warn("unclear")
    };
    let target = &hit.target;
    let mut lines = vec![format!(
        "{mark} {}: {}@{}  {}",
        target.server,
        target.name,
        target.version,
        ids.join(" ")
    )];
    if !hit.summary.is_empty() {
        lines.push(format!("  {}", visible(&hit.summary)));
    }
    if !hit.fixed.is_empty() {
        let fixed: Vec<String> = hit.fixed.iter().map(|version| visible(version)).collect();
        lines.push(format!("  mended in {}", fixed.join(", ")));
    }
    lines
}

fn to_json(hit: &Hit) -> String {
    json!({
        "v": 1,
        "server": hit.target.server,
        "ecosystem": hit.target.ecosystem.as_str(),
        "package": hit.target.name,
        "version": hit.target.version,
        "id": hit.id,
        "aliases": hit.aliases,
        "summary": hit.summary,
        "fixed": hit.fixed,
        "sure": hit.sure,
    })
    .to_string()
}

fn tell(global: &Global, format: OutputFormat, report: &Report, targets: usize) {
    for (path, why) in &report.unread {
        let path = visible(&path.display().to_string());
        complain(&format!("interlock: {path} was not read: {}", visible(why)));
    }
    if format == OutputFormat::Human && !global.quiet {
        let (records, hits) = (report.records, report.hits.len());
        say(&format!(
            "{} against {}: {}",
            counted(targets, "package"),
            match records {
                1 => "1 advisory".to_owned(),
                more => format!("{more} advisories"),
            },
            counted(hits, "hit")
        ));
    }
}
