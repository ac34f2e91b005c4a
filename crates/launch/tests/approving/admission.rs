//! What is admitted and what is not: every change after approval is refused, and the refusal says what changed.

use std::fs;

use crate::world::*;
use interlock_launch::{Class, Danger, Grants, Prior, Refusal, Request, RequestRecord};

fn app(world: &World) {
    world.file("srv/app/package.json", "{}");
    world.file("srv/app/index.js", "serve()");
    world.file("srv/app/lib/a.js", "a");
}

#[test]
fn an_approved_launch_is_admitted_and_an_unknown_one_is_not() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &["--x"]).unwrap();
    let refused = refusal(world.admit(launch));
    assert_eq!(refused.code(), "not-approved");
    let script = world.text("srv/app/index.js");
    assert!(
        refused
            .to_string()
            .contains(&format!("run `interlock approve -- node {script} --x`")),
        "{refused}"
    );
    let launch = world.node("srv/app/index.js", &["--x"]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    let approved = admitted(world.admit(launch));
    assert_eq!(approved.name(), "app");
    assert_eq!(approved.launch().argv()[2], "--x");
    let launch = world.node("srv/app/index.js", &["--x"]).unwrap();
    admitted(world.ledger().admit_as("app", launch));
}

/// Approves `node index.js`, lets `change` happen, and expects a refusal with `expected` among what changed.
fn check(change: impl Fn(&World), expected: &[&str]) {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    change(&world);
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    let refused = refusal(world.admit(launch));
    let lines = changed(&refused);
    for line in expected {
        let line = line.replace("ROOT", world.root.to_str().unwrap());
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
    assert!(
        refused.to_string().contains("interlock diff app"),
        "{refused}"
    );
}

#[test]
fn changed_code_is_refused_and_named() {
    let entry = &[
        "content of ROOT/srv/app/index.js",
        "file ROOT/srv/app/index.js",
    ];
    check(|w| drop(w.file("srv/app/index.js", "steal()")), entry);
    let tree = "project ROOT/srv/app: content";
    check(
        |w| drop(w.file("srv/app/lib/a.js", "b")),
        &[tree, "file ROOT/srv/app/lib/a.js"],
    );
    check(
        |w| drop(w.file("srv/app/lib/new.js", "b")),
        &[tree, "file ROOT/srv/app/lib/new.js"],
    );
    check(
        |w| fs::remove_file(w.path("srv/app/lib/a.js")).unwrap(),
        &[tree],
    );
    check(
        |w| drop(w.program("srv/app/lib/a.js", "a")),
        &["file ROOT/srv/app/lib/a.js"],
    );
    check(
        |w| w.link("srv/app/lib/l.js", "/etc/passwd"),
        &["file ROOT/srv/app/lib/l.js"],
    );
}

#[test]
fn changed_programs_are_refused() {
    check(
        |w| drop(w.program("bin/node", "evil node")),
        &["content of ROOT/bin/node"],
    );
    // The same bytes under another real path.
    let moved = |w: &World| {
        w.program("tmp/node", "not really node");
        w.link("bin/node", w.path("tmp/node").to_str().unwrap());
    };
    check(moved, &["program"]);
}

#[test]
fn a_path_swapped_by_a_link_is_refused() {
    check(
        |w| {
            w.file("tmp/app/package.json", "{}");
            w.file("tmp/app/index.js", "serve()");
            w.file("tmp/app/lib/a.js", "a");
            fs::rename(w.path("srv/app"), w.path("srv/old")).unwrap();
            w.link("srv/app", w.path("tmp/app").to_str().unwrap());
        },
        &["argument 1", "interpreted file 0"],
    );
}

#[test]
fn version_control_and_written_directories_may_change() {
    let mut world = World::new();
    app(&world);
    world.file("srv/app/.git/HEAD", "1");
    world.file("srv/app/data/db", "1");
    let signer = world.init();
    let writes = vec![world.text("srv/app/data").parse().unwrap()];
    let (request, class) = world.node_request("srv/app/index.js", &[]);
    let prior = Prior {
        writes: &writes,
        ..Prior::default()
    };
    let launch = world.resolve(&request, class.clone(), prior).unwrap();
    let grants = Grants {
        writes: writes.clone(),
        ..Grants::default()
    };
    world.approve(&signer, "app", &launch, grants);
    world.file("srv/app/.git/HEAD", "2");
    world.file("srv/app/data/db", "2");
    let ledger = world.ledger();
    let prior = Prior::from(ledger.named("app").unwrap());
    let launch = world.resolve(&request, class, prior).unwrap();
    let mounts = launch.mounts();
    assert!(
        mounts[0].hidden.contains(&world.path("srv/app/.git")),
        "{mounts:?}"
    );
    admitted(ledger.admit(launch));
}

#[test]
fn another_request_is_another_approval() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &["--safe"]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    for args in [&["--safe", "--more"][..], &[], &["--other"]] {
        let launch = world.node("srv/app/index.js", args).unwrap();
        assert_eq!(
            refusal(world.admit(launch)).code(),
            "not-approved",
            "{args:?}"
        );
        let launch = world.node("srv/app/index.js", args).unwrap();
        let refused = refusal(world.ledger().admit_as("app", launch));
        assert!(
            changed(&refused)
                .iter()
                .any(|line| line.starts_with("argument"))
        );
    }
}

