//! What a server answers: results of tools, questions to the client, instructions.

use interlock_wire::{Limits, json};

use crate::definition::icons;
use crate::document::{MOST, below, fault, strings, tidied};
use crate::finding::{
    BIDI, FORM_SECRET, Finding, SAMPLING_CONTEXT, SAMPLING_COST, Severity, TAGS, TERMINAL,
    TOO_LARGE, quoted,
};
use crate::schema;
use crate::text::{Role, judge};
use crate::uri::{self, Use};

/// Tokens that no question to a person's model needs.
const MOST_TOKENS: f64 = 32_768.0;

/// What is found in a result of `tools/call`: the JSON text of a [`CallToolResult`](interlock_wire::types::CallToolResult) or of an
/// [`InputRequiredResult`](interlock_wire::types::InputRequiredResult). With the tool's output schema, its structured result is held against that.
///
/// ```
/// let findings = interlock_inspect::result(br#"{"content":[{"type":"text","text":"ok\u001b[2J"}]}"#, None);
/// assert_eq!((findings[0].code, findings[0].place.as_str()), ("terminal-sequence", "/content/0/text"));
/// ```
#[must_use]
pub fn result(raw: &[u8], output_schema: Option<&[u8]>) -> Vec<Finding> {
    let raw = raw.trim_ascii();
    if let Some(fault) = fault(raw) {
        return vec![fault];
    }
    let mut findings = Vec::new();
    for (index, block) in
        json::elements(json::member(raw, "content").unwrap_or_default()).enumerate()
    {
        if findings.len() > MOST {
            break;
        }
        findings.extend(content(block, &format!("/content/{index}")));
    }
    let structured = json::member(raw, "structuredContent");
    if let Some(value) = structured {
        findings.extend(texts(value, "/structuredContent"));
    }
    if let Some((schema, value)) = output_schema.zip(structured) {
        findings.extend(schema::mismatch(schema, value, "/structuredContent"));
    }
    findings.extend(questions(raw));
    tidied(findings)
}

/// What is found in a question of a server: the method of a request (`elicitation/create`, `sampling/createMessage`) and its parameters.
#[must_use]
pub fn question(method: &str, params: &[u8]) -> Vec<Finding> {
    match fault(params) {
        Some(fault) => vec![fault],
        None => tidied(asked(method, params.trim_ascii(), "")),
    }
}

/// What is found in the instructions that a server gives with its handshake.
#[must_use]
pub fn instructions(text: &str) -> Vec<Finding> {
    match text.len() > Limits::default().max_message {
        true => vec![Finding::new(
            &TOO_LARGE,
            "",
            "the instructions are larger than a message",
        )],
        false => tidied(judge(text, "", Role::Description)),
    }
}

/// All texts of a value.
fn texts(raw: &[u8], place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    strings(raw, place, &mut |text| {
        if findings.len() <= MOST {
            findings.extend(said(text.text, text.place));
        }
    });
    findings
}

/// A text of an answer. It may be a page, a log, a program's output: what is a fault in a definition is data here, to be shown escaped.
fn said(text: &str, place: &str) -> Vec<Finding> {
    let mut findings = judge(text, place, Role::Answer);
    for finding in &mut findings {
        if finding.refuses() && [TERMINAL.code, BIDI.code, TAGS.code].contains(&finding.code) {
            finding.severity = Severity::High;
        }
    }
    findings
}

fn content(block: &[u8], place: &str) -> Vec<Finding> {
    let text = |name: &str| json::member(block, name).and_then(json::as_str);
    let kind = text("type").unwrap_or_default();
    let mut findings = icons(block, place);
    for name in ["text", "title", "name", "description"] {
        if let Some(text) = text(name) {
            findings.extend(said(&text, &below(place, name)));
        }
    }
    if let Some(uri) = text("uri") {
        findings.extend(uri::judge(&uri, Use::Read, &below(place, "uri")));
    }
    if let Some(resource) = json::member(block, "resource").filter(|_| kind == "resource") {
        findings.extend(content(resource, &below(place, "resource")));
    }
    findings
}

fn questions(raw: &[u8]) -> Vec<Finding> {
    let Some(requests) = json::member(raw, "inputRequests") else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut one = |request: &[u8], place: &str| {
        let method = json::member(request, "method")
            .and_then(json::as_str)
            .unwrap_or_default();
        let params = json::member(request, "params").unwrap_or_default();
        findings.extend(asked(&method, params, &below(place, "params")));
    };
    for (name, request) in json::members(requests) {
        one(request, &below("/inputRequests", &name));
    }
    for (index, request) in json::elements(requests).enumerate() {
        one(request, &format!("/inputRequests/{index}"));
    }
    findings
}

fn asked(method: &str, params: &[u8], place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    match method {
        "elicitation/create" => findings.extend(elicitation(params, place)),
        "sampling/createMessage" => findings.extend(sampling(params, place)),
        _ => {}
    }
    findings
}

fn elicitation(params: &[u8], place: &str) -> Vec<Finding> {
    let text = |name: &str| json::member(params, name).and_then(json::as_str);
    let mut findings = Vec::new();
    if let Some(message) = text("message") {
        findings.extend(said(&message, &below(place, "message")));
    }
    if let Some(url) = text("url") {
        findings.extend(uri::judge(&url, Use::Opened, &below(place, "url")));
    }
    let fields = json::member(params, "requestedSchema")
        .and_then(|schema| json::member(schema, "properties"))
        .unwrap_or_default();
    let place = below(&below(place, "requestedSchema"), "properties");
    for (name, field) in json::members(fields) {
        let title = json::member(field, "title")
            .and_then(json::as_str)
            .unwrap_or_default();
        if asks_secret(&name) || asks_secret(&title) {
            findings.push(Finding::new(
                &FORM_SECRET,
                &below(&place, &name),
                format!("`{}`", quoted(&name, 80)),
            ));
        }
        findings.extend(texts(field, &below(&place, &name)));
    }
    findings
}

/// Whether a field's name or title names a secret.
fn asks_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let words = [
        "password",
        "passphrase",
        "passwd",
        "secret",
        "apikey",
        "accesstoken",
        "authtoken",
        "privatekey",
        "creditcard",
        "cardnumber",
        "cvv",
        "seedphrase",
        "credential",
        "otp",
        "pincode",
        "sshkey",
    ];
    words.iter().any(|word| plain.contains(word)) || plain == "token" || plain == "pin"
}

fn sampling(params: &[u8], place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let context = json::member(params, "includeContext")
        .and_then(json::as_str)
        .unwrap_or_default();
    if context == "allServers" {
        findings.push(Finding::new(
            &SAMPLING_CONTEXT,
            &below(place, "includeContext"),
            "`allServers`",
        ));
    }
    let tokens = json::member(params, "maxTokens")
        .and_then(|raw| std::str::from_utf8(raw).ok()?.parse::<f64>().ok());
    if let Some(tokens) = tokens.filter(|tokens| *tokens > MOST_TOKENS) {
        findings.push(Finding::new(
            &SAMPLING_COST,
            &below(place, "maxTokens"),
            format!("{tokens} tokens"),
        ));
    }
    for name in ["messages", "systemPrompt"] {
        if let Some(raw) = json::member(params, name) {
            findings.extend(texts(raw, &below(place, name)));
        }
    }
    findings
}
