//! One file while it is judged: what was found in it so far, and what of it may be shown.

use std::collections::HashSet;

use interlock_launch::text::{excerpt, has_variable, is_placeholder};
use interlock_launch::{secret_of_argument, secret_of_url, secret_of_variable};

use super::rule::Rule;
use super::table::rule_of;
use super::veil::Veil;
use crate::discover::ConfigFile;
use crate::document::{Node, Span, Value};
use crate::finding::{Finding, Location, Severity};
use crate::fix::Fix;
use crate::server::{Kind, Local, Remote, Server};

/// Most findings of one file whose place is shown; those after them say the file alone.
const MOST_PLACED: usize = 2000;

/// What makes two findings of one file the same: rule, place, server, subject, message.
type Key = (&'static str, Option<Span>, Option<String>, String, String);

/// One file while it is judged.
pub(super) struct FileCase<'a> {
    pub(super) file: &'a ConfigFile,
    pub(super) veil: Veil,
    pub(super) findings: Vec<Finding>,
    seen: HashSet<Key>,
}

/// What is found, before it has a place.
pub(super) struct Found<'a> {
    pub(super) rule: &'static str,
    pub(super) span: Option<Span>,
    pub(super) server: Option<&'a Server>,
    pub(super) message: String,
    pub(super) subject: String,
}

impl<'a> FileCase<'a> {
    pub(super) fn new(file: &'a ConfigFile) -> Self {
        FileCase {
            file,
            veil: veil_of(file),
            findings: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Adds a finding with its rule's own weight. A finding that is there already is not added again.
    pub(super) fn note(&mut self, found: Found<'_>) -> Option<&mut Finding> {
        let rule: &'static Rule = rule_of(found.rule)?;
        let server = found.server.map(|server| excerpt(&server.name));
        let message = self.veil.redact(&found.message);
        let subject = self.veil.redact(&found.subject);
        let key = (
            rule.id,
            found.span,
            server.clone(),
            subject.clone(),
            message.clone(),
        );
        if !self.seen.insert(key) {
            return None;
        }
        let placed = found.span.filter(|_| self.findings.len() < MOST_PLACED);
        let region = placed.and_then(|span| Some(self.veil.region(self.file.document()?, span)));
        let finding = Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            location: Location {
                path: self.file.path.clone(),
                region,
            },
            client: Some(self.file.client.id),
            server,
            message,
            subject,
            fix: None,
        };
        self.findings.push(finding);
        self.findings.last_mut()
    }

    /// The same about a server: one that is switched off weighs nothing, unless what is wrong is wrong anyhow.
    pub(super) fn note_server(
        &mut self,
        server: &Server,
        rule: &'static str,
        span: Span,
        message: impl Into<String>,
        subject: impl Into<String>,
    ) -> Option<&mut Finding> {
        let finding = self.note(Found {
            rule,
            span: Some(span),
            server: Some(server),
            message: message.into(),
            subject: subject.into(),
        })?;
        let anyhow = rule.starts_with("secret-") || rule == "malicious-release";
        if !server.enabled && !anyhow {
            finding.severity = Severity::Info;
            finding.message.push_str(" (the server is switched off)");
        }
        Some(finding)
    }
}

/// Builder's small helper: gives the finding a fix.
pub(super) trait WithFix {
    /// What would put it right.
    fn fix(self, fix: Option<Fix>);
}

impl WithFix for Option<&mut Finding> {
    fn fix(self, fix: Option<Fix>) {
        if let Some(finding) = self {
            finding.fix = fix;
        }
    }
}

/// The text of a file as it may be shown; nothing of one that could not be read.
pub(crate) fn masked(file: &ConfigFile) -> String {
    let document = file.document().filter(|document| document.root().is_some());
    document.map_or_else(String::new, |document| veil_of(file).masked(document))
}

/// Shows pieces of a file as they are written, without secrets and without any value that is set; nothing of one that could not be read.
pub(crate) fn masker(file: &ConfigFile) -> impl Fn(Span) -> String {
    let veil = veil_of(file);
    move |span| {
        let document = file.document().filter(|document| document.root().is_some());
        document.map_or_else(String::new, |document| veil.piece(document, span))
    }
}

/// Every secret of a file, and every value that is set in it, whether a server uses it or not.
fn veil_of(file: &ConfigFile) -> Veil {
    let mut veil = Veil::default();
    if let Some(document) = file.document() {
        veil_words(document.text(), &mut veil);
        if let Some(root) = document.root() {
            veil_tree(root, Below::default(), &mut veil);
        }
    }
    for server in &file.servers {
        match &server.kind {
            Kind::Local(local) => veil_local(local, &mut veil),
            Kind::Remote(remote) => veil_remote(remote, &mut veil),
            Kind::BuiltIn | Kind::Unusable => {}
        }
    }
    veil.settle();
    veil
}

/// Where a walk through a tree is.
#[derive(Clone, Copy, Default)]
struct Below<'k> {
    /// The key that is nearest.
    key: &'k str,
    /// Whether what is here is a variable or a header.
    set: bool,
    /// Whether it stands in a list.
    listed: bool,
}

