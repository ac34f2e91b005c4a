//! Judging one text: what of it is not seen, and what it asks for.

mod clause;
mod encoded;
mod hidden;
mod intent;
mod link;
mod script;
mod secret;

pub(crate) use intent::Role;
pub(crate) use script::{Script, script};
pub(crate) use secret::secrets;

use crate::finding::{COMMENT, ENCODED, Finding, Severity, TAGS, quoted};

/// Everything that is found in one text.
pub(crate) fn judge(text: &str, place: &str, role: Role) -> Vec<Finding> {
    let mut findings = hidden::hidden(text, place);
    findings.extend(intent::intents(text, place, role));
    findings.extend(link::links(text, place));
    findings.extend(secrets(text, place));
    findings.extend(comments(text, place, role));
    findings.extend(encoded(text, place, role));
    // What tags and selectors spell is a text as well.
    if findings.iter().any(|finding| finding.code == TAGS.code) {
        findings.extend(intent::intents(&hidden::smuggled(text), place, Role::Value));
    }
    findings
}

/// Only what is not seen: for texts that are no prose.
pub(crate) fn unseen(text: &str, place: &str) -> Vec<Finding> {
    hidden::hidden(text, place)
}

/// HTML comments: a page does not show them. Pages have them, so in an answer only what they ask for counts.
fn comments(text: &str, place: &str, role: Role) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("<!--") {
        let (comment, behind) = behind.split_once("-->").unwrap_or((behind, ""));
        let words = comment.split_whitespace().count();
        if role != Role::Answer && words > 1 {
            findings.push(Finding::new(
                &COMMENT,
                place,
                format!("`{}`", quoted(comment.trim(), 120)),
            ));
        }
        rest = behind;
    }
    findings
}

/// Text that has to be decoded first: what it asks for, and in a definition that it is there at all.
fn encoded(text: &str, place: &str, role: Role) -> Vec<Finding> {
    let mut findings = Vec::new();
    for decoded in encoded::decoded(text) {
        let inner = intent::intents(&decoded, place, Role::Value);
        let asks = inner
            .iter()
            .any(|finding| finding.severity > Severity::Info);
        if asks || (role != Role::Answer && decoded.split_whitespace().count() > 2) {
            findings.push(Finding::new(
                &ENCODED,
                place,
                format!("it says `{}`", quoted(&decoded, 120)),
            ));
        }
        findings.extend(inner);
        findings.extend(secret::disguised(&decoded, place));
    }
    findings
}
