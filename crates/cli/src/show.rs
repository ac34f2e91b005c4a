//! How launches and grants are shown to a person: exactly, escaped, nothing left out.

use interlock_launch::{
    Address, BaseProfile, Difference, HeaderValue, Launch, LaunchRecord, Limits, Line, Profile,
    Reason, Severity, command_line,
};
use interlock_supply::lockfile::ATTESTATION_GONE;

use crate::terminal::{Style, visible};

/// The options of `approve` that would make this profile, one each.
pub fn grant_options(profile: &Profile) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(
        profile
            .reads()
            .iter()
            .map(|path| format!("--read {}", visible(path.as_str()))),
    );
    options.extend(
        profile
            .writes()
            .iter()
            .map(|path| format!("--write {}", visible(path.as_str()))),
    );
    options.extend(profile.net().iter().map(|target| format!("--net {target}")));
    options.extend(
        profile
            .env()
            .iter()
            .map(|name| format!("--env {}", name.as_str())),
    );
    options.extend(
        profile
            .secrets()
            .iter()
            .map(|name| format!("--secret {}", name.as_str())),
    );
    options.extend(
        profile
            .cwd()
            .map(|path| format!("--cwd {}", visible(path.as_str()))),
    );
    if profile.base() == BaseProfile::Browser {
        options.push("--profile browser".to_owned());
    }
    options.extend(limit_options(profile.limits()));
    options.extend(profile.danger_options());
    options
}

/// Only limits that differ from the usual ones are worth a line.
fn limit_options(limits: &Limits) -> Vec<String> {
    let usual = Limits::default();
    let pairs = [
        ("--memory", limits.memory_bytes, usual.memory_bytes),
        ("--processes", limits.processes, usual.processes),
        ("--scratch", limits.tmp_bytes, usual.tmp_bytes),
    ];
    pairs
        .into_iter()
        .filter(|(_, is, was)| is != was)
        .map(|(option, is, _)| format!("{option} {is}"))
        .collect()
}

/// A launch as a person has to see it before approving: what was asked for, and what would really run.
pub fn launch(launch: &Launch, style: Style) -> Vec<String> {
    record(launch.record(), style)
}

/// The same, of a launch that was approved earlier.
pub fn record(launch: &LaunchRecord, style: Style) -> Vec<String> {
    let label = |text: &str| style.dim(&format!("{text:<10}"));
    let mut lines = vec![format!(
        "{}{}",
        label("asked for"),
        command_line(&launch.request)
    )];
    if let Some(cwd) = &launch.request.cwd {
        lines.push(format!("{}{}", label("directory"), visible(cwd)));
    }
    for variable in &launch.request.env {
        let value = variable
            .value
            .as_ref()
            .map_or("(value not part of the approval)".to_owned(), |value| {
                visible(value)
            });
        lines.push(format!(
            "{}{}={value}",
            label("variable"),
            visible(&variable.name)
        ));
    }
    if let Some(package) = &launch.package {
        lines.push(format!(
            "{}{} {}@{}",
            label("package"),
            package.ecosystem,
            visible(&package.name),
            visible(&package.version)
        ));
        lines.push(format!("{}{}", label(""), package.integrity));
    }
    if let Some(address) = &launch.remote {
        lines.extend(remote(address, style));
        return lines;
    }
    if let Some(program) = &launch.program {
        lines.push(format!("{}{}", label("runs"), visible(&program.path)));
        lines.push(format!("{}sha256 {}", label(""), program.sha256));
    }
    for file in &launch.chain {
        lines.push(format!("{}{}", label("through"), visible(&file.path)));
        lines.push(format!("{}sha256 {}", label(""), file.sha256));
    }
    for tree in &launch.trees {
        lines.push(format!(
            "{}{} ({}, {})",
            label("code"),
            visible(&tree.root),
            tree.role.as_str(),
            counted(tree.files, "file")
        ));
        lines.push(format!("{}sha256 {}", label(""), tree.digest));
    }
    let arguments: Vec<String> = launch
        .argv
        .iter()
        .map(|argument| visible(argument))
        .collect();
    lines.push(format!("{}{}", label("arguments"), arguments.join(" ")));
    lines
}

/// An address, and what goes there with every request.
fn remote(address: &Address, style: Style) -> Vec<String> {
    let label = |text: &str| style.dim(&format!("{text:<10}"));
    let mut lines = vec![format!("{}{}", label("connects"), visible(&address.url))];
    lines.extend(address.headers.iter().map(|header| {
        let filled = match &header.value {
            HeaderValue::Secret { name, .. } => format!("from the secret {name}"),
            HeaderValue::Variable { name, .. } => format!("from the variable {name}"),
            HeaderValue::Text(_) => "as it stands here".to_owned(),
        };
        let shown = visible(&header.to_string());
        format!("{}{shown} ({filled})", label("header"))
    }));
    lines
}

/// A number of things.
pub fn counted<N: std::fmt::Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Grants, or the sentence that there are none.
pub fn grants(profile: &Profile, style: Style) -> Vec<String> {
    let options = grant_options(profile);
    if options.is_empty() {
        return vec!["no files, no network, no variables beyond what every server gets".to_owned()];
    }
    options
        .into_iter()
        .map(|option| {
            if option.starts_with("--danger") {
                style.bad(&option)
            } else {
                option
            }
        })
        .collect()
}

/// One line a reason, the heaviest first as judging gives them.
pub fn reasons(reasons: &[Reason], style: Style) -> Vec<String> {
    let line = |reason: &Reason| {
        let code = match reason.severity {
            Severity::Info => style.dim(reason.code),
            Severity::Warning => style.warn(reason.code),
            _ => style.bad(reason.code),
        };
        format!("{code}: {}", reason.text)
    };
    reasons.iter().map(line).collect()
}

/// What differs, each part as it was and as it is.
pub fn difference(difference: &Difference, style: Style) -> Vec<String> {
    self::lines(difference.lines(), style)
}

/// The same of any list of differences.
pub fn lines(all: &[Line], style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for line in all {
        let what = visible_words(&line.what);
        let loud = line.what == ATTESTATION_GONE;
        lines.push(if loud { style.bad(&what) } else { what });
        lines.extend(
            line.was
                .as_ref()
                .map(|was| style.bad(&format!("  - {}", visible(was)))),
        );
        lines.extend(
            line.now
                .as_ref()
                .map(|now| style.good(&format!("  + {}", visible(now)))),
        );
    }
    lines
}

/// A description of ours with a name of somebody else's in it.
fn visible_words(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}
