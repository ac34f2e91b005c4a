//! What findings are compared with: all of it is handed in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use interlock_launch::{PackageRef, Request};

use crate::advisories::Advisories;

/// How a launch stands with the approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Exactly this is approved.
    Approved,
    /// It was approved, and something changed since; the text says what, fit to be shown.
    Outdated(String),
    /// Nobody approved it.
    Unapproved,
}

/// Who owns a directory: the files below it are to be theirs or the administrator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The directory: a home or a project.
    pub path: PathBuf,
    /// Its owner's number.
    pub owner: u32,
}

/// What rules compare with.
pub struct Context<'a> {
    /// How a launch stands with the approvals. Of a launch through `interlock run --` it is asked about the inner one, of `interlock run NAME`
    /// about that.
    pub standing: &'a dyn Fn(&Request) -> Standing,
    /// The exact version of a package that was approved or locked, where one is known.
    pub version: &'a dyn Fn(&PackageRef) -> Option<String>,
    /// Names of the variables that are set; none where this is not the machine that the files are for.
    pub variables: Option<&'a BTreeSet<String>>,
    /// What is known about packages.
    pub advisories: &'a Advisories,
    /// The homes and projects that are looked through.
    pub bases: &'a [Base],
}

impl Context<'_> {
    /// The home or project that a file is in: the innermost.
    pub(super) fn base(&self, path: &Path) -> Option<&Base> {
        let within = self
            .bases
            .iter()
            .filter(|base| path.starts_with(&base.path));
        within.max_by_key(|base| base.path.components().count())
    }
}
