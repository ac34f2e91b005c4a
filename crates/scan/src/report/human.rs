//! For people: how much was looked at, the worst first, each with the piece of the file it is about, and what to do next.

use super::sift::{Report, Reported};
use crate::finding::{Finding, Region, Severity};

/// What a piece of text is, for whoever paints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A heading.
    Heading,
    /// Less important.
    Dim,
    /// All is well.
    Good,
    /// Needs attention.
    Warn,
    /// Bad.
    Bad,
}

/// Paints text, or leaves it as it is.
pub trait Paint {
    /// The text in the colour of its role.
    fn paint(&self, role: Role, text: &str) -> String;
}

/// The whole report.
#[must_use]
pub fn human(report: &Report, paint: &dyn Paint) -> String {
    let mut lines = vec![paint.paint(Role::Heading, &summary(report)), String::new()];
    for reported in &report.findings {
        block(reported, paint, &mut lines);
    }
    closing(report, paint, &mut lines);
    lines.join("\n")
}

/// How many findings are told in full on a screen.
const IN_FULL: usize = 3;

/// How many more are told in a line each.
const IN_A_LINE: usize = 20;

/// What fits on a screen: the worst in full, the others in a line each. A short report is the whole one.
#[must_use]
pub fn screen(report: &Report, paint: &dyn Paint) -> String {
    if report.findings.len() <= IN_FULL + 2 {
        return human(report, paint);
    }
    let mut lines = vec![paint.paint(Role::Heading, &summary(report)), String::new()];
    let (full, rest) = report
        .findings
        .split_at_checked(IN_FULL)
        .unwrap_or((&report.findings, &[]));
    for reported in full {
        block(reported, paint, &mut lines);
    }
    let shown = rest.get(..IN_A_LINE.min(rest.len())).unwrap_or(rest);
    let widest = |part: fn(&Reported) -> String| {
        let lengths = shown.iter().map(|one| part(one).chars().count());
        lengths.max().unwrap_or(0)
    };
    let (rules, owners) = (widest(rule), widest(owner));
    for one in shown {
        let severity = format!("{:<6}", one.finding.severity.as_str());
        let (rule, owner) = (rule(one), owner(one));
        lines.push(format!(
            "{}  {rule:<rules$}  {owner:<owners$}  {}",
            paint.paint(role(one.finding.severity), &severity),
            paint.paint(Role::Dim, &place_of(one))
        ));
    }
    let more = rest.len() - shown.len();
    let more = if more > 0 {
        format!("and {more} more; all of them in full: ")
    } else {
        "all of them in full: ".to_owned()
    };
    lines.push(String::new());
    lines.push(format!(
        "{more}{}",
        paint.paint(Role::Heading, "the same command with `--details`")
    ));
    closing(report, paint, &mut lines);
    lines.join("\n")
}

fn rule(reported: &Reported) -> String {
    reported.finding.rule.id.to_owned()
}

/// Whose finding it is, short enough for a column.
fn owner(reported: &Reported) -> String {
    let whole = whose(&reported.finding)
        .or_else(|| reported.finding.client.map(str::to_owned))
        .unwrap_or_default();
    if whole.chars().count() <= WIDEST_OWNER {
        return whole;
    }
    whole.chars().take(WIDEST_OWNER - 1).chain(['…']).collect()
}

/// The widest that a server's name and client get.
const WIDEST_OWNER: usize = 32;

fn place_of(reported: &Reported) -> String {
    match &reported.finding.location.region {
        Some(region) => format!("{}:{}", reported.shown, region.start.line),
        None => reported.shown.clone(),
    }
}

/// A number of things.
fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn summary(report: &Report) -> String {
    let counts = report.counts();
    let looked = format!(
        "{} in {} of {}",
        counted(counts.servers, "server"),
        counted(counts.files, "file"),
        counted(counts.clients, "client")
    );
    let found: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .zip(counts.severities.into_iter().rev())
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| format!("{number} {}", severity.as_str()))
        .collect();
    if found.is_empty() {
        format!("{looked}: nothing found")
    } else {
        format!("{looked}: {}", found.join(", "))
    }
}

fn role(severity: Severity) -> Role {
    match severity {
        Severity::Info => Role::Dim,
        Severity::Low | Severity::Medium => Role::Warn,
        Severity::High => Role::Bad,
    }
}

