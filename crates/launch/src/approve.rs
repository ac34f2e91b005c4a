//! The proof that a launch was approved, and the ways in which it was not.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use thiserror::Error;

use crate::address::SCHEME;
use crate::difference::Difference;
use crate::fingerprint::Fingerprint;
use crate::ledger::{Distrust, ToolPin};
use crate::profile::Profile;
use crate::resolve::{Launch, RequestRecord};

/// A launch that was matched to an approval of exactly its content.
///
/// Only [`Ledger::admit`](crate::Ledger::admit) makes one, and starting a server takes it by value. It is not `Clone`,
/// `Default` or deserializable.
pub struct Approved {
    pub(crate) launch: Launch,
    pub(crate) name: String,
    pub(crate) profile: Profile,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) authority: Authority,
    pub(crate) pins: Vec<ToolPin>,
}

/// Who approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The administrator, by a file that the user cannot write.
    Administrator,
    /// A person, by a signature with the key of this id.
    Approver(String),
}

impl Approved {
    /// The launch.
    #[must_use]
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// The name under which it was approved.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may touch.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The fingerprint that was approved.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Who approved it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The tools that were approved with it; none means that none was looked at yet.
    #[must_use]
    pub fn pins(&self) -> &[ToolPin] {
        &self.pins
    }
}

/// Why a launch may not start. The message ends with the command that would change it.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Nobody approved such a request.
    #[error("`{}` has not been approved: run `{}`", command_line(.request), approve_command(.request))]
    NotApproved {
        /// What was asked for.
        request: RequestRecord,
    },
    /// Nothing has that name.
    #[error("nothing is approved under the name `{name}`: run `interlock list`")]
    UnknownName {
        /// The name that was asked for, escaped.
        name: String,
    },
    /// The request was approved, but it is not what was approved any more.
    #[error(
        "`{name}` is not what was approved: run `interlock diff {name}`, then `interlock approve {name}`"
    )]
    Changed {
        /// The name of the approval.
        name: String,
        /// What differs.
        difference: Box<Difference>,
    },
    /// It was approved once, and the approval was taken back.
    #[error(
        "the approval of `{name}` was revoked: run `interlock approve {name}` to approve it again"
    )]
    Revoked {
        /// The name of the approval.
        name: String,
        /// When.
        at: SystemTime,
    },
    /// The administrator forbade what the user approved.
    #[error("the administrator forbids `{name}`: ask the administrator")]
    Forbidden {
        /// The name of the approval.
        name: String,
    },
    /// A granted path leads elsewhere than when it was granted.
    #[error(
        "the granted path `{path}` of `{name}` now leads to `{real}`: run `interlock approve {name}`"
    )]
    GrantMoved {
        /// The name of the approval.
        name: String,
        /// The path as granted.
        path: String,
        /// Where it leads now.
        real: String,
    },
    /// The file of approvals is older than one that was seen.
    #[error(
        "the approvals were rolled back (sequence {found}, but {seen} was seen): restore \
         the newest file, or forget them all with `interlock init --danger-start-over`"
    )]
    RolledBack {
        /// The sequence number found.
        found: u64,
        /// The one that the audit log saw.
        seen: u64,
    },
    /// The file of approvals cannot be believed.
    #[error("the approvals cannot be trusted: run `interlock list` to see why")]
    LedgerUntrusted(#[source] Arc<Distrust>),
}

impl Refusal {
    /// A stable word for logs and JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotApproved { .. } => "not-approved",
            Refusal::UnknownName { .. } => "unknown-name",
            Refusal::Changed { .. } => "changed",
            Refusal::Revoked { .. } => "revoked",
            Refusal::Forbidden { .. } => "forbidden",
            Refusal::GrantMoved { .. } => "grant-moved",
            Refusal::RolledBack { .. } => "rolled-back",
            Refusal::LedgerUntrusted(_) => "ledger-untrusted",
        }
    }

    /// The name of the approval that was looked at, where there is one: for `interlock approve NAME`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Refusal::Changed { name, .. }
            | Refusal::Revoked { name, .. }
            | Refusal::Forbidden { name }
            | Refusal::GrantMoved { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// The command that approves a request, ready to paste into a shell.
#[must_use]
pub fn approve_command(request: &RequestRecord) -> String {
    match request.command.strip_prefix(SCHEME) {
        Some(url) => {
            let words = std::iter::once(url).chain(request.args.iter().map(String::as_str));
            format!("interlock approve --url {}", quoted(words))
        }
        None => format!("interlock approve -- {}", command_line(request)),
    }
}

/// A request's command and arguments as a shell would read them back; control characters are shown in `$'…'`.
#[must_use]
pub fn command_line(request: &RequestRecord) -> String {
    let words = std::iter::once(&request.command).chain(&request.args);
    quoted(words.map(String::as_str))
}

fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(quote).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let visible = |c: char| c == ' ' || c.is_ascii_graphic();
    if word.chars().all(visible) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if visible(c) || c.is_alphanumeric() => quoted.push(c),
            // Bytes, not `\u`: every shell that knows `$'…'` reads them alike.
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(quoted, "\\x{byte:02x}");
                }
            }
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expected: &str) {
        let (command, args) = words.split_first().unwrap();
        let request = RequestRecord {
            command: (*command).to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: Vec::new(),
            cwd: None,
        };
        assert_eq!(command_line(&request), expected);
    }

    #[test]
    fn a_command_line_can_be_pasted_and_hides_nothing() {
        check(&["npx", "-y", "@scope/x@1.0"], "npx -y @scope/x@1.0");
        check(&["a b", ""], "'a b' ''");
        check(&["x", "it's", "$(id)"], r"x 'it'\''s' '$(id)'");
        check(&["x", "a\u{1b}[2J"], r"x $'a\x1b[2J'");
        check(&["x", "a\u{202e}b"], r"x $'a\xe2\x80\xaeb'");
        check(&["x", "a\n'\\"], r"x $'a\x0a\'\\'");
        check(&["x", "naïve"], "x $'naïve'");
    }
}
