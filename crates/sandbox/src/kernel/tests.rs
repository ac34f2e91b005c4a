//! Which missing layers a profile bears.

use super::*;

fn kernel_without(missing: &[Layer]) -> Kernel {
    let reports = Layer::ALL
        .into_iter()
        .map(|layer| LayerReport {
            layer,
            present: !missing.contains(&layer),
            detail: "made up".to_owned(),
            advice: None,
        })
        .collect();
    Kernel {
        reports,
        landlock_abi: 7,
        cgroup_parent: None,
        tried: true,
    }
}

#[track_caller]
fn check(missing: &[Layer], allowed: &[Layer], expected: Result<&[Layer], Layer>) {
    let allowed = allowed.iter().copied().collect();
    match (kernel_without(missing).missing_for(&allowed), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected.iter().copied().collect()),
        (Err(PlanError::MissingLayer { layer, .. }), Err(expected)) => assert_eq!(layer, expected),
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn a_missing_layer_fails_unless_it_is_allowed_missing() {
    check(&[], &[], Ok(&[]));
    for layer in Layer::ALL.into_iter().filter(|layer| layer.is_required()) {
        check(&[layer], &[], Err(layer));
        if layer != Layer::Namespaces {
            check(&[layer], &[layer], Ok(&[layer]));
        }
    }
}

#[test]
fn the_cgroup_may_always_be_missing() {
    check(&[Layer::Cgroup], &[], Ok(&[Layer::Cgroup]));
}

#[test]
fn namespaces_cannot_be_given_up() {
    check(
        &[Layer::Namespaces],
        &[Layer::Namespaces],
        Err(Layer::Namespaces),
    );
}

#[test]
fn what_is_allowed_missing_but_present_is_applied() {
    check(&[], &[Layer::Seccomp, Layer::Landlock], Ok(&[]));
}

#[test]
fn this_kernel_gives_everything_that_is_required() {
    let kernel = Kernel::probe();
    for report in kernel
        .reports()
        .iter()
        .filter(|report| report.layer.is_required())
    {
        assert!(
            report.present,
            "the tests of the sandbox need the layer `{}`: {} ({})",
            report.layer,
            report.detail,
            report.advice.unwrap_or("no advice"),
        );
    }
}
