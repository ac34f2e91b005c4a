//! Before a source archive is built: it and what builds it are judged as any package is, and the build goes on record.
//!
//! A build runs code of strangers before anybody is shown a tree, so what an approval would refuse has to be refused here. Who builds
//! is made here and nowhere else, of the receipt for the record.

use std::path::PathBuf;

use interlock_audit::{Event, Receipt};
use interlock_supply::LockedPackage;
use interlock_supply::pypi::{Broken, Build, DangerBuilder, Index, Refusal, Task, Unbuilt};

use super::build::ContainedBuild;
use super::origin;
use super::rules::Rules;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// What `--danger-build-sdists` stands for on the record.
const OPTION: &str = "--danger-build-sdists";

/// Lets sources be built, for somebody who said so.
pub struct Admission<'a> {
    /// Where the record is kept.
    pub context: &'a Context,
    /// What is required of packages.
    pub rules: &'a Rules,
    /// Who is asked about them.
    pub index: &'a Index,
    /// The name of what was asked for.
    pub own: &'a str,
    /// The interpreter's real path.
    pub python: PathBuf,
}

impl Admission<'_> {
    fn judge(&self, packages: &[LockedPackage]) -> Result<(), Failure> {
        origin::before_a_build(self.rules, self.index, self.own, packages)
    }

    /// On the disk before anything runs: whoever gets out of a sandbox could not undo it.
    fn record(&self, sources: &Unbuilt<'_>) -> Result<Receipt, Failure> {
        let failed = |error: &dyn std::error::Error| {
            let what = "the build could not be recorded, so nothing is built";
            Failure::new(Exit::Refused, what).because(error)
        };
        let mut log = self.context.log()?;
        let what = format!("{} {}", sources.shown, sources.integrity);
        let event = Event::DangerUsed {
            session: None,
            option: OPTION,
            value: Some(&what),
        };
        let now = self.context.now();
        let receipt = log.append(now, &event).map_err(|error| failed(&error))?;
        log.flush(now).map_err(|error| failed(&error))?;
        Ok(receipt)
    }
}

impl DangerBuilder for Admission<'_> {
    fn begin(&self, sources: &Unbuilt<'_>) -> Result<Box<dyn Build + '_>, Refusal> {
        let judged = match sources.package {
            Some(package) => self.judge(std::slice::from_ref(package)),
            None => origin::before_a_build_of_no_registry(self.rules, sources),
        };
        judged.map_err(refusal)?;
        let recorded = self.record(sources).map_err(refusal)?;
        Ok(Box::new(Admitted {
            by: self,
            build: ContainedBuild::new(self.python.clone(), recorded),
        }))
    }
}

/// A build that was judged and is on record.
struct Admitted<'a> {
    by: &'a Admission<'a>,
    build: ContainedBuild,
}

impl Build for Admitted<'_> {
    fn admit(&self, tools: &[LockedPackage]) -> Result<(), Refusal> {
        self.by.judge(tools).map_err(refusal)
    }

    fn requires(&self, task: &Task<'_>) -> Result<Vec<String>, Broken> {
        self.build.requires(task)
    }

    fn wheel(&self, task: &Task<'_>) -> Result<Vec<(String, Vec<u8>)>, Broken> {
        self.build.wheel(task)
    }
}

fn refusal(failure: Failure) -> Refusal {
    Refusal {
        what: failure.what,
        causes: failure.causes,
        next: failure.next,
    }
}
