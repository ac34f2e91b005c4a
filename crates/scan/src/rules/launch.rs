//! What a local server would run: the judgement of `interlock check`, with a place in the file for each reason.

use std::collections::HashMap;

use interlock_launch::text::{excerpt, mask};
use interlock_launch::{
    Class, Digest, Ecosystem, Judgement, PackageRef, Reason, Request, judge, secret_of_argument,
    secret_of_variable,
};

use super::case::{FileCase, WithFix as _};
use super::context::{Context, Standing};
use crate::advisories::Matched;
use crate::document::Span;
use crate::finding::Severity;
use crate::fix::{self, Fix};
use crate::server::{Local, Server};
use crate::wrap;

/// Most reasons about one server whose word is looked for among all its arguments and values. Those after them are shown at the command.
const MOST_LOOKED_FOR: usize = 200;

/// What judging a local server gave, for the report.
pub(super) struct LocalVerdict {
    pub(super) judgement: Judgement,
    pub(super) standing: Standing,
    /// It is started through `interlock run`.
    pub(super) wrapped: bool,
}

/// Judges what a local server would run.
pub(super) fn judge_local(
    server: &Server,
    local: &Local,
    context: &Context<'_>,
    case: &mut FileCase<'_>,
) -> LocalVerdict {
    let inner = wrapped(&local.request);
    let wrapped = inner.is_some();
    let before = case.findings.len();
    // What stands before `--` is Interlock's own; the arguments after it keep their places.
    let (request, skipped) = inner.unwrap_or_else(|| (local.request.clone(), 0));
    let words = Words {
        request: &request,
        local,
        skipped,
    };
    let named = wrapped && request.command.is_empty();
    let judgement = if wrapped {
        // Not every program called `interlock` is Interlock: it is judged like any other.
        let program = judge(&Request::new(local.request.command.as_str(), [""; 0]));
        note_program(server, local, &program, case);
        if named {
            program
        } else {
            judge_as_written(&request)
        }
    } else {
        judge_as_written(&request)
    };
    if !named {
        note_reasons(server, &words, &judgement, case);
        note_secrets(server, &words, wrapped, case);
        note_package(server, &words, &judgement.class, context, case);
        note_pin(server, &words, &judgement.class, context, (case, before));
    }
    // `interlock run NAME` is asked about as it is written: the name says which approval.
    let asked = if named { &local.request } else { &request };
    let standing = (context.standing)(asked);
    note_standing(server, &words, &standing, wrapped, case);
    LocalVerdict {
        judgement,
        standing,
        wrapped,
    }
}

/// The judgement of what is asked for, whoever wrote it: that a project wrote it is said apart.
fn judge_as_written(request: &Request) -> Judgement {
    judge(&Request {
        origin: None,
        ..request.clone()
    })
}

fn note_program(server: &Server, local: &Local, program: &Judgement, case: &mut FileCase<'_>) {
    for reason in &program.reasons {
        let text = reason.text.as_str();
        case.note_server(server, reason.code, local.command_span, text, "interlock");
    }
}

/// The request inside `interlock run -- COMMAND ARGS`, and how many arguments stand before `COMMAND`'s own. For `interlock run NAME` an
/// empty request.
fn wrapped(request: &Request) -> Option<(Request, usize)> {
    match wrap::inner(request)? {
        wrap::Inner::Command(inner) => {
            let joined = |arg: &String| arg.starts_with("--url=");
            let before = |arg: &String| matches!(arg.as_str(), "--" | "--url") || joined(arg);
            let at = request.args.iter().position(before)?;
            let own = if request.args.get(at).is_some_and(joined) {
                1
            } else {
                2
            };
            Some((inner, at + own))
        }
        wrap::Inner::Named(_) => Some((Request::default(), 0)),
    }
}

/// The words of a request and where they stand.
struct Words<'a> {
    request: &'a Request,
    local: &'a Local,
    skipped: usize,
}

