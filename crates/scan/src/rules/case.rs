//! One file while it is judged: what was found in it so far, and what of it may be shown.

use std::collections::HashSet;

use interlock_launch::text::{excerpt, has_variable, is_placeholder};
use interlock_launch::{secret_of_argument, secret_of_url, secret_of_variable};

use super::rule::Rule;
use super::table::rule_of;
use super::veil::Veil;
use crate::discover::ConfigFile;
use crate::document::Span;
use crate::finding::{Finding, Location, Severity};
use crate::fix::Fix;
use crate::server::{Kind, Local, Remote, Server};

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
        let region = found
            .span
            .and_then(|span| Some(self.veil.region(self.file.document()?, span)));
        let finding = Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            location: Location {
                path: self.file.path.clone(),
                region,
            },
            client: Some(self.file.client.id),
            server: found.server.map(|server| excerpt(&server.name)),
            message: self.veil.redact(&found.message),
            subject: self.veil.redact(&found.subject),
            fix: None,
        };
        let (server, subject) = (finding.server.clone(), finding.subject.clone());
        let key = (
            rule.id,
            found.span,
            server,
            subject,
            finding.message.clone(),
        );
        if !self.seen.insert(key) {
            return None;
        }
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

/// Every secret of a file, and every value that is set in it.
fn veil_of(file: &ConfigFile) -> Veil {
    let mut veil = Veil::default();
    if let Some(document) = file.document() {
        veil_words(document.text(), &mut veil);
    }
    for server in &file.servers {
        match &server.kind {
            Kind::Local(local) => veil_local(local, &mut veil),
            Kind::Remote(remote) => veil_remote(remote, &mut veil),
            Kind::BuiltIn | Kind::Unusable => {}
        }
    }
    veil
}

/// Secrets that show by their own look, wherever they stand: inside a command line, in a comment, in a field that nobody knows.
fn veil_words(text: &str, veil: &mut Veil) {
    let parts = |c: char| c.is_whitespace() || "\"'`=,:;&|?@/\\()[]{}<>".contains(c);
    for word in text.split(parts).filter(|word| word.len() >= 16) {
        if let Some(secret) = secret_of_variable("", word) {
            veil.word(secret);
        }
    }
}

fn veil_local(local: &Local, veil: &mut Veil) {
    for ((name, value), spans) in local.request.env.iter().zip(&local.env_spans) {
        match secret_of_variable(name, value) {
            Some(secret) => veil.secret(spans.value, secret),
            None if is_private(value) => veil.value(spans.value),
            None => {}
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
            None => {}
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