#[test]
fn variables_count_by_name_and_code_by_value() {
    let cases = [
        (("TOKEN", "a"), ("TOKEN", "b"), true),
        (("TOKEN", "a"), ("TOKEN2", "a"), false),
        (("NODE_OPTIONS", "-r a"), ("NODE_OPTIONS", "-r b"), false),
        (("node_options", "-r a"), ("node_options", "-r b"), false),
        (("LD_PRELOAD", "a"), ("LD_PRELOAD", "b"), false),
        (("HTTPS_PROXY", "a"), ("HTTPS_PROXY", "b"), false),
    ];
    for (was, now, same) in cases {
        let mut world = World::new();
        app(&world);
        let signer = world.init();
        let (mut request, class) = world.node_request("srv/app/index.js", &[]);
        request.env = vec![(was.0.to_owned(), was.1.to_owned())];
        let launch = world
            .resolve(&request, class.clone(), Prior::default())
            .unwrap();
        world.approve(&signer, "app", &launch, Grants::default());
        request.env = vec![(now.0.to_owned(), now.1.to_owned())];
        let launch = world.resolve(&request, class, Prior::default()).unwrap();
        assert_eq!(world.admit(launch).is_ok(), same, "{was:?} {now:?}");
    }
}

#[test]
fn values_without_code_are_nowhere_in_the_files() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let (mut request, class) = world.node_request("srv/app/index.js", &[]);
    request.env = vec![("API_KEY".to_owned(), "hunter2-secret".to_owned())];
    let launch = world.resolve(&request, class, Prior::default()).unwrap();
    assert_eq!(launch.env(), &request.env);
    world.approve(&signer, "app", &launch, Grants::default());
    let ledger = fs::read_to_string(world.ledger_file()).unwrap();
    assert!(
        ledger.contains("API_KEY") && !ledger.contains("hunter2"),
        "{ledger}"
    );
}

#[test]
fn another_package_version_is_refused_with_the_versions() {
    let mut world = World::new();
    let signer = world.init();
    let old = shelve(&mut world, "server", "1.0.0", "one");
    let new = shelve(&mut world, "server", "1.1.0", "two");
    let request = Request::new("npx", ["-y", "server"]);
    let class = Class::Package(package_ref("server", None));
    let with = |package| Prior {
        package: Some(package),
        ..Prior::default()
    };
    let launch = world.resolve(&request, class.clone(), with(&old)).unwrap();
    world.approve(&signer, "server", &launch, Grants::default());
    let launch = world.resolve(&request, class.clone(), with(&old)).unwrap();
    assert!(
        launch.argv()[0].ends_with("/bin/node"),
        "{:?}",
        launch.argv()
    );
    admitted(world.admit(launch));
    let launch = world.resolve(&request, class.clone(), with(&new)).unwrap();
    let lines = changed(&refusal(world.admit(launch)));
    assert!(lines.contains(&"package: version".to_owned()), "{lines:#?}");
    // And one byte in the store.
    let entry = &world.store.0[0].1.entry.clone();
    fs::write(entry, "owned").unwrap();
    let launch = world.resolve(&request, class, with(&old)).unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "changed");
}

