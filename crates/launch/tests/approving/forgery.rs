//! What a program that runs as the same user can try against the approvals without knowing the passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::world::*;
use interlock_launch::key::{KeyFile, UnlockError};
use interlock_launch::{
    Approval, Digest, EditError, Grants, Known, Launch, Ledger, LedgerEdit, LoadError, Places,
    Secret, ToolDefinition,
};

fn approved() -> (World, Launch) {
    let mut world = World::new();
    world.file("srv/app/package.json", "{}");
    world.file("srv/app/index.js", "serve()");
    let signer = world.init();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    (world, launch)
}

#[test]
fn no_byte_of_the_file_can_be_changed() {
    let (world, _) = approved();
    let good = fs::read(world.ledger_file()).unwrap();
    assert!(world.ledger().distrust().is_none());
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs::write(world.ledger_file(), &bad).unwrap();
        assert!(
            world.ledger().distrust().is_some(),
            "byte {index} was changed unseen"
        );
    }
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        fs::write(world.ledger_file(), &good[..length]).unwrap();
        assert!(
            world.ledger().distrust().is_some(),
            "cut to {length} unseen"
        );
    }
    let mut long = good.clone();
    long.push(b' ');
    fs::write(world.ledger_file(), long).unwrap();
    assert!(world.ledger().distrust().is_some());
    fs::write(world.ledger_file(), &good).unwrap();
    assert!(world.ledger().distrust().is_none());
}

#[test]
fn an_older_file_is_found_out() {
    let (mut world, launch) = approved();
    let old = fs::read(world.ledger_file()).unwrap();
    let signer = world.key().unlock(&passphrase()).unwrap();
    world.revoke(&signer, "app");
    fs::write(world.ledger_file(), old).unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "rolled-back");
    fs::remove_file(world.ledger_file()).unwrap();
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "rolled-back");
    // Nor can it be signed again by mistake; starting over is explicit and goes on counting.
    let begun = LedgerEdit::begin(&world.places, &world.known, &signer);
    assert!(matches!(begun, Err(EditError::Distrust(_))));
    let edit = LedgerEdit::start_over(&world.places, &world.known, &signer).unwrap();
    assert!(edit.entries().is_empty());
    assert_eq!(edit.commit().unwrap(), world.known.sequence + 1);
}

#[test]
fn another_key_signs_nothing() {
    let (world, launch) = approved();
    // The forger makes a key of its own elsewhere and signs a file for this user.
    let forger = World::new();
    let signer = forger.init();
    let begun = LedgerEdit::begin(&world.places, &world.known, &signer);
    assert!(matches!(begun, Err(EditError::NotTheApprover { .. })));
    let mut edit = LedgerEdit::start_over(&forger.places, &world.known, &signer).unwrap();
    let approval = Approval {
        name: "app".parse().unwrap(),
        launch: &launch,
        profile: world.profile(Grants::default()),
        tools: None,
        note: None,
    };
    edit.approve(approval, time(3)).unwrap();
    edit.commit().unwrap();
    fs::copy(forger.ledger_file(), world.ledger_file()).unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "ledger-untrusted");
}

#[test]
fn a_replaced_public_key_is_found_out() {
    let (mut world, launch) = approved();
    let seen = world.ledger().anchor().unwrap().key().id();
    // The forger replaces everything that the user owns: key, public key and approvals.
    fs::remove_file(world.places.key()).unwrap();
    fs::remove_file(world.places.public_key()).unwrap();
    let old = world.known.clone();
    let signer = world.key().create(&passphrase()).unwrap();
    let edit = LedgerEdit::start_over(&world.places, &old, &signer).unwrap();
    edit.commit().unwrap();
    world.known.approver = Some(seen);
    assert_eq!(refusal(world.admit(launch)).code(), "ledger-untrusted");
}

#[test]
fn the_administrators_anchor_cannot_be_replaced() {
    let (world, launch) = approved();
    fs::create_dir_all(world.path("etc/approvers")).unwrap();
    fs::copy(
        world.places.public_key(),
        world.places.administrator_anchor(),
    )
    .unwrap();
    fs::remove_file(world.places.key()).unwrap();
    fs::remove_file(world.places.public_key()).unwrap();
    let signer = world.key().create(&passphrase()).unwrap();
    let begun = LedgerEdit::start_over(&world.places, &world.known, &signer);
    assert!(matches!(begun, Err(EditError::NotTheApprover { .. })));
    admitted(world.admit(launch));
}

