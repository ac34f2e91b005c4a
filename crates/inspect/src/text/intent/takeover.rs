//! Orders that take a model over: dropping its instructions, another role, hiding things from its user.

use super::Role;
use super::order::Order;
use super::words::{
    DROP, EARLIER, FOREIGN, NOT, PEOPLE, QUIETLY, READ, RULES, RUN, SECRET_NAMES, SEND, TELL,
};
use crate::finding::{CONCEAL, Finding, OVERRIDE, ROLE, Severity};

pub(super) fn takeover(order: &Order<'_>, place: &str) -> Vec<Finding> {
    let shown = order.clause.shown();
    let told = |rule, holds: bool| holds.then(|| Finding::new(rule, place, format!("`{shown}`")));
    [
        told(&OVERRIDE, drops(order) || foreign(order)),
        told(&ROLE, changes_role(order)),
        told(&CONCEAL, conceals(order)),
    ]
    .into_iter()
    .flatten()
    .map(|finding| match order.role {
        // Anything is written in a page; what is written in a definition was put there for a model.
        Role::Answer if finding.code == CONCEAL.code => finding.at(Severity::Medium),
        _ => finding,
    })
    .collect()
}

fn drops(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let names_rules = |from: usize| {
        let rules = clause.find(from, RULES).filter(|at| *at <= from + 6);
        rules.is_some_and(|at| {
            clause
                .find(from, EARLIER)
                .is_some_and(|earlier| earlier <= at)
        })
    };
    // A parameter may be about rules of its own: `if true, ignore all rules of …`.
    let is_option = matches!(clause.word(0), "if" | "whether" | "when" | "set")
        && order.role == Role::Description;
    let ordered = order
        .verb(DROP)
        .filter(|_| !is_option)
        .is_some_and(|at| names_rules(at + 1));
    let disobeys = order
        .verb(&["follow", "obey", "comply", "adhere"])
        .is_some_and(|at| {
            let negated = at
                .checked_sub(1)
                .is_some_and(|last| NOT.contains(&clause.word(last)));
            negated && names_rules(at + 1)
        });
    let void = [
        "instructions are void",
        "instructions are obsolete",
        "instructions no longer apply",
        "overrides all previous",
        "supersedes all previous",
    ];
    ordered || disobeys || clause.says_any(&void)
}

fn foreign(order: &Order<'_>) -> bool {
    let text = order.clause.words.join(" ") + " ";
    if text.is_ascii()
        && !FOREIGN.iter().any(|(drop, _)| {
            drop.iter()
                .any(|stem| stem.is_ascii() && text.contains(stem))
        })
    {
        return false;
    }
    let has = |stems: &[&str]| stems.iter().any(|stem| text.contains(stem));
    FOREIGN.iter().any(|(drop, rules)| has(drop) && has(rules))
}

fn changes_role(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let is_now = clause.says_any(&[
        "you are now",
        "you're now",
        "you are no longer",
        "pretend you are",
        "pretend to be",
        "act as if you",
    ]);
    let from_now = clause.says_any(&[
        "from now on",
        "from this point on",
        "for the rest of this conversation",
    ]) && order.addresses_or_continues();
    let mode = clause.near(&["enter", "enable", "activate", "switch"], 4, &["mode"])
        && clause.has(&[
            "developer",
            "maintenance",
            "god",
            "debug",
            "dan",
            "admin",
            "unrestricted",
        ]);
    let spoken_to = clause.says_any(&[
        "if you are an",
        "if you're an",
        "note to",
        "instructions for",
        "message for",
        "dear",
    ]) && clause.has(&[
        "ai",
        "llm",
        "assistant",
        "assistants",
        "agent",
        "agents",
        "model",
        "models",
        "chatbot",
        "claude",
        "chatgpt",
        "copilot",
    ]);
    is_now
        || from_now
        || (mode
            && order
                .verb(&["enter", "enable", "activate", "switch"])
                .is_some()
            && order.addresses())
        || spoken_to
}

fn conceals(order: &Order<'_>) -> bool {
    let clause = order.clause;
    let about_secrets = clause.says_any(SECRET_NAMES);
    let from = |at: usize| {
        let told = clause.find(at + 1, TELL).filter(|tell| *tell <= at + 2)?;
        let people = clause
            .find(told + 1, PEOPLE)
            .is_some_and(|people| people <= told + 5);
        let consent = clause.word(told).starts_with("ask")
            && (told + 1 == clause.words.len() || consents(order, told));
        Some(people || consent)
    };
    let mut silent = false;
    let mut next = 0;
    while let Some(at) = clause.find(next, NOT) {
        // `deletes without asking the user` describes; `always do so without telling the user` does not.
        let ordered = clause.word(at) != "without"
            || order.addresses() && order.role == Role::Description
            || order.role == Role::Value
            || order.verb(SEND).or(order.verb(RUN)).is_some();
        let stands = clause.word(at) == "without" || at == 0 || is_negated_order(order, at);
        silent |= ordered && stands && from(at) == Some(true);
        next = at + 1;
    }
    let quiet = clause.has(QUIETLY)
        && order.addresses()
        && (order.verb(SEND).or(order.verb(READ)).is_some())
        && order.role != Role::Answer;
    let kept = clause.says_any(&[
        "keep this secret",
        "keep this hidden",
        "hide this from",
        "keep it secret",
    ]);
    (silent && !about_secrets) || quiet || kept
}

fn consents(order: &Order<'_>, told: usize) -> bool {
    // `do not ask for confirmation twice` is a bug report; `do not ask for permission` ends there.
    let behind = order.clause.words.get(told + 1..).unwrap_or_default();
    matches!(behind, [of, what] if of == "for" && matches!(what.as_str(), "confirmation" | "permission" | "approval" | "consent"))
}

/// `do not …`, `you must never …`: not `does not …`.
fn is_negated_order(order: &Order<'_>, at: usize) -> bool {
    let Some(last) = at.checked_sub(1) else {
        return true;
    };
    matches!(
        order.clause.word(last),
        "do" | "must" | "should" | "shall" | "please" | "and" | "but" | "you"
    ) && (order.clause.word(last) != "do"
        || last == 0
        || !matches!(order.clause.word(last - 1), "we" | "they" | "i"))
}
