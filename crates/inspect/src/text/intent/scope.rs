//! Orders about other tools: which comes first, which may not be used.

use super::Role;
use super::order::Order;
use crate::finding::{Finding, PRECONDITION};

const TOOLS: &[&str] = &[
    "tool",
    "tools",
    "function",
    "functions",
    "server",
    "servers",
];
const ALL: &[&str] = &["any", "all", "every", "other", "another"];
const USE: &[&str] = &[
    "use", "using", "call", "calling", "called", "invoke", "invoking", "invoked", "used", "run",
    "running",
];

pub(super) fn scope(order: &Order<'_>, place: &str) -> Option<Finding> {
    // In an answer these are sentences about a service, a manual, a log.
    if order.role == Role::Answer {
        return None;
    }
    let clause = order.clause;
    let others = clause.near(ALL, 3, TOOLS)
        && (clause.has(&["other", "another"]) || clause.near(&["any", "every", "all"], 1, TOOLS));
    let first = others
        && (clause.has(&["before", "first", "prior"]) || clause.says("instead of"))
        && clause.has(&["must", "always", "required", "mandatory", "never", "should"]);
    let never = others
        && clause.has(&["never", "don't", "not", "avoid", "stop"])
        && order.verb(USE).is_some()
        && clause.has(&["other", "another"]);
    let only = clause.near(
        &["only"],
        2,
        &[
            "approved",
            "trusted",
            "official",
            "allowed",
            "authorized",
            "legitimate",
        ],
    ) && clause.has(TOOLS);
    let above = clause.says_any(&[
        "takes precedence over",
        "priority over all",
        "prefer this tool over",
        "supersedes all other",
    ]);
    (first || never || only || above)
        .then(|| Finding::new(&PRECONDITION, place, format!("`{}`", clause.shown())))
}
