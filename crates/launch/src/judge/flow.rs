//! The order of judging: what the request is as a value, who wrote it, what it would run, what it sets, what it says.

use super::judgement::Judgement;
use super::{Case, Class, CwdRole, paths, rules};
use crate::environment;
use crate::grammar::{classify, is_shell};
use crate::request::Request;
use crate::text;

/// Most arguments, and most variables, of a request.
const MOST_WORDS: usize = 1024;
/// Most bytes of one argument or value, and of all together: what Linux passes to a new process.
const LONGEST_WORD: usize = 128 * 1024;
const LONGEST_REQUEST: usize = 1024 * 1024;

/// Judges one request. Pure: the same request always gives the same judgement.
///
/// The order matters only for what is left out: a request that is no value at all is not read any further.
pub fn judge(request: &Request) -> Judgement {
    let mut case = Case::new(request.cwd.as_deref());
    if !judge_value(request, &mut case) {
        return case.into_judgement(Class::Unknown, request.env.clone());
    }
    judge_origin(request, &mut case);
    judge_text(request, &mut case);
    judge_cwd_text(&mut case);
    let class = classify(&request.command, &request.args, &mut case);
    environment::judge_all(&request.env, &mut case);
    if !matches!(class, Class::Remote(_)) {
        // Headers are judged where they are read: what fills them are names.
        environment::judge_secret_args(&request.args, &mut case);
    }
    judge_server_args(&class, &mut case);
    case.into_judgement(class, request.env.clone())
}

/// Whether any system could start this at all. NUL ends a string on one system and is an error on another.
fn judge_value(request: &Request, case: &mut Case<'_>) -> bool {
    let words = || {
        let env = request.env.iter().flat_map(|(name, value)| [name, value]);
        std::iter::once(&request.command)
            .chain(&request.args)
            .chain(env)
            .chain(&request.cwd)
    };
    if words().any(|word| word.contains('\0')) {
        case.note(rules::NUL, "a word contains the character NUL");
        return false;
    }
    let too_many = request.args.len() > MOST_WORDS || request.env.len() > MOST_WORDS;
    let too_long = words().any(|word| word.len() > LONGEST_WORD)
        || words().map(String::len).sum::<usize>() > LONGEST_REQUEST;
    if too_many || too_long {
        case.note(
            rules::TOO_LARGE,
            "the request is larger than a system would start",
        );
        return false;
    }
    true
}

/// Writers that no person stands behind: what they write is a proposal and cannot be approved from here.
const UNTRUSTED_ORIGINS: &[&str] = &[
    "agent-write",
    "agent",
    "deeplink",
    "project",
    "workspace",
    "repository",
    "remote-api",
    "remote",
    "web",
    "registry",
    "import",
    "plugin",
    "extension",
    "prompt",
    "tool-result",
];

fn judge_origin(request: &Request, case: &mut Case<'_>) {
    let Some(origin) = request.origin.as_deref() else {
        return;
    };
    let folded = origin.trim().to_ascii_lowercase();
    if UNTRUSTED_ORIGINS.contains(&folded.as_str()) {
        case.note(
            rules::UNTRUSTED_ORIGIN,
            format!(
                "written by `{}`, not by a person; enter it with `interlock add`",
                text::excerpt(origin)
            ),
        );
    }
}

/// What a reader of the request would not see.
fn judge_text(request: &Request, case: &mut Case<'_>) {
    for word in std::iter::once(&request.command).chain(&request.args) {
        if let Some(hidden) = text::hidden_char(word, false) {
            let shown = text::excerpt(word);
            case.note(
                rules::HIDDEN_CHARACTER,
                format!("`{shown}` contains {}", hidden.escape_unicode()),
            );
        }
        if text::is_padded(word) {
            case.note(
                rules::PADDING,
                "long white space pushes what follows out of sight",
            );
        }
    }
    for word in request
        .args
        .iter()
        .filter(|word| word.starts_with('-') && !word.contains(' '))
    {
        let name = word.split('=').next().unwrap_or(word);
        if text::is_mixed_script(name) {
            case.note(
                rules::LOOK_ALIKE,
                format!(
                    "`{}` has letters that look like others",
                    text::excerpt(name)
                ),
            );
        }
    }
}

fn judge_cwd_text(case: &mut Case<'_>) {
    let Some(cwd) = case.cwd else { return };
    let shown = text::excerpt(cwd);
    if text::hidden_char(cwd, false).is_some() || text::is_padded(cwd) || cwd.trim() != cwd {
        case.note(
            rules::HIDDEN_CHARACTER,
            format!("the directory `{shown}` has characters that do not show"),
        );
    }
    if paths::is_stream(cwd) || paths::is_network(cwd) || paths::is_url(cwd) {
        case.note(
            rules::CWD_SHADOWS,
            format!("`{shown}` is no directory of this machine"),
        );
    }
    if matches!(paths::components(cwd).as_slice(), []) && cwd.starts_with(['/', '\\']) {
        case.judge_cwd(CwdRole::Data);
        case.note(
            rules::CWD_SHADOWS,
            "the root directory makes every relative path absolute",
        );
    }
}

/// The server's own arguments mean nothing to us, but they may mean something to a careless host or server.
fn judge_server_args(class: &Class, case: &mut Case<'_>) {
    let args = class.server_args();
    if let Some(arg) = args.iter().find(|arg| text::has_shell_syntax(arg)) {
        case.note(
            rules::SHELL_SYNTAX,
            format!(
                "`{}` means something to a shell; none is involved here",
                text::excerpt(arg)
            ),
        );
    }
    let shell_then_text = args
        .iter()
        .zip(args.iter().skip(1))
        .any(|(program, option)| {
            is_shell(&paths::base_name(program).to_ascii_lowercase())
                && matches!(option.as_str(), "-c" | "-lc" | "-ic" | "-ec")
                || (matches!(paths::base_name(program), "cmd" | "cmd.exe")
                    && option.eq_ignore_ascii_case("/c"))
        });
    if shell_then_text {
        case.note(
            rules::SHELL_IN_ARGS,
            "the server is told to run a shell with program text",
        );
    }
}
