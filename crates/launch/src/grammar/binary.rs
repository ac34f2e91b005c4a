//! Plain programs: started directly, understood as they are.

use super::dispatch::Call;
use crate::judge::{BinaryRef, Case, Class, CwdRole, paths, rules};
use crate::text;

/// A program that is no launcher. Its arguments are its own.
pub(crate) fn binary(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let shown = text::excerpt(call.command);
    if paths::is_path(call.command) {
        if paths::is_network(call.command) {
            case.note(
                rules::NETWORK_PROGRAM,
                format!("`{shown}` lies on another machine"),
            );
        } else if paths::is_stream(call.command) {
            case.note(rules::STDIN_PROGRAM, format!("`{shown}` is no file"));
        } else if !paths::is_absolute(call.command) {
            // A bundle names its own program by a relative path; a working directory or a dot would choose another.
            let bundled = case.cwd.is_none()
                && !call.command.starts_with('.')
                && !call.command.contains("..");
            let rule = if bundled {
                rules::RELATIVE_SCRIPT
            } else {
                rules::RELATIVE_PROGRAM
            };
            case.note(
                rule,
                format!("`{shown}` is another program in every directory"),
            );
        } else if paths::is_dropped_program(call.command) {
            case.note(
                rules::DROPPED_PROGRAM,
                format!("anyone may put a program at `{shown}`"),
            );
        }
    }
    case.judge_cwd(CwdRole::Data);
    Class::Binary(BinaryRef {
        program: call.command.to_owned(),
        args: call.args.to_vec(),
    })
}