impl Words<'_> {
    /// What tells this launch from another under the same name: a report that knew the one does not know the other. Secrets are left
    /// out, so that no report carries the digest of one.
    fn digest(&self) -> String {
        let mut text = format!("{:?}", self.request.command);
        let mut before = "";
        for argument in &self.request.args {
            let shown = match secret_of_argument(before, argument) {
                Some(secret) => argument.replace(secret, ""),
                None => argument.clone(),
            };
            text.push_str(&format!(" {shown:?}"));
            before = argument;
        }
        Digest::of(text.as_bytes()).short()
    }

    fn command(&self) -> Span {
        let inner = self.skipped.checked_sub(1);
        let inner = inner.and_then(|at| self.local.arg_spans.get(at)).copied();
        inner.unwrap_or(self.local.command_span)
    }

    fn arguments(&self) -> impl Iterator<Item = (&String, Span)> {
        let spans = self.local.arg_spans.iter().skip(self.skipped).copied();
        self.request.args.iter().zip(spans)
    }

    fn variables(&self) -> impl Iterator<Item = (&(String, String), Span, Span)> {
        let spans = self.local.env_spans.iter();
        self.request
            .env
            .iter()
            .zip(spans)
            .map(|(variable, spans)| (variable, spans.name, spans.value))
    }

    /// The variables by their names as reasons write them; of a name that is set twice, the first.
    fn by_name(&self) -> HashMap<String, (Span, &String)> {
        let mut named = HashMap::new();
        for ((name, _), at, value) in self.variables() {
            named.entry(excerpt(name)).or_insert((at.join(value), name));
        }
        named
    }

    /// The argument or the value that a reason speaks of: reasons name it between backquotes. The longest argument counts; without any,
    /// the command.
    fn of(&self, reason: &Reason) -> (Span, String) {
        if reason.code.starts_with("cwd-")
            && let Some(span) = self.local.cwd_span
        {
            return (span, "cwd".to_owned());
        }
        let mut named: Vec<(&String, Span)> = self
            .arguments()
            .filter(|(argument, _)| !argument.is_empty() && mentions(&reason.text, argument))
            .collect();
        named.sort_by_key(|(argument, _)| std::cmp::Reverse(argument.len()));
        let by_value = || {
            let mut variables = self.variables();
            let found = variables.find(|((_, value), ..)| mentions(&reason.text, value));
            found.map(|((name, _), at, value)| (at.join(value), name.clone()))
        };
        match named.first() {
            Some((argument, span)) => (*span, excerpt(argument)),
            None => by_value().unwrap_or_else(|| (self.command(), String::new())),
        }
    }
}

