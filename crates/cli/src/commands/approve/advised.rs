//! What is said of releases: by the short record that comes with the program, and by the advisories that the configuration names.
//!
//! What either calls malicious is refused, whoever asks for it; holes are told. Advisories that cannot be read refuse everything: what
//! they would say is not known.

use interlock_supply::advisories::{self, Hit, Target};
use interlock_supply::registry::{KnownKind, known};

use super::rules::Rules;
use crate::exit::{Exit, Failure};
use crate::terminal::visible;

/// So many holes are told one by one.
const TOLD: usize = 20;
/// So many malicious releases besides the first.
const MORE: usize = 9;

/// What is said of one release.
pub struct Said {
    /// The server that needs it.
    pub server: String,
    /// Whether it was published to do harm.
    pub is_malicious: bool,
    /// What it is.
    what: String,
    /// Where that is written.
    source: String,
    /// What to do about a malicious one.
    next: String,
}

impl Said {
    /// All of it.
    pub fn line(&self) -> String {
        format!("{}: {}", self.what, self.source)
    }
}

/// Refuses what is malicious; what else is to be known of the others, a line each.
///
/// # Errors
/// When anything is malicious, or the advisories that the configuration names cannot be read.
pub fn judge(rules: &Rules, targets: &[Target]) -> Result<Vec<String>, Failure> {
    let (malicious, holes): (Vec<Said>, Vec<Said>) = of(rules, targets)?
        .into_iter()
        .partition(|it| it.is_malicious);
    let mut malicious = malicious.into_iter();
    if let Some(first) = malicious.next() {
        let mut failure = Failure::new(Exit::Refused, first.what);
        failure.causes.push(first.source);
        failure
            .causes
            .extend(malicious.map(|said| said.line()).take(MORE));
        return Err(failure.next(first.next));
    }
    let mut lines: Vec<String> = holes.iter().take(TOLD).map(Said::line).collect();
    if let Some(more) = holes.len().checked_sub(TOLD).filter(|more| *more > 0) {
        lines.push(format!(
            "and {more} more that advisories tell: interlock advisories FILE|DIR"
        ));
    }
    Ok(lines)
}

/// Everything that is said of these releases.
///
/// # Errors
/// When the advisories that the configuration names cannot be read.
pub fn of(rules: &Rules, targets: &[Target]) -> Result<Vec<Said>, Failure> {
    let mut said: Vec<Said> = targets.iter().filter_map(recorded).collect();
    if let Some(path) = rules.policy.advisories() {
        let shown = visible(&path.display().to_string());
        let hits = advisories::check_whole(path, targets).map_err(|error| {
            let what = "the advisories that the configuration names cannot be read, so nothing is approved";
            Failure::new(Exit::Refused, what)
                .because(&error)
                .next(format!(
                    "mend that, or change `advisories` in config.toml; to see all that cannot be read: interlock advisories {shown}"
                ))
        })?;
        said.extend(hits.iter().map(|hit| advised(hit, &shown)));
    }
    Ok(said)
}

/// What the record that comes with the program says.
fn recorded(target: &Target) -> Option<Said> {
    let (name, version) = (&target.name, &target.version);
    let found = known(target.ecosystem.as_str(), name, Some(version))?;
    let shown = release(target);
    Some(Said {
        server: target.server.clone(),
        is_malicious: found.kind == KnownKind::Malicious,
        what: match found.kind {
            KnownKind::Malicious => format!("{shown} is known to be malicious"),
            KnownKind::Vulnerable => format!("{shown} has a known hole"),
            KnownKind::Archived => format!("{shown} is archived, so nobody mends it"),
        },
        source: found.source.to_owned(),
        next: "choose a version from before it, or another package".to_owned(),
    })
}

/// What a configured advisory says.
fn advised(hit: &Hit, advisories: &str) -> Said {
    let (shown, is_malicious) = (release(&hit.target), hit.is_malicious());
    let names = std::iter::once(&hit.id).chain(&hit.aliases);
    let names: Vec<String> = names.map(|name| visible(name)).collect();
    let summary = match hit.summary.as_str() {
        "" => String::new(),
        summary => format!(" {}", visible(summary)),
    };
    let fixed: Vec<String> = hit.fixed.iter().map(|version| visible(version)).collect();
    let mended = match fixed.as_slice() {
        [] => String::new(),
        fixed => format!("; mended in {}", fixed.join(", ")),
    };
    Said {
        server: hit.target.server.clone(),
        is_malicious,
        what: match (is_malicious, hit.sure) {
            (true, true) => format!("{shown} is known to be malicious"),
            (true, false) => {
                format!("{shown} may be malicious; of which versions that is said cannot be told")
            }
            (false, true) => format!("{shown} has a known hole"),
            (false, false) => format!("{shown} may have a known hole"),
        },
        source: format!("{}{summary}{mended}", names.join(" ")),
        next: format!(
            "choose another version or another package; an advisory that is wrong has to leave {advisories}"
        ),
    }
}

fn release(target: &Target) -> String {
    format!("{}@{}", visible(&target.name), visible(&target.version))
}
