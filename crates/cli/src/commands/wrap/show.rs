//! What would change, as a person reads it: file by file, entry by entry, with secrets left out and hidden characters shown.

use std::collections::HashMap;
use std::path::Path;

use interlock_launch::{Decision, judge};
use interlock_scan::Client;
use interlock_scan::wrap::{Difference, Plan, Side, Skip, Wrapped, differences};

use crate::context::Context;
use crate::terminal::{Style, say};

/// A file that would be wrapped.
pub fn plan(context: &Context, plan: &Plan) {
    let style = context.style();
    heading(context, plan.client, plan.original.path());
    let mut by_name: HashMap<&str, Vec<&Wrapped>> = HashMap::new();
    for wrapped in &plan.wrapped {
        by_name.entry(&wrapped.name).or_default().push(wrapped);
    }
    let texts = (plan.original.bytes(), plan.text.as_bytes());
    for difference in differences(plan.client, plan.place, plan.original.path(), texts) {
        entry(style, &difference);
        let named = by_name.get(difference.name.as_str());
        for wrapped in named.into_iter().flatten() {
            remark(style, &wrapped.request);
            for secret in &wrapped.secrets {
                say(&style.dim(&format!(
                    "    the value of a header goes to the secret store, as {}",
                    secret.name
                )));
            }
        }
    }
    for (name, skip) in &plan.skipped {
        let text = format!("  {} {skip}", shown(name));
        say(&if matches!(skip, Skip::Already | Skip::BuiltIn) {
            style.dim(&text)
        } else {
            style.warn(&text)
        });
    }
}

/// What a person should know before the server stops starting.
fn remark(style: Style, request: &interlock_launch::Request) {
    let judgement = judge(request);
    if judgement.decision() != Decision::NeedsApproval {
        let reason = judgement.reasons.first();
        let why = reason.map_or("its shape is not known", |reason| reason.text.as_str());
        say(&style.warn(&format!("    cannot be approved as it is: {why}")));
    }
}

/// The line above the entries of one file.
pub fn heading(context: &Context, client: &Client, path: &Path) {
    let name = match path.strip_prefix(context.places.home()) {
        Ok(below) => format!("~/{}", below.display()),
        Err(_) => path.display().to_string(),
    };
    say(&context
        .style()
        .bold(&format!("{} ({})", shown(&name), client.name)));
}

/// One entry, old lines and new ones.
pub fn entry(style: Style, difference: &Difference) {
    say(&format!(
        "  {}, line {}",
        shown(&difference.name),
        difference.line
    ));
    for (side, text) in &difference.lines {
        let text = shown(text);
        say(&match side {
            Side::Same => style.dim(&format!("      {text}")),
            Side::Old => style.bad(&format!("    - {text}")),
            Side::New => style.good(&format!("    + {text}")),
        });
    }
}

/// Text of a file on one line of a terminal: what would not be seen is written out.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("  "),
            ' '..='~' | '…' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_file_moves_the_cursor_or_hides() {
        for (text, expected) in [
            ("\t\"a\": 1,", "  \"a\": 1,"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
            ("Ünï", "Ünï"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