/// Secrets and set values wherever they stand: in duplicates, in fields that nobody knows, in entries that cannot be used. How deep a
/// tree is, is bounded where it is read.
fn veil_tree(node: &Node, below: Below<'_>, veil: &mut Veil) {
    match &node.value {
        Value::Map(members) => {
            for member in members {
                let inner = Below {
                    key: &member.key,
                    set: below.set || holds_values(&member.key),
                    listed: false,
                };
                veil_tree(&member.value, inner, veil);
            }
        }
        Value::List(elements) => {
            let mut before = "";
            for element in elements {
                let word = element.as_text().unwrap_or("");
                if secret_of_argument(before, word).is_some() {
                    veil.hide(element.span);
                }
                let inner = Below {
                    listed: true,
                    ..below
                };
                veil_tree(element, inner, veil);
                before = word;
            }
        }
        Value::Text(text) => veil_text(text, node.span, below, veil),
        Value::Bool(_) | Value::Number(_) if below.set => veil.small(node.span),
        Value::Bool(_) | Value::Number(_) | Value::Null => {}
    }
}

fn veil_text(text: &str, span: Span, below: Below<'_>, veil: &mut Veil) {
    let (key, value) = match text.split_once('=') {
        Some(pair) if below.set && below.listed => pair,
        _ => (below.key, text),
    };
    match secret_under(key, value) {
        Some(secret) => {
            veil.hide(span);
            // What starts like many other words, or is one of many, would be taken out of messages that say something else.
            let common = secret.contains("://") || secret.starts_with(['/', '.', '~']);
            if !common && !below.listed && secret.chars().count() >= 8 {
                veil.word(secret);
            }
        }
        None if below.set && is_private(value) => veil.value(span),
        None if below.set => veil.small(span),
        None => {}
    }
}

/// The secret in a text under any key: the key says that it is one, or it looks like one. Addresses and names of variables are none.
fn secret_under<'v>(key: &str, value: &'v str) -> Option<&'v str> {
    let lower = key.to_ascii_lowercase();
    let name = lower.contains("env")
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let author = lower.starts_with("author") && !lower.starts_with("authori");
    if name || author || value.contains("://") {
        return secret_of_variable("", value);
    }
    secret_of_variable(key, value)
}

/// Whether variables or headers stand under a key.
fn holds_values(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "env" | "environment" | "envs" | "headers" | "http_headers" | "httpheaders"
    )
}

