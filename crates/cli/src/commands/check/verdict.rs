//! What `check` says about one input, as JSON (version 1) and as text.

use interlock_launch::{Class, Decision, Judgement, Request, Severity};
use interlock_scan::Standing;
use interlock_supply::registry::Review;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::terminal::Style;

/// The decision of `check`, as its JSON spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// Exactly this content is approved.
    Approved,
    /// A person may approve it.
    NeedsApproval,
    /// Not a valid request.
    Invalid,
    /// Not approvable as it stands.
    Refused,
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::NeedsApproval => "needs-approval",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
        }
    }
}

/// Version, decision, reasons and identity of one input.
#[derive(Debug)]
pub struct Verdict {
    id: Option<String>,
    word: Word,
    class: &'static str,
    /// Code, text, severity.
    reasons: Vec<(String, String, Severity)>,
    identity: Value,
    fingerprint: Option<String>,
    servers: Vec<(String, Verdict)>,
    /// Why an approval does not fit any more.
    outdated: Option<String>,
}

fn word(judgement: &Judgement) -> Word {
    match judgement.decision() {
        Decision::NeedsApproval => Word::NeedsApproval,
        Decision::Refused => Word::Refused,
        Decision::Invalid => Word::Invalid,
    }
}

impl Verdict {
    /// What judging says, before approvals are looked at.
    pub fn of(request: &Request, judgement: &Judgement) -> Self {
        let reasons = judgement.reasons.iter();
        Self {
            id: request.id.clone(),
            word: word(judgement),
            class: judgement.class.as_str(),
            reasons: reasons
                .map(|reason| (reason.code.to_owned(), reason.text.clone(), reason.severity))
                .collect(),
            identity: identity(&judgement.class),
            fingerprint: None,
            servers: Vec::new(),
            outdated: None,
        }
    }

    /// The request has an approval of exactly its content.
    pub fn approve(&mut self, fingerprint: String, program: &str) {
        self.word = Word::Approved;
        self.fingerprint = Some(fingerprint);
        if let Some(identity) = self.identity.as_object_mut() {
            identity.insert("resolved".to_owned(), json!(true));
            identity.insert("executes".to_owned(), json!(program));
        }
    }

    /// How the request stands with the approvals.
    pub fn standing(&self) -> Standing {
        match (self.word, &self.outdated) {
            (Word::Approved, _) => Standing::Approved,
            (_, Some(why)) => Standing::Outdated(why.clone()),
            _ => Standing::Unapproved,
        }
    }

    /// It has an approval that does not fit any more.
    pub fn outdated(&mut self, code: &str, text: String) {
        self.outdated = Some(text.clone());
        self.reasons
            .push((code.to_owned(), text, Severity::Warning));
    }

    /// An input that is no request at all.
    pub fn invalid(id: Option<String>, code: &'static str, text: String) -> Self {
        Self {
            id,
            word: Word::Invalid,
            class: "unknown",
            reasons: vec![(code.to_owned(), text, Severity::Invalid)],
            identity: json!({ "resolved": false }),
            fingerprint: None,
            servers: Vec::new(),
            outdated: None,
        }
    }

    /// What a registry's entry, a package's manifest or a bundle's says of itself.
    pub fn of_review(id: Option<String>, review: &Review) -> Self {
        let word = match review.decision() {
            Decision::NeedsApproval => Word::NeedsApproval,
            Decision::Refused => Word::Refused,
            Decision::Invalid => Word::Invalid,
        };
        let reasons = review.reasons.iter();
        Self {
            id,
            word,
            class: "package",
            reasons: reasons
                .map(|reason| (reason.code.to_owned(), reason.text.clone(), reason.severity))
                .collect(),
            identity: json!({ "resolved": false, "name": review.subject }),
            fingerprint: None,
            servers: Vec::new(),
            outdated: None,
        }
    }

    /// A config: as bad as the worst of its servers, each of which is told too.
    pub fn of_config(id: Option<String>, servers: Vec<(String, Self)>) -> Self {
        let worst = servers.iter().max_by_key(|(_, verdict)| verdict.word);
        let (word, class, identity, fingerprint) = worst.map_or(
            (Word::Invalid, "unknown", Value::Null, None),
            |(_, worst)| {
                (
                    worst.word,
                    worst.class,
                    worst.identity.clone(),
                    worst.fingerprint.clone(),
                )
            },
        );
        let reasons = servers
            .iter()
            .flat_map(|(_, verdict)| verdict.reasons.clone())
            .collect();
        Self {
            id,
            word,
            class,
            reasons,
            identity,
            fingerprint,
            servers,
            outdated: None,
        }
    }

    /// The exit code that this verdict alone would give.
    pub fn exit(&self) -> Exit {
        match self.word {
            Word::Approved | Word::NeedsApproval => Exit::Done,
            Word::Invalid => Exit::Usage,
            Word::Refused => Exit::Refused,
        }
    }

    /// One JSON object.
    pub fn to_json(&self) -> Value {
        let reasons: Vec<Value> = self
            .reasons
            .iter()
            .map(|(code, text, severity)| {
                json!({ "code": code, "text": text, "severity": severity.as_str() })
            })
            .collect();
        let mut object = json!({
            "v": 1,
            "id": self.id,
            "decision": self.word.as_str(),
            "class": self.class,
            "reasons": reasons,
            "identity": self.identity,
            "fingerprint": self.fingerprint,
        });
        if let (Some(object), false) = (object.as_object_mut(), self.servers.is_empty()) {
            let servers = self.servers.iter().map(|(name, verdict)| {
                let mut server = verdict.to_json();
                if let Some(server) = server.as_object_mut() {
                    server.insert("name".to_owned(), json!(name));
                }
                server
            });
            object.insert("servers".to_owned(), servers.collect());
        }
        object
    }

    /// Lines for a person.
    pub fn to_text(&self, style: Style) -> String {
        let word = match self.word {
            Word::Approved => style.good("approved"),
            Word::NeedsApproval => style.warn("needs approval"),
            Word::Invalid => style.bad("invalid"),
            Word::Refused => style.bad("refused"),
        };
        let id = self
            .id
            .as_ref()
            .map(|id| format!("{}: ", id.escape_debug()))
            .unwrap_or_default();
        let mut lines = vec![format!("{id}{word} ({})", self.class)];
        for (code, text, severity) in &self.reasons {
            let mark = match severity {
                Severity::Info => style.dim(code),
                Severity::Warning => style.warn(code),
                _ => style.bad(code),
            };
            lines.push(format!("  {mark}: {text}"));
        }
        lines.join("\n")
    }
}

/// What the request names, whether or not it is present on this machine.
fn identity(class: &Class) -> Value {
    match class {
        Class::Package(package) => json!({
            "ecosystem": package.ecosystem.as_str(),
            "package": package.name,
            "spec": package.spec,
            "resolved": false,
        }),
        Class::Script(script) => json!({
            "interpreter": script.interpreter,
            "path": script.path,
            "resolved": false,
        }),
        Class::Binary(binary) => json!({ "program": binary.program, "resolved": false }),
        Class::Container(container) => json!({
            "engine": container.engine,
            "image": container.image,
            "tag": container.tag,
            "digest": container.digest,
            "resolved": false,
        }),
        Class::Remote(address) => json!({
            "url": address.url,
            "headers": address.headers.iter().map(|header| &header.name).collect::<Vec<_>>(),
            "resolved": false,
        }),
        Class::InlineCode | Class::Unknown => json!({ "resolved": false }),
    }
}
