//! The words and variables that a bundle is started with, judged once more when the settings are in them: what a manifest says
//! without its values may become something else with them.

use interlock_launch::{Class, Decision, Request, ScriptKind, excerpt, judge};
use std::path::Path;

use super::manifest::{BUNDLE, is_below};
use super::start::BundleError;
use crate::locked::TreePath;

/// Variables that are lists of places to load code from.
const PLACES: &[&str] = &["LD_LIBRARY_PATH", "PYTHONPATH", "NODE_PATH"];

/// The filled words of a bundle.
pub(super) struct Filled<'a> {
    /// The interpreter; none where the entry is started itself.
    pub(super) command: Option<&'a str>,
    /// The words after it.
    pub(super) args: &'a [String],
    /// Names and values; of secrets, what the manifest says.
    pub(super) env: &'a [(String, String)],
    /// Where the bundle lies.
    pub(super) root: &'a Path,
}

impl Filled<'_> {
    /// How many words stand before the entry, or why it would not be what starts.
    pub(super) fn options_before(&self, entry: &TreePath) -> Result<usize, BundleError> {
        let judged = judge(&Request {
            env: self.variables()?,
            ..Request::new(
                self.command
                    .map_or(format!("{BUNDLE}/{entry}"), str::to_owned),
                self.args.iter().map(|word| self.placed(word)),
            )
        });
        if judged.decision() != Decision::NeedsApproval {
            let worst = judged.reasons.iter().map(|reason| reason.severity).max();
            let told = judged.reasons.iter();
            let told = told.filter(|reason| Some(reason.severity) == worst);
            let told: Vec<&str> = told.map(|reason| reason.text.as_str()).collect();
            return Err(BundleError::Filled(told.join("; ")));
        }
        if self.command.is_none() {
            return Ok(0);
        }
        let no_entry = || BundleError::NoEntry(excerpt(entry.as_str()));
        let Class::Script(script) = judged.class else {
            return Err(no_entry());
        };
        if script.kind != ScriptKind::File || script.path != format!("{BUNDLE}/{entry}") {
            return Err(no_entry());
        }
        // The server's own arguments are the last words, and the entry is the one before them.
        let before = self.args.len().checked_sub(script.args.len() + 1);
        let path = self.root.join(entry.as_str()).display().to_string();
        let at = before.filter(|at| self.args.get(*at) == Some(&path));
        at.ok_or_else(no_entry)
    }

    /// The variables to be judged as those of any launch. What loads code only from the bundle is the bundle's own.
    fn variables(&self) -> Result<Vec<(String, String)>, BundleError> {
        let mut judged = Vec::new();
        for (name, value) in self.env {
            let folded = name.to_ascii_uppercase();
            if PLACES.contains(&folded.as_str()) {
                if !value.split([':', ';']).all(|part| self.is_inside(part)) {
                    return Err(BundleError::Outside(excerpt(name)));
                }
            } else if folded == "PATH" {
                let other = value.split(':').filter(|part| !self.is_inside(part));
                let other: Vec<&str> = other.collect();
                if !other.is_empty() {
                    judged.push((name.clone(), other.join(":")));
                }
            } else {
                judged.push((name.clone(), self.placed(value)));
            }
        }
        Ok(judged)
    }

    fn is_inside(&self, part: &str) -> bool {
        is_below(part, &self.root.display().to_string())
    }

    /// A launch is judged as if the bundle lay in a usual place: where the store is says nothing about it.
    fn placed(&self, word: &str) -> String {
        word.replace(&self.root.display().to_string(), BUNDLE)
    }
}
