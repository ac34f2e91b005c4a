//! Switches: what a client does without asking.

use interlock_launch::text::excerpt;

use super::case::{FileCase, Found, WithFix as _};
use crate::clients::Scope;
use crate::document::Span;
use crate::finding::Severity;
use crate::fix;
use crate::server::{Effect, Server, Switch, SwitchKind, Text};

/// Judges the switches of the file, and of each server.
pub(super) fn judge_switches(case: &mut FileCase<'_>) {
    let file = case.file;
    for switch in &file.switches {
        judge_switch(switch, None, case);
    }
    for server in &file.servers {
        for switch in &server.switches {
            judge_switch(switch, Some(server), case);
        }
    }
}

/// What a switch is worth: the rule, the weight where it is not the rule's own, what is said, and where.
struct Worth {
    rule: &'static str,
    severity: Option<Severity>,
    message: String,
    span: Span,
    /// The whole switch is what is wrong, so taking it away puts it right.
    whole: bool,
}

fn judge_switch(switch: &Switch, server: Option<&Server>, case: &mut FileCase<'_>) {
    let scope = server.map_or(case.file.scope, |server| server.scope);
    for worth in worths(switch, scope, case.file.client.id) {
        let copied = server.is_some_and(|server| server.copied);
        let noted = match server {
            Some(server) => case.note_server(
                server,
                worth.rule,
                worth.span,
                worth.message,
                switch.trail.as_str(),
            ),
            None => case.note(Found {
                rule: worth.rule,
                span: Some(worth.span),
                server: None,
                message: worth.message,
                subject: switch.trail.clone(),
            }),
        };
        let Some(finding) = noted else { continue };
        if let Some(severity) = worth.severity {
            finding.severity = finding.severity.min(severity);
        }
        Some(finding)
            .fix((worth.whole && !copied).then(|| fix::remove(&switch.trail, switch.value_span)));
    }
}

fn worths(switch: &Switch, scope: Scope, client: &str) -> Vec<Worth> {
    let shown = excerpt(&switch.trail);
    let whole = |rule, message: String| Worth {
        rule,
        severity: None,
        message,
        span: switch.span,
        whole: true,
    };
    let of_others = matches!(
        scope,
        Scope::Project | Scope::Devcontainer | Scope::Plugin | Scope::Extension
    );
    match (switch.kind, &switch.effect) {
        (_, Effect::Off) => Vec::new(),
        // Zed's profiles offer the tools of all servers; calls are still asked about.
        (SwitchKind::EnableProjectServers, _) if client == "zed" => Vec::new(),
        (SwitchKind::EnableProjectServers, _) | (SwitchKind::EnabledByName, Effect::All) => {
            vec![whole(
                "self-approval",
                format!("`{shown}`: servers of every project start without a question"),
            )]
        }
        (SwitchKind::EnabledByName, Effect::Named(names)) if of_others => {
            let message = format!("`{shown}`: the project approves its own {}", list(names));
            vec![whole("self-approval", message)]
        }
        (SwitchKind::AutoApprove | SwitchKind::Trust, Effect::All) => {
            vec![whole(
                "auto-approval",
                format!("`{shown}`: every tool is called without asking"),
            )]
        }
        (SwitchKind::AutoApprove, Effect::Value(word)) => mode(switch, word, &shown),
        (SwitchKind::AutoApprove | SwitchKind::AllowRule, Effect::Named(names)) => names
            .iter()
            .filter_map(|name| named(switch, name))
            .collect(),
        (SwitchKind::AllowRule, Effect::All) => {
            vec![whole(
                "auto-approval",
                format!("`{shown}`: every tool is called without asking"),
            )]
        }
        (SwitchKind::AutoRun, Effect::All) => {
            vec![whole(
                "auto-approval",
                format!("`{shown}`: the client asks for nothing"),
            )]
        }
        (SwitchKind::AutoRun, Effect::Value(word)) if asks_nothing(word) => {
            let message = format!(
                "`{shown}` is `{}`: the client asks for nothing",
                excerpt(word)
            );
            vec![whole("auto-approval", message)]
        }
        (SwitchKind::Sandbox, Effect::All) if client.starts_with("vscode") => {
            let message = format!("`{shown}`: tools of this server are called without asking");
            vec![Worth {
                whole: false,
                ..whole("sandbox-auto-approval", message)
            }]
        }
        (SwitchKind::RunsProgram, _) => vec![Worth {
            severity: (!of_others).then_some(Severity::Info),
            whole: false,
            ..whole("runs-program", format!("`{shown}` starts a program"))
        }],
        (SwitchKind::AutoStart, Effect::All) if of_others => {
            vec![whole(
                "starts-on-open",
                format!("`{shown}`: the server starts with the project"),
            )]
        }
        _ => Vec::new(),
    }
}

/// A mode of asking, as Codex has it.
fn mode(switch: &Switch, word: &str, shown: &str) -> Vec<Worth> {
    let of_one_tool = switch.trail.contains(".tools.");
    let (rule, severity) = match word {
        "approve" | "always" | "never" if !of_one_tool => ("auto-approval", None),
        "approve" | "always" | "never" | "auto" => ("tool-auto-approval", Some(Severity::Info)),
        _ => return Vec::new(),
    };
    vec![Worth {
        rule,
        severity,
        message: format!("`{shown}` is `{}`", excerpt(word)),
        span: switch.span,
        whole: rule == "auto-approval",
    }]
}

/// One name of a list: a tool, all tools of a server, everything. Rules that are not about servers are no business of ours.
fn named(switch: &Switch, name: &Text) -> Option<Worth> {
    let text = name.text.as_str();
    if switch.kind == SwitchKind::AllowRule && !text.starts_with("mcp__") && text != "*" {
        return None;
    }
    let shown = excerpt(text);
    let tools = text
        .strip_prefix("mcp__")
        .or_else(|| text.strip_prefix('@'));
    let everything = matches!(text, "*" | "@*" | "mcp__*" | "mcp__");
    let of_a_server = tools.is_some_and(|tools| {
        tools.ends_with('*') || !(tools.contains("__") || tools.contains('/'))
    });
    let (rule, severity, what) = if everything {
        (
            "auto-approval",
            None,
            "every tool of every server is called without asking",
        )
    } else if of_a_server {
        (
            "auto-approval",
            Some(Severity::Medium),
            "every tool of a server is called without asking",
        )
    } else {
        (
            "tool-auto-approval",
            None,
            "the tool is called without asking",
        )
    };
    Some(Worth {
        rule,
        severity,
        message: format!("`{shown}`: {what}"),
        span: name.span,
        whole: false,
    })
}

fn asks_nothing(word: &str) -> bool {
    matches!(
        word,
        "bypassPermissions" | "dontAsk" | "yolo" | "never" | "full-auto" | "always" | "all"
    )
}

fn list(names: &[Text]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(5)
        .map(|name| format!("`{}`", excerpt(&name.text)))
        .collect();
    let more = if names.len() > 5 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
