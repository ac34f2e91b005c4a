//! Trying the layers.

use interlock_sys::{landlock, seccomp};

use std::path::Path;

use super::cgroups;
use super::{Kernel, LayerReport};
use crate::layer::Layer;
use crate::profile::Profile;
use crate::spawn::SpawnError;

/// The oldest Landlock ABI that covers writing completely (it knows truncation).
const LANDLOCK_NEEDED: u32 = 3;
/// The first Landlock ABI with scopes.
const SCOPES_NEEDED: u32 = 6;

/// The detail of a layer until it is tried.
const NOT_TRIED: &str = "not tried";

pub(super) fn assume() -> Kernel {
    let landlock = landlock::abi();
    let landlock_abi = landlock.unwrap_or(0);
    let cgroup_parent = cgroups::find();
    let present = |layer, detail: String| LayerReport {
        layer,
        present: true,
        detail,
        advice: None,
    };
    let reports = Layer::ALL
        .into_iter()
        .map(|layer| match layer {
            Layer::Landlock => landlock_report(layer, landlock, LANDLOCK_NEEDED),
            Layer::LandlockScope => landlock_report(layer, landlock, SCOPES_NEEDED),
            Layer::Seccomp => seccomp_report(),
            Layer::Cgroup => cgroup_report(cgroup_parent.as_deref()),
            other => present(other, NOT_TRIED.to_owned()),
        })
        .collect();
    Kernel {
        reports,
        landlock_abi,
        cgroup_parent,
        tried: false,
    }
}

pub(super) fn probe() -> Kernel {
    let mut kernel = assume();
    // Each round finds at most one layer that is missing, and tries again without it.
    for _ in Layer::ALL {
        let Err(error) = try_out(&kernel) else { break };
        let layer = error.layer().unwrap_or(Layer::Namespaces);
        let detail = chain(&error);
        let first = mark(&mut kernel, layer, detail);
        if layer == Layer::Namespaces || !first {
            break;
        }
    }
    let namespaces = kernel.has(Layer::Namespaces);
    for report in &mut kernel.reports {
        if report.detail == NOT_TRIED {
            report.present = namespaces;
            report.detail = if namespaces {
                "works"
            } else {
                "needs namespaces"
            }
            .to_owned();
        }
    }
    kernel.tried = true;
    kernel
}

fn try_out(kernel: &Kernel) -> Result<(), SpawnError> {
    let mut profile = Profile::new("/usr/bin/env");
    profile.allow_missing = Layer::ALL.into_iter().collect();
    match profile.plan_on(kernel.clone()) {
        Ok(plan) => plan.try_out(),
        // Only missing namespaces stop this plan, and they are marked already.
        Err(_) => Ok(()),
    }
}

/// Marks a layer as missing; `false` when it was already.
fn mark(kernel: &mut Kernel, layer: Layer, detail: String) -> bool {
    let Some(report) = kernel
        .reports
        .iter_mut()
        .find(|report| report.layer == layer)
    else {
        return false;
    };
    let first = report.present;
    report.present = false;
    report.detail = detail;
    report.advice = Some(advice(layer));
    first
}

fn landlock_report(layer: Layer, abi: Result<u32, rustix::io::Errno>, needed: u32) -> LayerReport {
    let (present, detail) = match abi {
        Ok(abi) if abi >= needed => (true, format!("ABI {abi}")),
        Ok(abi) => (false, format!("ABI {abi}, needed is {needed}")),
        Err(rustix::io::Errno::NOSYS) => (false, "not built into this kernel".to_owned()),
        Err(rustix::io::Errno::OPNOTSUPP) => (false, "built in, but not switched on".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    LayerReport {
        layer,
        present,
        detail,
        advice: (!present).then(|| advice(layer)),
    }
}

fn seccomp_report() -> LayerReport {
    const KILL_PROCESS: u32 = 0x8000_0000;
    let present = seccomp::knows_action(KILL_PROCESS);
    let detail = if present {
        "filters, with killing"
    } else {
        "no filters"
    };
    let layer = Layer::Seccomp;
    LayerReport {
        layer,
        present,
        detail: detail.to_owned(),
        advice: (!present).then(|| advice(layer)),
    }
}

fn cgroup_report(parent: Option<&Path>) -> LayerReport {
    let detail = match parent {
        None => "none is delegated; the reaper watches memory instead".to_owned(),
        Some(parent) => format!("version 2, in `{}`", parent.display()),
    };
    let (layer, present) = (Layer::Cgroup, parent.is_some());
    LayerReport {
        layer,
        present,
        detail,
        advice: (!present).then(|| advice(layer)),
    }
}

fn advice(layer: Layer) -> &'static str {
    match layer {
        Layer::Namespaces => {
            "allow user namespaces: `sysctl user.max_user_namespaces=10000`; on Debian `kernel.unprivileged_userns_clone=1`; on Ubuntu \
             24.04 and later an AppArmor profile with `userns,` for interlock; in Docker a seccomp profile that allows them"
        }
        Layer::Proc => {
            "run outside a container that masks parts of /proc, or add `--danger-allow-missing=proc`"
        }
        Layer::NestedNamespaces => {
            "mount /proc/sys writable in the container that interlock runs in"
        }
        Layer::Landlock => "use Linux 6.2 or later with `landlock` in the boot parameter `lsm=`",
        Layer::LandlockScope => {
            "use Linux 6.12 or later, or add `--danger-allow-missing=landlock-scope`"
        }
        Layer::Seccomp => "use a kernel with CONFIG_SECCOMP_FILTER, 4.14 or later",
        Layer::Cgroup => {
            "run interlock under a systemd user session, which delegates one (`systemd-run --user --scope`)"
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn landlock_is_judged_by_its_abi() {
        let check = |abi, present, detail: &str| {
            let report = landlock_report(Layer::Landlock, abi, LANDLOCK_NEEDED);
            assert_eq!((report.present, report.detail.as_str()), (present, detail));
            assert_eq!(report.advice.is_none(), present);
        };
        check(Ok(7), true, "ABI 7");
        check(Ok(2), false, "ABI 2, needed is 3");
        check(Err(Errno::NOSYS), false, "not built into this kernel");
        check(
            Err(Errno::OPNOTSUPP),
            false,
            "built in, but not switched on",
        );
    }

    #[test]
    fn a_layer_is_marked_once() {
        let mut kernel = assume();
        assert!(mark(&mut kernel, Layer::Proc, "no".to_owned()));
        assert!(!mark(&mut kernel, Layer::Proc, "no".to_owned()));
        assert!(!kernel.has(Layer::Proc));
    }

    #[test]
    fn a_profile_that_bears_less_is_planned_after_trying() {
        let assumed = assume();
        let untried = |kernel: &Kernel| kernel.reports().iter().any(|r| r.detail == NOT_TRIED);
        assert!(untried(
            &assumed.tried_for(&std::collections::BTreeSet::new())
        ));
        assert!(!untried(&assumed.tried_for(&[Layer::Proc].into())));
    }

    #[test]
    fn every_layer_has_advice() {
        for layer in Layer::ALL {
            assert!(!advice(layer).is_empty());
        }
    }
}