fn block(reported: &Reported, paint: &dyn Paint, lines: &mut Vec<String>) {
    let finding = &reported.finding;
    let head = format!("{}[{}]", finding.severity.as_str(), finding.rule.id);
    lines.push(format!(
        "{}: {}",
        paint.paint(role(finding.severity), &head),
        paint.paint(Role::Heading, finding.rule.title)
    ));
    match &finding.location.region {
        Some(region) => place(reported, region, paint, lines),
        None => {
            lines.push(format!(
                "  {} {}",
                paint.paint(Role::Dim, "-->"),
                reported.shown
            ));
            lines.push(format!(
                "   {} {}",
                paint.paint(Role::Dim, "="),
                finding.message
            ));
        }
    }
    note(paint, lines, "server", whose(finding).as_deref());
    note(paint, lines, "why", Some(finding.rule.why));
    let fix = finding.fix.as_ref().map(|fix| fix.description());
    note(
        paint,
        lines,
        "fix",
        Some(fix.as_deref().unwrap_or(finding.rule.remedy)),
    );
    lines.push(String::new());
}

fn place(reported: &Reported, region: &Region, paint: &dyn Paint, lines: &mut Vec<String>) {
    let at = format!(
        "{}:{}:{}",
        reported.shown, region.start.line, region.start.column
    );
    lines.push(format!("  {} {at}", paint.paint(Role::Dim, "-->")));
    if region.snippet.trim().is_empty() {
        lines.push(format!(
            "   {} {}",
            paint.paint(Role::Dim, "="),
            reported.finding.message
        ));
        return;
    }
    let number = region.start.line.to_string();
    let gutter = " ".repeat(number.len());
    let bar = paint.paint(Role::Dim, "|");
    let underline = format!("{}{}", " ".repeat(region.before), "^".repeat(region.width));
    let marked = paint.paint(role(reported.finding.severity), &underline);
    lines.push(format!(" {gutter} {bar}"));
    lines.push(format!(
        " {} {bar} {}",
        paint.paint(Role::Dim, &number),
        region.snippet
    ));
    lines.push(format!(
        " {gutter} {bar} {marked} {}",
        reported.finding.message
    ));
}

fn whose(finding: &Finding) -> Option<String> {
    let server = finding.server.as_ref()?;
    Some(match finding.client {
        Some(client) => format!("{server} ({client})"),
        None => server.clone(),
    })
}

fn note(paint: &dyn Paint, lines: &mut Vec<String>, label: &str, text: Option<&str>) {
    if let Some(text) = text {
        let label = paint.paint(Role::Dim, &format!("= {label}:"));
        lines.push(format!("   {label} {text}"));
    }
}

fn closing(report: &Report, paint: &dyn Paint, lines: &mut Vec<String>) {
    let counts = report.counts();
    let mut left = Vec::new();
    let mut add = |number: usize, what: &str| {
        if number > 0 {
            left.push(format!("{number} {what}"));
        }
    };
    add(report.lighter, "lighter (`--min-severity info` shows them)");
    add(report.known, "known from the baseline");
    add(
        report.ignored.len(),
        "ignored (`--show-ignored` lists them)",
    );
    if !left.is_empty() {
        lines.push(format!("not shown: {}", left.join(", ")));
    }
    let open = counts.local - counts.wrapped.min(counts.local);
    if open > 0 {
        let servers = counted(open, "server");
        lines.push(format!(
            "{servers} can start anything that you can start yourself. Next: {} puts {} behind Interlock",
            paint.paint(Role::Heading, "interlock wrap"),
            if open == 1 { "it" } else { "them" }
        ));
    } else if counts.servers == 0 {
        lines.push("no MCP server is configured here".to_owned());
    } else if counts.local > 0 {
        let all = paint.paint(Role::Good, "every local server starts through Interlock");
        lines.push(format!("{all}; next: interlock approve --pending"));
    }
    let fixable = report
        .findings
        .iter()
        .filter(|one| one.finding.fix.is_some())
        .count();
    if fixable > 0 {
        lines.push(format!(
            "{} be fixed now: {} shows the changes and asks",
            if fixable == 1 {
                "1 finding can".to_owned()
            } else {
                format!("{fixable} findings can")
            },
            paint.paint(Role::Heading, "interlock scan --fix")
        ));
    }
}