#[test]
fn files_that_others_can_write_are_not_believed() {
    let (world, _) = approved();
    let chmod = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (mode, good) in [(0o620, false), (0o602, false), (0o644, true), (0o600, true)] {
        chmod(world.ledger_file(), mode);
        assert_eq!(world.ledger().distrust().is_none(), good, "{mode:o}");
    }
    chmod(world.places.approvals(), 0o777);
    assert!(world.ledger().distrust().is_some());
    chmod(world.places.approvals(), 0o700);
    chmod(world.places.public_key(), 0o666);
    let load = || Ledger::load(&world.places, &Known::default());
    assert!(matches!(load(), Err(LoadError::Anchor(_))));
    chmod(world.places.public_key(), 0o644);
    world.file("etc/approvals.d/a.json", r#"{"entries":[],"forbidden":[]}"#);
    assert!(load().is_ok());
    chmod(world.path("etc/approvals.d"), 0o777);
    assert!(matches!(load(), Err(LoadError::Administrator(_))));
    chmod(world.path("etc/approvals.d"), 0o755);
    chmod(world.path("etc/approvals.d/a.json"), 0o666);
    assert!(matches!(load(), Err(LoadError::Administrator(_))));
}

#[test]
fn links_and_damage_are_not_believed() {
    let (world, _) = approved();
    let moved = world.path("elsewhere");
    fs::rename(world.ledger_file(), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, world.ledger_file()).unwrap();
    assert!(world.ledger().distrust().is_some());
    world.file("etc/approvals.d/a.json", r#"{"entries":[]}"#);
    assert!(Ledger::load(&world.places, &world.known).is_err());
}

#[test]
fn files_of_another_user_are_not_believed() {
    let (world, _) = approved();
    let other = world.places.uid() + 1;
    let home = world.places.home();
    let places = Places::new(
        home,
        world.places.config(),
        world.places.store(),
        world.places.state(),
        other,
    );
    assert!(Ledger::load(&places, &world.known).is_err());
    let unlocked = KeyFile::new(&places).unlock(&passphrase());
    assert!(matches!(unlocked, Err(UnlockError::Guard(_))));
}

#[test]
fn a_poisoned_cache_admits_nothing() {
    let (world, launch) = approved();
    admitted(world.admit(launch));
    // Whatever the cache file says about the user's own files, they are read again or sealed by the signature.
    let cache = world.places.digest_cache();
    assert_eq!(
        fs::read(&cache).unwrap().len(),
        0,
        "nothing of a user's own is cached"
    );
    world.file("srv/app/index.js", "steal()");
    fs::write(&cache, [0x41; 6800]).unwrap();
    let mut cache = world.cache();
    world.ledger().teach(&mut cache);
    let (request, class) = world.node_request("srv/app/index.js", &[]);
    let launch = world
        .resolve_with(
            &request,
            class,
            interlock_launch::Prior::default(),
            &mut cache,
        )
        .unwrap();
    assert_eq!(refusal(world.admit(launch)).code(), "changed");
}

#[test]
fn sealed_content_is_not_read_again_and_still_admitted() {
    let (world, _) = approved();
    let mut cache = world.cache();
    world.ledger().teach(&mut cache);
    let (request, class) = world.node_request("srv/app/index.js", &[]);
    let launch = world
        .resolve_with(
            &request,
            class,
            interlock_launch::Prior::default(),
            &mut cache,
        )
        .unwrap();
    admitted(world.admit(launch));
}

#[test]
fn a_guessed_passphrase_and_a_changed_key_file_unlock_nothing() {
    let (world, _) = approved();
    let wrong = world.key().unlock(&Secret::new(b"wrong horse".to_vec()));
    assert!(matches!(wrong, Err(UnlockError::WrongPassphrase)));
    let good = fs::read(world.places.key()).unwrap();
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        if serde_json::from_slice::<serde_json::Value>(&bad).ok()
            == serde_json::from_slice(&good).ok()
        {
            continue; // White space between fields.
        }
        fs::write(world.places.key(), &bad).unwrap();
        fs::set_permissions(world.places.key(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(world.key().unlock(&passphrase()).is_err(), "byte {index}");
    }
}

#[test]
fn two_editors_lose_nothing() {
    let (world, launch) = approved();
    let signer = world.key().unlock(&passphrase()).unwrap();
    let known = Known::default();
    std::thread::scope(|scope| {
        for editor in 0..4 {
            let (world, launch, signer, known) = (&world, &launch, &signer, &known);
            scope.spawn(move || {
                let mut edit = LedgerEdit::begin(&world.places, known, signer).unwrap();
                let approval = Approval {
                    name: format!("s{editor}").parse().unwrap(),
                    launch,
                    profile: world.profile(Grants::default()),
                    tools: None,
                    note: Some("note".to_owned()),
                };
                edit.approve(approval, time(9)).unwrap();
                edit.commit().unwrap();
            });
        }
    });
    let ledger = world.ledger();
    assert_eq!(ledger.entries().count(), 5);
    assert_eq!(ledger.sequence(), 5);
    let entry = ledger.named("s2").unwrap();
    assert_eq!((entry.note(), entry.created()), (Some("note"), time(9)));
}

#[test]
fn an_edit_that_is_not_committed_changes_nothing() {
    let (world, launch) = approved();
    let before = fs::read(world.ledger_file()).unwrap();
    let signer = world.key().unlock(&passphrase()).unwrap();
    let mut edit = LedgerEdit::begin(&world.places, &world.known, &signer).unwrap();
    edit.revoke("app", time(2)).unwrap();
    assert!(edit.revoke("app", time(2)).is_err());
    drop(edit);
    assert_eq!(fs::read(world.ledger_file()).unwrap(), before);
    admitted(world.admit(launch));
}

#[test]
fn tools_are_pinned_and_their_definitions_kept() {
    let (mut world, launch) = approved();
    let signer = world.key().unlock(&passphrase()).unwrap();
    let tool = |text: &str| ToolDefinition {
        name: "read".to_owned(),
        digest: Digest::of(b"canonical"),
        raw: text.as_bytes().to_vec(),
    };
    let mut edit = LedgerEdit::begin(&world.places, &world.known, &signer).unwrap();
    edit.pin_tools("app", vec![tool("{ }")]).unwrap();
    assert!(edit.pin_tools("none", Vec::new()).is_err());
    world.known.sequence = edit.commit().unwrap();
    let ledger = world.ledger();
    let pin = ledger.named("app").unwrap().pins()[0].clone();
    assert_eq!(ledger.definition(&pin).unwrap(), b"{ }");
    assert_eq!(
        admitted(ledger.admit(launch)).pins(),
        std::slice::from_ref(&pin)
    );
    // Approving again keeps the pins; a changed definition is no definition.
    let launch = world.node("srv/app/index.js", &[]).unwrap();
    world.approve(&signer, "app", &launch, Grants::default());
    assert_eq!(
        world.ledger().named("app").unwrap().pins(),
        std::slice::from_ref(&pin)
    );
    let blob = world
        .places
        .approvals()
        .join(format!("blobs/{}.raw", pin.definition));
    fs::write(blob, "{}").unwrap();
    assert_eq!(world.ledger().definition(&pin), None);
}

#[test]
fn grants_that_lead_elsewhere_or_cover_code_are_not_approved() {
    let (world, launch) = approved();
    let signer = world.key().unlock(&passphrase()).unwrap();
    world.file("data/x", "");
    world.link("alias", &world.text("data"));
    let grants = |reads: &[&str], writes: &[&str]| Grants {
        reads: reads
            .iter()
            .map(|path| world.text(path).parse().unwrap())
            .collect(),
        writes: writes
            .iter()
            .map(|path| world.text(path).parse().unwrap())
            .collect(),
        ..Grants::default()
    };
    for (grants, good) in [
        (grants(&["data"], &[]), true),
        (grants(&["alias"], &[]), false),
        (grants(&[], &["alias"]), false),
        (grants(&[], &["data"]), true),
        (grants(&[], &["srv/app"]), false),
        (grants(&[], &["srv"]), false),
        // Digested as code, so it cannot be writable without resolving anew.
        (grants(&[], &["srv/app/data"]), false),
    ] {
        let shown = format!("{grants:?}");
        let mut edit = LedgerEdit::begin(&world.places, &world.known, &signer).unwrap();
        let approval = Approval {
            name: "again".parse().unwrap(),
            launch: &launch,
            profile: world.profile(grants),
            tools: None,
            note: None,
        };
        assert_eq!(edit.approve(approval, time(3)).is_ok(), good, "{shown}");
    }
}