/// Whether the text quotes the word, or a part of it: what stands between `=`, `:` and `,`, or a piece of some length.
fn mentions(text: &str, word: &str) -> bool {
    quoted(text).filter(|part| !part.is_empty()).any(|part| {
        let mut pieces = word.split(['=', ':', ',']);
        part == excerpt(word)
            || pieces.any(|piece| piece == part)
            || (part.len() > 3 && word.contains(part))
    })
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn note_reasons(
    server: &Server,
    words: &Words<'_>,
    judgement: &Judgement,
    case: &mut FileCase<'_>,
) {
    let launch = words.digest();
    let variables = words.by_name();
    let mut looked_for = 0;
    for reason in &judgement.reasons {
        if matches!(reason.code, "secret-in-env" | "secret-in-args") {
            continue;
        }
        let variable = quoted(&reason.text).find_map(|name| variables.get(name));
        let (span, subject) = match variable {
            Some((span, name)) => (*span, (*name).clone()),
            None if looked_for < MOST_LOOKED_FOR => {
                looked_for += 1;
                words.of(reason)
            }
            None => (words.command(), excerpt(&reason.text)),
        };
        let subject = format!("{subject} of {launch}");
        case.note_server(server, reason.code, span, reason.text.as_str(), subject);
    }
}

/// Secrets are looked for again, word by word, to know where each one stands.
fn note_secrets(server: &Server, words: &Words<'_>, wrapped: bool, case: &mut FileCase<'_>) {
    for ((name, value), _, span) in words.variables() {
        if let Some(secret) = secret_of_variable(name, value) {
            let message = format!(
                "`{}` holds a secret in plain text: {}",
                excerpt(name),
                mask(secret)
            );
            let fix = (wrapped && secret == value && !server.copied)
                .then(|| fix::move_secret(server, name))
                .flatten();
            let noted = case.note_server(server, "secret-in-env", span, message, name.clone());
            noted.fix(fix);
        }
    }
    let mut before = "";
    for (argument, span) in words.arguments() {
        if let Some(secret) = secret_of_argument(before, argument) {
            let message = format!("an argument holds a secret: {}", mask(secret));
            let subject = before.to_owned();
            case.note_server(server, "secret-in-args", span, message, subject);
        }
        before = argument;
    }
}

/// What is known about a package, and the version that it should have.
fn note_package(
    server: &Server,
    words: &Words<'_>,
    class: &Class,
    context: &Context<'_>,
    case: &mut FileCase<'_>,
) {
    let Class::Package(package) = class else {
        return;
    };
    let span = package_word(words, package).map_or(words.command(), |(span, _)| span);
    for Matched { advisory, certain } in context.advisories.of(package) {
        let rule = if advisory.malicious {
            "malicious-release"
        } else {
            "vulnerable-release"
        };
        let message = advisory.message(package);
        if let Some(finding) = case.note_server(server, rule, span, message, &advisory.id) {
            finding.severity = finding.severity.min(advisory.severity);
            if !certain {
                finding.confidence = crate::finding::Confidence::Low;
            }
        }
    }
}

/// Gives what says that a version floats its fix. What was found before this server was looked at is none of it.
fn note_pin(
    server: &Server,
    words: &Words<'_>,
    class: &Class,
    context: &Context<'_>,
    (case, before): (&mut FileCase<'_>, usize),
) {
    let Class::Package(package) = class else {
        return;
    };
    if server.copied {
        return;
    }
    let own = case.findings.get_mut(before..).unwrap_or_default();
    let floating = own.iter_mut().find(|one| one.rule.id == "floating-version");
    if floating.is_some() {
        floating.fix(pin(words, package, context));
    }
}

/// The argument that names the package, where it is one whole argument.
fn package_word<'w>(words: &'w Words<'_>, package: &PackageRef) -> Option<(Span, &'w str)> {
    // What names a repository is no name of a package, and a command may be called like one.
    if package.repository().is_some() {
        return None;
    }
    let versioned = package
        .spec
        .as_ref()
        .map(|spec| format!("{}@{}", package.name, spec.trim_start_matches('@')));
    words
        .arguments()
        .find(|(argument, _)| **argument == package.name || Some(*argument) == versioned.as_ref())
        .map(|(argument, span)| (span, argument.as_str()))
}

/// The change that names the version which is known from an approval or a lock. Nothing is guessed.
fn pin(words: &Words<'_>, package: &PackageRef, context: &Context<'_>) -> Option<Fix> {
    let takes_at = matches!(package.ecosystem, Ecosystem::Npm) || package.runner == "uvx";
    let (span, written) = package_word(words, package).filter(|_| takes_at)?;
    let version = (context.version)(package)?;
    Some(fix::pin(
        span,
        written,
        &format!("{}@{version}", package.name),
    ))
}

fn note_standing(
    server: &Server,
    words: &Words<'_>,
    standing: &Standing,
    wrapped: bool,
    case: &mut FileCase<'_>,
) {
    let span = words.command();
    match standing {
        Standing::Approved => {}
        Standing::Outdated(why) => {
            case.note_server(server, "approval-outdated", span, why.as_str(), "");
        }
        Standing::Unapproved if wrapped => {
            let message = "it will be refused until it is approved";
            case.note_server(server, "unapproved", span, message, words.digest());
        }
        Standing::Unapproved => {
            let message =
                "it starts with everything that you may do, and nobody agreed to what it runs";
            let noted = case.note_server(server, "unapproved", span, message, words.digest());
            if let Some(finding) = noted {
                finding.severity = Severity::Info;
            }
        }
    }
}
