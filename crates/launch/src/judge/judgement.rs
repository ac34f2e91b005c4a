//! What judging a request gives: a class, reasons and the decision that follows from them.
//!
//! The decision is computed from the reasons and stored nowhere else, so the two cannot disagree.

use super::class::Class;
use super::reason::{Reason, Severity};

/// What may happen to a request after judging, before approvals are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Understood; a person may approve it.
    NeedsApproval,
    /// Not approvable as it stands.
    Refused,
    /// Not a launch request at all: no system could start it as written, or two would start different things.
    Invalid,
}

impl Decision {
    /// The word of the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::NeedsApproval => "needs-approval",
            Decision::Refused => "refused",
            Decision::Invalid => "invalid",
        }
    }
}

/// What a `--danger-…` option of `approve` could unlock in a refused request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unlock {
    /// The request carries program text (`sh -c`, `node -e`, …): `--danger-allow-inline-code`.
    InlineCode,
    /// The request has a shape that no grammar understands: `--danger-allow-unknown`.
    Unknown,
}

impl Unlock {
    /// The command-line option that unlocks it.
    pub fn option(self) -> &'static str {
        match self {
            Unlock::InlineCode => "--danger-allow-inline-code",
            Unlock::Unknown => "--danger-allow-unknown",
        }
    }
}

/// The result of [`crate::judge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What kind of launch it is, with its identity.
    pub class: Class,
    /// Everything worth telling, worst first.
    pub reasons: Vec<Reason>,
    /// The server's own arguments: what is left when launcher options are taken away.
    pub server_args: Vec<String>,
    /// The variables that the child is to get: the request's own and those of an `env` wrapper, in order.
    pub child_env: Vec<(String, String)>,
    /// Programs that stood in front of the launch and were looked through (`env`, `timeout`, `cmd`, …), outermost
    /// first. Their only effect on the launch is in `child_env`.
    pub wrappers: Vec<String>,
}

impl Judgement {
    /// The decision that the reasons and the class lead to.
    pub fn decision(&self) -> Decision {
        match self.worst() {
            Some(Severity::Invalid) => Decision::Invalid,
            Some(Severity::Refusal | Severity::Danger) => Decision::Refused,
            // Whatever reasons were given: what is not understood is nothing that a person could approve.
            _ if matches!(self.class, Class::InlineCode | Class::Unknown) => Decision::Refused,
            Some(Severity::Warning | Severity::Info) | None => Decision::NeedsApproval,
        }
    }

    /// The option that would make a refused request approvable, when there is one. A request with any plain
    /// refusal has none.
    pub fn unlock(&self) -> Option<Unlock> {
        match (self.worst()?, &self.class) {
            (Severity::Danger, Class::InlineCode) => Some(Unlock::InlineCode),
            (Severity::Danger, _) => Some(Unlock::Unknown),
            _ => None,
        }
    }

    /// Whether a reason with this code was given.
    pub fn has(&self, code: &str) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    fn worst(&self) -> Option<Severity> {
        self.reasons.iter().map(|reason| reason.severity).max()
    }
}
