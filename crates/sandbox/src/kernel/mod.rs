//! What this kernel gives: tried, not guessed from its version.

mod cgroups;
mod probe;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::layer::Layer;
use crate::plan::PlanError;

/// What was found about one layer: a row of `interlock doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerReport {
    /// Which layer.
    pub layer: Layer,
    /// Whether it can be applied.
    pub present: bool,
    /// What was found: a version, or the kernel's reason.
    pub detail: String,
    /// What to do where it is missing.
    pub advice: Option<&'static str>,
}

/// What this kernel gives. Found once with [`Kernel::probe`]; it does not change while a system runs, short of an administrator's.
#[derive(Clone, Debug)]
pub struct Kernel {
    reports: Vec<LayerReport>,
    landlock_abi: u32,
    cgroup_parent: Option<PathBuf>,
    /// Whether the layers that cost something to try were tried.
    tried: bool,
}

impl Kernel {
    /// Tries every layer in a throw-away child that does the whole set-up: a kernel that allows the namespaces may still refuse the
    /// mounts in them. Takes about a launch; keep the result.
    pub fn probe() -> Kernel {
        probe::probe()
    }

    /// Takes everything to be there but the versions that cost nothing to ask. A layer that turns out to be missing fails the
    /// spawn; nothing runs with less. For launches, where trying first would double the cost; a profile that allows
    /// layers to be missing is planned after trying all the same.
    pub fn assume() -> Kernel {
        probe::assume()
    }

    /// One row for each layer.
    pub fn reports(&self) -> &[LayerReport] {
        &self.reports
    }

    /// Whether a layer can be applied.
    pub fn has(&self, layer: Layer) -> bool {
        self.reports
            .iter()
            .any(|report| report.layer == layer && report.present)
    }

    /// The Landlock ABI; 0 where there is none.
    pub fn landlock_abi(&self) -> u32 {
        self.landlock_abi
    }

    /// What is known for a profile that allows layers to be missing: which ones are, only trying tells.
    pub(crate) fn tried_for(&self, allowed: &BTreeSet<Layer>) -> Kernel {
        if self.tried || allowed.is_empty() {
            self.clone()
        } else {
            Kernel::probe()
        }
    }

    pub(crate) fn cgroup_parent(&self) -> Option<&Path> {
        self.cgroup_parent.as_deref()
    }

    /// The layers that will be missing for a profile that allows `allowed` to be.
    ///
    /// # Errors
    /// When a required layer is missing that is not allowed to be.
    pub(crate) fn missing_for(
        &self,
        allowed: &BTreeSet<Layer>,
    ) -> Result<BTreeSet<Layer>, PlanError> {
        let mut missing = BTreeSet::new();
        for report in self.reports.iter().filter(|report| !report.present) {
            // The sandbox cannot be built at all without namespaces.
            let allowed = report.layer != Layer::Namespaces && allowed.contains(&report.layer);
            if report.layer.is_required() && !allowed {
                return Err(PlanError::MissingLayer {
                    layer: report.layer,
                    reason: report.detail.clone(),
                });
            }
            missing.insert(report.layer);
        }
        Ok(missing)
    }
}

#[cfg(test)]
mod tests;