#[test]
fn a_grant_that_leads_elsewhere_is_refused() {
    let mut world = World::new();
    app(&world);
    world.file("data/x", "");
    world.file("private/x", "");
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    let grants = Grants {
        reads: vec![world.text("data").parse().unwrap()],
        ..Grants::default()
    };
    world.approve(&signer, "app", &launch, grants);
    fs::rename(world.path("data"), world.path("gone")).unwrap();
    world.link("data", world.path("private").to_str().unwrap());
    let refused = refusal(world.admit(launch));
    assert_eq!(refused.code(), "grant-moved");
    assert!(
        refused.to_string().contains(&world.text("private")),
        "{refused}"
    );
}

#[test]
fn revoking_takes_effect_and_is_told() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    world.revoke(&signer, "app");
    let refused = refusal(world.admit(launch));
    assert!(matches!(&refused, Refusal::Revoked { name, at } if name == "app" && *at == time(2)));
    let (ledger, (request, _)) = (world.ledger(), world.node_request("srv/app/index.js", &[]));
    let request = RequestRecord::from(&request);
    for (name, found) in [(None, true), (Some("app"), true), (Some("other"), false)] {
        assert_eq!(ledger.revoked(name, &request).is_some(), found, "{name:?}");
    }
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    admitted(world.admit(launch));
}

#[test]
fn the_administrator_wins() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    let ledger = world.ledger();
    let entry = ledger.named("app").unwrap().clone();
    let install = |entries: &[_], forbidden: &[_]| {
        let text = interlock_launch::administrator_document(entries, forbidden).unwrap();
        world.file("etc/approvals.d/a.json", &text);
    };
    // Without any file of the user's, the administrator's entry admits.
    install(std::slice::from_ref(&entry), &[]);
    fs::remove_file(world.ledger_file()).unwrap();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    let approved = admitted(world.admit(launch));
    assert_eq!(
        *approved.authority(),
        interlock_launch::Authority::Administrator
    );
    // What it approved is all that is admitted under that request, whatever the user signs.
    world.file("srv/app/index.js", "changed");
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "changed");
}

#[test]
fn the_administrator_can_forbid() {
    let mut world = World::new();
    app(&world);
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    let fingerprint = world.ledger().named("app").unwrap().fingerprint();
    let text = interlock_launch::administrator_document(&[], &[fingerprint]).unwrap();
    world.file("etc/approvals.d/no.json", &text);
    assert_eq!(refusal(world.admit(launch)).code(), "forbidden");
}

#[test]
fn unjudged_text_runs_only_with_its_danger() {
    let world = World::new();
    world.program("bin/sh", "not really sh");
    let request = Request::new("sh", ["-c", "serve"]);
    let refused = error(world.resolve(&request, Class::InlineCode, Prior::default()));
    assert!(refused.to_string().contains("refused"), "{refused}");
    let mut judgement = interlock_launch::judge(&Request::new("", [""]));
    judgement.class = Class::InlineCode;
    judgement.reasons = vec![interlock_launch::Reason {
        code: "inline-code",
        text: String::new(),
        severity: interlock_launch::Severity::Danger,
    }];
    for (danger, allowed) in [
        (vec![], false),
        (vec![Danger::AllowUnknown], false),
        (vec![Danger::AllowInlineCode], true),
    ] {
        let mut cache = world.cache();
        let mut resolver = interlock_launch::Resolver {
            search: &world.search,
            store: &world.store,
            places: &world.places,
            cache: &mut cache,
        };
        let prior = Prior {
            danger: &danger,
            ..Prior::default()
        };
        let result = resolver.resolve(&request, &judgement, prior);
        assert_eq!(result.is_ok(), allowed, "{danger:?}");
    }
}
