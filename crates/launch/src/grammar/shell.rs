//! Shells: whatever they are given is program text or turns into it.

use super::dispatch::Call;
use crate::judge::{Case, Class, rules};
use crate::text;

/// Every use of a shell is refused: with `-c` the request is the program, with a file the file is a list of other
/// programs that no grammar has seen, and with nothing the client's messages are.
pub(crate) fn shell(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let inline = call.args.iter().any(|arg| {
        arg.starts_with("--command")
            || arg.eq_ignore_ascii_case("/c")
            || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains('c'))
    });
    if inline {
        return case.inline(call.command);
    }
    case.unknown(
        rules::SHELL,
        format!(
            "`{}` runs any program; name the server's own program",
            text::excerpt(call.command)
        ),
    )
}
