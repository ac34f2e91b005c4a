//! The order of judging: each file as a file, how it is written, its switches, its servers; then what files mean together.

use interlock_launch::text::excerpt;
use interlock_launch::{Class, Decision};

use super::case::{FileCase, Found};
use super::context::{Context, Standing};
use super::launch::{LocalVerdict, judge_local};
use super::names::judge_names;
use super::remote::judge_remote;
use super::{file, problem, switch, variables};
use crate::clients::{Client, Scope};
use crate::discover::ConfigFile;
use crate::finding::Finding;
use crate::ignore::{self, Inline};
use crate::server::{Kind, Server};

/// Clients that start a project's servers without a question.
const STARTS_ON_OPEN: &[&str] = &["opencode"];

/// What judging a set of files gave.
#[derive(Debug, Default)]
pub struct Judgements {
    /// The files, in the order given.
    pub files: Vec<JudgedFile>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// Ignores that are written in the files.
    pub ignores: Vec<Inline>,
}

/// A file that was judged.
#[derive(Debug)]
pub struct JudgedFile {
    /// Its path.
    pub path: std::path::PathBuf,
    /// The client that reads it.
    pub client: &'static Client,
    /// Other clients that read it.
    pub also: Vec<&'static Client>,
    /// For whom it counts.
    pub scope: Scope,
    /// Its servers.
    pub servers: Vec<JudgedServer>,
}

/// A server that was judged.
#[derive(Debug)]
pub struct JudgedServer {
    /// Its name, fit to be shown.
    pub name: String,
    /// For whom it counts.
    pub scope: Scope,
    /// Whether the client uses it.
    pub enabled: bool,
    /// `local`, `remote`, `built-in` or `unusable`.
    pub kind: &'static str,
    /// What it is, in a word for a person: a package, a program, a host. Holds no arguments and no secrets.
    pub what: String,
    /// What `interlock check` says of it; none where nothing is started.
    pub decision: Option<Decision>,
    /// The kind of launch.
    pub class: Option<&'static str>,
    /// How it stands with the approvals.
    pub standing: Option<Standing>,
    /// Whether it is started through Interlock.
    pub wrapped: bool,
}

/// Judges files.
#[must_use]
pub fn judge_files(files: &[ConfigFile], context: &Context<'_>) -> Judgements {
    let mut cases: Vec<FileCase<'_>> = files.iter().map(FileCase::new).collect();
    let mut judged = Judgements::default();
    for case in &mut cases {
        judged.files.push(judge_one(context, case));
    }
    judge_names(&mut cases);
    for case in &mut cases {
        judged.ignores.extend(ignore::inline(case.file));
        judged.findings.append(&mut case.findings);
    }
    judged.findings.sort_by(Finding::order);
    judged
}

fn judge_one(context: &Context<'_>, case: &mut FileCase<'_>) -> JudgedFile {
    let config = case.file;
    file::judge_file(context, case);
    problem::judge_problems(case);
    switch::judge_switches(case);
    let servers = config
        .servers
        .iter()
        .map(|server| judge_server(server, context, case))
        .collect();
    for bad in ignore::without_reason(config) {
        case.note(Found {
            rule: "ignore-without-reason",
            span: Some(bad.span),
            server: None,
            message: "it has no rule or no reason, so nothing is ignored".to_owned(),
            subject: bad.line.to_string(),
        });
    }
    JudgedFile {
        path: config.path.clone(),
        client: config.client,
        also: config.also.clone(),
        scope: config.scope,
        servers,
    }
}

fn judge_server(server: &Server, context: &Context<'_>, case: &mut FileCase<'_>) -> JudgedServer {
    let mut judged = JudgedServer {
        name: excerpt(&server.name),
        scope: server.scope,
        enabled: server.enabled,
        kind: "unusable",
        what: String::new(),
        decision: None,
        class: None,
        standing: None,
        wrapped: false,
    };
    match &server.kind {
        Kind::Local(local) => {
            let verdict = judge_local(server, local, context, case);
            note_project(server, &verdict, case);
            judged.kind = "local";
            judged.what = case.veil.redact(&what(&verdict.judgement.class));
            judged.decision = Some(verdict.judgement.decision());
            judged.class = Some(verdict.judgement.class.as_str());
            judged.standing = Some(verdict.standing);
            judged.wrapped = verdict.wrapped;
        }
        Kind::Remote(remote) => {
            judge_remote(server, remote, case);
            judged.kind = "remote";
            judged.what = excerpt(&origin(&remote.url.text));
        }
        Kind::BuiltIn => judged.kind = "built-in",
        Kind::Unusable => {}
    }
    if let Some(set) = context.variables {
        variables::judge_variables(server, set, case);
    }
    judged
}

/// What comes with a project, and whether its client asks before it starts it.
fn note_project(server: &Server, verdict: &LocalVerdict, case: &mut FileCase<'_>) {
    if !matches!(server.scope, Scope::Project | Scope::Devcontainer) {
        return;
    }
    let span = if server.name_span.is_empty() {
        server.span
    } else {
        server.name_span
    };
    let client = case.file.client;
    if STARTS_ON_OPEN.contains(&client.id) && !verdict.wrapped {
        let message = format!(
            "{} starts it as soon as it is used in the project",
            client.name
        );
        case.note_server(server, "starts-on-open", span, message, "");
    } else if verdict.standing != Standing::Approved {
        let message = "the project proposes it; nobody on this machine has agreed to it";
        case.note_server(server, "untrusted-origin", span, message, "");
    }
}

/// What a launch is, in a word.
fn what(class: &Class) -> String {
    let text = match class {
        Class::Package(package) => match &package.spec {
            Some(spec) => format!(
                "{} {}@{}",
                package.ecosystem.as_str(),
                package.name,
                spec.trim_start_matches('@')
            ),
            None => format!("{} {}", package.ecosystem.as_str(), package.name),
        },
        Class::Script(script) => script.path.clone(),
        Class::Binary(binary) => binary.program.clone(),
        Class::Container(container) => match (&container.digest, &container.tag) {
            (Some(digest), _) => format!("{}@{digest}", container.image),
            (None, Some(tag)) => format!("{}:{tag}", container.image),
            (None, None) => container.image.clone(),
        },
        Class::Remote(address) => address.origin().to_owned(),
        Class::InlineCode => "program text".to_owned(),
        Class::Unknown => "not understood".to_owned(),
    };
    excerpt(&text)
}

/// Scheme and host of an address; the rest may hold secrets.
fn origin(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "address".to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    format!("{scheme}://{host}")
}