/// Secrets that show by their own look, wherever they stand: inside a command line, in a comment, in a field that nobody knows.
fn veil_words(text: &str, veil: &mut Veil) {
    let parts = |c: char| c.is_whitespace() || "\"'`=,:;&|?@/\\()[]{}<>".contains(c);
    for word in text.split(parts).filter(|word| word.len() >= 16) {
        if let Some(secret) = secret_of_variable("", word) {
            veil.word(secret);
        }
    }
    let ends = |c: char| c.is_whitespace() || "\"'`,<>".contains(c);
    for address in text.split(ends).filter(|word| word.contains("://")) {
        if let Some(secret) = secret_of_url(address).filter(|secret| secret.len() >= 6) {
            veil.word(secret);
        }
    }
}

fn veil_local(local: &Local, veil: &mut Veil) {
    for ((name, value), spans) in local.request.env.iter().zip(&local.env_spans) {
        match secret_of_variable(name, value) {
            Some(secret) => veil.secret(spans.value, secret),
            None if is_private(value) => veil.value(spans.value),
            None => veil.small(spans.value),
        }
    }
    let mut before = "";
    for (argument, span) in local.request.args.iter().zip(&local.arg_spans) {
        if let Some(secret) = secret_of_argument(before, argument) {
            veil.secret(*span, secret);
        }
        before = argument;
    }
    if let Some(secret) = secret_of_url(&local.request.command) {
        veil.secret(local.command_span, secret);
    }
}

fn veil_remote(remote: &Remote, veil: &mut Veil) {
    if let Some(secret) = secret_of_url(&remote.url.text) {
        veil.secret(remote.url.span, secret);
    }
    for header in &remote.headers {
        match secret_of_variable(&header.name, &header.value) {
            Some(secret) => veil.secret(header.span, secret),
            None if is_private(&header.value) => veil.value(header.span),
            None => veil.small(header.span),
        }
    }
    for credential in &remote.credentials {
        match secret_of_variable("token", &credential.text) {
            Some(secret) => veil.secret(credential.span, secret),
            None => veil.value(credential.span),
        }
    }
}

/// Whether a value could be a secret that no rule knows.
fn is_private(value: &str) -> bool {
    value.len() >= 8 && !has_variable(value) && !is_placeholder(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::clients::client;
    use crate::discover::read_text;

    #[test]
    fn what_no_server_uses_is_hidden_as_well() {
        let text = r#"{
"mcpServers": {"a": {
  "command": "x", // ghp_0123456789abcdefABCDEF
  "env": {"T": "first-value-1", "D": 1},
  "environment": {"A": "other-value-2"},
  "headers": {"X": "third-value-3"},
  "api_key": "fourth-value-4",
  "env": {"T": "hush", "L": "${LATER}"}
}},
"inputs": [{"password": "fifth-value-5"}]
}"#;
        let client = client("cursor").unwrap();
        let place = client.places.first().unwrap();
        let file = read_text(client, place, Path::new("x"), text.as_bytes());
        let whole = Span::new(0, text.len());
        for shown in [masked(&file), masker(&file)(whole)] {
            for hidden in ["0123456789", "-value-"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
            assert!(shown.contains("\"command\": \"x\""), "{shown}");
        }
        let shown = masker(&file)(whole);
        assert!(!shown.contains("hush"), "{shown}");
        assert!(masked(&file).contains("hush"));
    }

    #[test]
    fn after_many_findings_places_are_no_longer_shown() {
        let client = client("cursor").unwrap();
        let place = client.places.first().unwrap();
        let file = read_text(client, place, Path::new("x"), b"{}");
        let mut case = FileCase::new(&file);
        for at in 0..=MOST_PLACED {
            case.note(Found {
                rule: "unset-variable",
                span: Some(Span::new(0, 1)),
                server: None,
                message: at.to_string(),
                subject: String::new(),
            });
        }
        let placed = case
            .findings
            .iter()
            .filter(|one| one.location.region.is_some());
        assert_eq!(placed.count(), MOST_PLACED);
        assert_eq!(case.findings.len(), MOST_PLACED + 1);
    }
}
