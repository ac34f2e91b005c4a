//! What the system says about a file: who may write it, whose it is, where it leads, and whether it could be read at all.

use super::case::{FileCase, Found, WithFix as _};
use super::context::Context;
use crate::clients::Scope;
use crate::discover::Content;
use crate::finding::Severity;
use crate::fix;

/// The administrator's number.
const ROOT: u32 = 0;

/// Notes what is wrong with the file as a file.
pub(super) fn judge_file(context: &Context<'_>, case: &mut FileCase<'_>) {
    if let Content::Unreadable(reason) = &case.file.content {
        let message = format!("it could not be read: {reason}");
        let alone = case.file.is_named_alone();
        let rule = if alone {
            "perhaps-a-config"
        } else {
            "not-scanned"
        };
        note(case, rule, message);
    }
    judge_writers(case);
    judge_owner(context, case);
    judge_link(context, case);
}

fn note(case: &mut FileCase<'_>, rule: &'static str, message: String) {
    case.note(Found {
        rule,
        span: None,
        server: None,
        message,
        subject: String::new(),
    });
}

fn judge_writers(case: &mut FileCase<'_>) {
    let meta = &case.file.meta;
    let Some(mode) = meta.mode else { return };
    if mode & 0o002 != 0 && meta.link.is_none() {
        let message = format!(
            "its permissions are {:03o}: every user may write it",
            mode & 0o777
        );
        let noted = case.note(Found {
            rule: "writable-by-others",
            span: None,
            server: None,
            message,
            subject: "file".to_owned(),
        });
        noted.fix(Some(fix::permissions(mode & 0o775)));
    } else if meta.directory_shared {
        let message =
            "others may write the directory that it is in, and put another file in its place";
        case.note(Found {
            rule: "writable-by-others",
            span: None,
            server: None,
            message: message.to_owned(),
            subject: "directory".to_owned(),
        });
    }
    let own = matches!(case.file.scope, Scope::User | Scope::Local);
    if own && case.veil.has_secrets() && mode & 0o044 != 0 {
        let message = format!(
            "it holds secrets, and its permissions are {:03o}: other users may read it",
            mode & 0o777
        );
        let noted = case.note(Found {
            rule: "readable-secrets",
            span: None,
            server: None,
            message,
            subject: String::new(),
        });
        noted.fix(Some(fix::permissions(mode & 0o700)));
    }
}

fn judge_owner(context: &Context<'_>, case: &mut FileCase<'_>) {
    let (Some(owner), Some(base)) = (case.file.meta.owner, context.base(&case.file.path)) else {
        return;
    };
    if owner != ROOT && owner != base.owner {
        let message = format!(
            "it belongs to user {owner}, the directory to user {}",
            base.owner
        );
        note(case, "foreign-owner", message);
    }
}

/// A link within a home is how many people keep their files; one that leads out of a project is somebody else's file.
fn judge_link(context: &Context<'_>, case: &mut FileCase<'_>) {
    let meta = &case.file.meta;
    if meta.link.is_none() && meta.real.is_none() {
        return;
    }
    let outside = match (&meta.real, context.base(&case.file.path)) {
        (Some(real), Some(base)) => {
            let base_real = std::path::Path::new(&base.path);
            !real.starts_with(base_real)
        }
        _ => false,
    };
    // A link on the way, such as `/var` on macOS, says nothing about this file.
    if meta.link.is_none() && !outside {
        return;
    }
    let whither = meta.link.as_ref().or(meta.real.as_ref());
    let shown = whither.map(|path| interlock_launch::text::excerpt(&path.to_string_lossy()));
    let message = format!("it leads to `{}`", shown.unwrap_or_default());
    let heavy = outside && case.file.scope == Scope::Project && meta.link.is_some();
    let noted = case.note(Found {
        rule: "symlinked-config",
        span: None,
        server: None,
        message,
        subject: String::new(),
    });
    if let Some(finding) = noted {
        finding.severity = if heavy {
            Severity::Medium
        } else {
            Severity::Info
        };
    }
}
