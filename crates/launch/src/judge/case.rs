//! What a grammar knows about the request it reads, and where it puts what it finds.

use super::judgement::Judgement;
use super::reason::Reason;
use super::rules::Rule;
use super::{Class, paths, rules};
use crate::text;

/// The request around a call, and the findings so far.
#[derive(Debug, Default)]
pub(crate) struct Case<'a> {
    pub(crate) cwd: Option<&'a str>,
    reasons: Vec<Reason>,
    /// Variables that an `env` wrapper sets.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) wrappers: Vec<String>,
    depth: u8,
}

/// What the working directory means for a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CwdRole {
    /// It is data for the server.
    Data,
    /// It is the project whose code runs; the launcher is made for that.
    Project,
    /// It can put other code in the place of what was named.
    Shadows,
}

impl<'a> Case<'a> {
    pub(crate) fn new(cwd: Option<&'a str>) -> Self {
        Case {
            cwd,
            ..Case::default()
        }
    }

    /// Notes one finding. The text must be safe to print: build it with [`text::excerpt`].
    pub(crate) fn note(&mut self, rule: Rule, text: impl Into<String>) {
        let reason = Reason {
            code: rule.code,
            text: text.into(),
            severity: rule.severity,
        };
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Notes a finding and gives the class of a launch that is not understood.
    pub(crate) fn unknown(&mut self, rule: Rule, text: impl Into<String>) -> Class {
        self.note(rule, text);
        Class::Unknown
    }

    /// Notes that the request carries program text.
    pub(crate) fn inline(&mut self, what: &str) -> Class {
        self.note(
            rules::INLINE_CODE,
            format!(
                "`{}` takes program text from the request",
                text::excerpt(what)
            ),
        );
        Class::InlineCode
    }

    /// Enters a call inside a call. False when requests are nested deeper than anyone would write.
    pub(crate) fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > 8 {
            self.note(
                rules::NESTED_TOO_DEEP,
                "launchers are nested more than eight deep",
            );
            return false;
        }
        true
    }

    /// Whether this is a call inside a call.
    pub(crate) fn is_inside(&self) -> bool {
        self.depth > 1
    }

    /// Judges the working directory for what it means to the launch at hand.
    pub(crate) fn judge_cwd(&mut self, role: CwdRole) {
        let Some(cwd) = self.cwd.filter(|cwd| !cwd.is_empty()) else {
            return;
        };
        let shown = text::excerpt(cwd);
        if role == CwdRole::Data {
            return self.note(
                rules::CWD_ASKED,
                format!("asks to start in `{shown}`; grant it with --cwd"),
            );
        }
        if paths::is_temporary(cwd) || paths::is_stream(cwd) {
            return self.note(
                rules::CWD_TEMPORARY,
                format!("`{shown}` decides what runs, and anyone may write there"),
            );
        }
        if text::is_placeholder_path(cwd) || role == CwdRole::Project {
            return self.note(
                rules::CWD_ASKED,
                format!("the directory `{shown}` decides what runs"),
            );
        }
        self.note(
            rules::CWD_SHADOWS,
            format!("files in `{shown}` can take the place of what is named; use absolute paths and no `cwd`"),
        );
    }

    pub(crate) fn into_judgement(
        self,
        class: Class,
        mut child_env: Vec<(String, String)>,
    ) -> Judgement {
        let mut reasons = self.reasons;
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
        child_env.extend(self.env);
        let server_args = class.server_args().to_vec();
        Judgement {
            class,
            reasons,
            server_args,
            child_env,
            wrappers: self.wrappers,
        }
    }
}

#[cfg(test)]
impl Case<'_> {
    /// The codes noted so far.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.reasons.iter().map(|reason| reason.code)
    }
}
