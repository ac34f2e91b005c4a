//! cmd and PowerShell. `cmd /c npx …` is how Windows configurations start a `.cmd` file, so it is looked through when
//! nothing in it means anything to cmd.

use super::dispatch::{Call, classify};
use super::names::plain_name;
use super::script::Script;
use crate::judge::{Case, Class, CwdRole, ScriptKind, rules};
use crate::text;

/// `cmd [/d] [/s] [/q] /c program [args]`.
pub(crate) fn cmd(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let mut rest = call.args;
    loop {
        let Some((switch, after)) = rest.split_first() else {
            return case.unknown(
                rules::SHELL,
                "`cmd` without `/c` reads commands from the client",
            );
        };
        rest = after;
        match switch.to_ascii_lowercase().as_str() {
            "/d" | "/s" | "/q" | "/u" | "/a" => {}
            "/c" => break,
            _ => return case.inline(&format!("cmd {switch}")),
        }
    }
    if let Some(word) = rest.iter().find(|word| means_something(word)) {
        return case.inline(&format!("cmd /c … {word}"));
    }
    let words = one_line(rest);
    let Some((program, args)) = words.split_first() else {
        return case.unknown(rules::NO_PROGRAM, "`cmd /c` is given nothing to start");
    };
    if matches!(plain_name(program).as_str(), "start" | "call" | "cmd") {
        return case.inline(&format!("cmd /c {program}"));
    }
    case.wrappers.push("cmd".to_owned());
    classify(program, args, case)
}

/// `/c "npx -y pkg"`: cmd splits the line at spaces itself. A quoted program stays whole.
fn one_line(rest: &[String]) -> Vec<String> {
    match rest {
        [line] if !line.contains('"') && !line.contains(":\\") && !line.contains(":/") => {
            line.split_whitespace().map(str::to_owned).collect()
        }
        _ => rest.to_vec(),
    }
}

/// Whether cmd would read the word as more than a word. `%NAME%` and a whole `<hint>` are filled in by people and
/// hold none of cmd's operators.
fn means_something(word: &str) -> bool {
    let bare = strip_hints(word);
    bare.contains(['&', '|', '<', '>', '^', '\n', '\r', '"', '!'])
        || bare.matches('%').count() % 2 == 1
        || bare.contains("$(")
}

fn strip_hints(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((hint, after))
                if !hint.is_empty()
                    && hint
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.')) =>
            {
                rest = after
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Every use of PowerShell carries program text, or a file of commands.
pub(crate) fn powershell(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let lower: Vec<String> = call
        .args
        .iter()
        .map(|arg| arg.to_ascii_lowercase())
        .collect();
    let at = lower
        .iter()
        .position(|arg| matches!(arg.as_str(), "-file" | "-f" | "/file"));
    let quiet = ["-noprofile", "-nop", "-noninteractive", "-noni", "-nologo"];
    let plain = |words: &[String]| words.iter().all(|word| quiet.contains(&word.as_str()));
    match at.and_then(|at| {
        Some((
            call.args.get(at + 1)?,
            call.args.get(at + 2..)?,
            lower.get(..at)?,
        ))
    }) {
        Some((path, args, before)) if plain(before) => {
            case.note(
                rules::SHELL,
                format!("`{}` is a list of commands", text::excerpt(path)),
            );
            Script {
                interpreter: call.command,
                kind: ScriptKind::File,
                path,
                extensions: &["ps1"],
                project: None,
                options: Vec::new(),
                with: Vec::new(),
                args,
                cwd: CwdRole::Shadows,
            }
            .judge(case)
        }
        _ => case.inline(call.command),
    }
}
