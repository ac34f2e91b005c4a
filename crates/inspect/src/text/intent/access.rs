//! Orders that reach for data: credentials, the conversation, files that decide what runs; and carry it away.

use super::Role;
use super::order::Order;
use super::words::{
    CONFIGURATION, CONTEXT, CONVERSATION, OURS, PUBLISH, READ, RUN, SECRET_NAMES, SECRET_PATHS,
    SEND, WHOLE, WRITE,
};
use crate::finding::{
    COMMAND, CONFIGURATION as CONFIGURATION_RULE, CONVERSATION as CONVERSATION_RULE, CREDENTIALS,
    DATA_FLOW, EXFILTRATION, Finding,
};
use crate::text::clause::Clause;

pub(super) fn access(order: &Order<'_>, place: &str) -> Vec<Finding> {
    let shown = order.clause.shown();
    let told = |rule| Finding::new(rule, place, format!("`{shown}`"));
    let mut findings = Vec::new();
    if credentials(order) {
        findings.push(told(&CREDENTIALS));
    } else if configuration(order) {
        findings.push(told(&CONFIGURATION_RULE));
    }
    if conversation(order) {
        findings.push(told(&CONVERSATION_RULE));
    } else if carries_away(order) {
        findings.push(told(&EXFILTRATION));
    }
    if command(order) {
        findings.push(told(&COMMAND));
    }
    findings
}

fn names_path(clause: &Clause, paths: &[&str]) -> bool {
    clause
        .words
        .iter()
        .any(|word| paths.iter().any(|path| word.contains(path)))
}

/// `.env`, in any directory; not the examples that projects keep beside it.
fn names_environment_file(clause: &Clause) -> bool {
    let is_one = |word: &String| {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
        name == ".env"
            || (name.starts_with(".env.")
                && !matches!(name, ".env.example" | ".env.sample" | ".env.template"))
    };
    clause.words.iter().any(is_one)
}

fn names_destination(clause: &Clause) -> bool {
    clause
        .words
        .iter()
        .any(|word| word.contains("://") || is_mail_address(word))
}

fn is_mail_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('/'))
}

fn credentials(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let (reads, sends) = (order.verb(READ).is_some(), order.verb(SEND).is_some());
    // A path into a home is a demand; the words alone are in every manual, so a destination has to be there too.
    let by_path =
        names_path(clause, SECRET_PATHS) && !is_own_configuration(order) && (reads || sends);
    let by_file = names_environment_file(clause)
        && (sends || (reads && (order.role != Role::Answer || names_destination(clause))));
    let by_name = clause.says_any(SECRET_NAMES) && sends && names_destination(clause);
    order.addresses() && (by_path || by_file || by_name)
}

/// A manual for people: `add this to your ~/.cursor/mcp.json`.
fn is_own_configuration(order: &Order<'_>) -> bool {
    order.role == Role::Answer
        && names_path(order.clause, CONFIGURATION)
        && order.verb(WRITE).is_some()
        && order.verb(SEND).is_none()
}

fn configuration(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let for_people = order.role == Role::Answer
        && clause.has(&["your"])
        && !clause.has(&["bash", "sh", "-c", "curl"]);
    order.addresses()
        && order.verb(WRITE).is_some()
        && names_path(clause, CONFIGURATION)
        && !for_people
}

fn conversation(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let whole = clause.near(WHOLE, 3, CONVERSATION)
        || (clause.near(WHOLE, 3, CONTEXT) && clause.has(OURS))
        || clause.says("system prompt");
    let passes = order.verb(READ).or(order.verb(SEND)).or(order.verb(&[
        "repeat",
        "call",
        "write",
        "quote",
        "recite",
        "summarize",
    ]));
    // Forgetting it is another rule's.
    whole && passes.is_some() && order.addresses_or_continues()
}

fn carries_away(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let copies = order.verb(&["bcc", "cc", "forward", "copy"]).is_some()
        && clause.words.iter().any(|word| is_mail_address(word));
    let all = clause.has(&["every", "all", "any", "each", "always"]);
    let sends = order.verb(SEND).is_some()
        && names_destination(clause)
        && clause.has(&[
            "everything",
            "result",
            "results",
            "contents",
            "output",
            "responses",
        ])
        && order.role != Role::Answer;
    order.addresses()
        && ((copies && all) || (sends && order.addresses_or_continues() && !clause.is_first))
}

fn command(order: &Order<'_>) -> bool {
    let text = order.clause.words.join(" ");
    let piped = (text.contains("curl ") || text.contains("wget "))
        && ["| sh", "| bash", "|sh", "|bash", " sh", " bash"]
            .iter()
            .any(|shell| text.contains(shell));
    let harmful = [
        "chmod -r",
        "chmod 777",
        "chmod 666",
        "rm -rf",
        "/dev/tcp/",
        "base64 -d",
        "nc -e",
        "mkfifo",
        "powershell -enc",
        "| sudo",
        "iptables -f",
    ];
    let harms = piped || harmful.iter().any(|piece| text.contains(piece));
    // Manuals are full of commands; an answer is only told of when it ties them to a model's own steps.
    harms && order.verb(RUN).is_some() && order.addresses() && order.role != Role::Answer
}

/// An answer that has private data read and something written, in any of its clauses.
pub(super) fn data_flow(clauses: &[Clause], place: &str) -> Option<Finding> {
    let private = |clause: &&Clause| {
        clause.has(&["private", "confidential", "internal"])
            && Order::new(clause, Role::Answer)
                .verb(&[
                    "read", "open", "get", "fetch", "list", "find", "collect", "search", "access",
                    "copy",
                ])
                .is_some()
    };
    let read = clauses.iter().find(private)?;
    let written = clauses
        .iter()
        .find(|clause| Order::new(clause, Role::Answer).verb(PUBLISH).is_some())?;
    let text = format!("`{}` and `{}`", read.shown(), written.shown());
    Some(Finding::new(&DATA_FLOW, place, text))
}
