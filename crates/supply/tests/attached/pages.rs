//! Lists of referrers that go on at another address.

use super::support::image::{BUNDLE, attach, digest, referrers, referrers_path};
use super::support::server::{Answer, Server};
use super::{ALICE, NOW, PATH, SLSA, World};

const BOB: &str = "https://github.com/bob/server";
const CAROL: &str = "https://github.com/carol/server";

/// Puts a page of the list of what refers to the manifest; `next` is what its `Link` says.
fn page(world: &World, at: &str, listed: &[String], next: Option<&str>) {
    let listed: Vec<_> = listed.iter().map(|it| (it.clone(), BUNDLE)).collect();
    let mut answer = Answer::new(referrers(&listed));
    let link = next.map(|next| ("Link", format!("<{next}>; rel=\"next\"")));
    answer.headers.extend(link);
    world.server.put(at, answer);
}

fn bundle(world: &World, owner: &str, at: i64) -> String {
    let bundle = world.bundle(SLSA, &world.manifest, owner, at);
    attach(&world.server, PATH, &world.manifest, &bundle)
}

/// Addresses of the first page, and of those after it.
fn addresses(world: &World) -> [String; 3] {
    let first = referrers_path(PATH, &world.manifest);
    let on = |page: u32| format!("/v2/{PATH}/referrers/{}?page={page}", world.manifest);
    [first, on(2), on(3)]
}

#[test]
fn every_page_counts() {
    let world = World::new();
    let [first, second, third] = addresses(&world);
    let [alice, bob, carol] =
        [(ALICE, 9), (BOB, 8), (CAROL, 7)].map(|(owner, ago)| bundle(&world, owner, NOW - ago));
    page(&world, &first, std::slice::from_ref(&alice), Some(&second));
    // Absolute, and with what was listed before.
    let absolute = format!("{}{}", world.server.url().trim_end_matches('/'), third);
    page(&world, &second, &[alice.clone(), bob], Some(&absolute));
    page(&world, &third, &[carol], None);
    world.check(&[ALICE, BOB, CAROL], "");
    assert_eq!(world.server.asked_for(&alice), 1, "once");
}

#[test]
fn a_page_elsewhere_is_not_asked_for() {
    let other = Server::start();
    let world = World::new();
    let [first, ..] = addresses(&world);
    let alice = bundle(&world, ALICE, NOW - 9);
    let elsewhere = format!("{}v2/{PATH}/referrers/x", other.url());
    let with_user = world.server.url().replace("://", "://me@") + "v2/x";
    for next in [
        elsewhere.as_str(),
        &with_user,
        "https://evil.example/",
        "//evil.example/v2/",
        "file:///etc/passwd",
        "/elsewhere",
        "/v2/team/other/referrers/x",
        "../tags/list",
        "/v2/team/server/referrers/%2e%2e/%2e%2e/",
        "https://[",
    ] {
        page(&world, &first, std::slice::from_ref(&alice), Some(next));
        world.server.forget();
        world.check(&[ALICE], "goes on elsewhere");
        assert_eq!(
            world.server.asked_for("elsewhere") + world.server.asked_for("other"),
            0
        );
    }
    assert!(other.asked().is_empty());
}

#[test]
fn lists_end() {
    let world = World::new();
    let [first, second, third] = addresses(&world);
    let alice = bundle(&world, ALICE, NOW - 9);
    // In a circle, to the first or to a later page, or to itself.
    for (after_first, after_second) in [(&second, &first), (&second, &second), (&first, &first)] {
        page(
            &world,
            &first,
            std::slice::from_ref(&alice),
            Some(after_first),
        );
        page(&world, &second, &[], Some(after_second));
        world.server.forget();
        world.check(&[ALICE], "in a circle");
        assert!(world.server.asked_for("page=2") <= 1);
    }
    // Always another address, always the same things.
    let on = |number: u32| format!("/v2/{PATH}/referrers/{}?page={number}", world.manifest);
    page(&world, &first, std::slice::from_ref(&alice), Some(&on(2)));
    for number in 2..99 {
        page(
            &world,
            &on(number),
            std::slice::from_ref(&alice),
            Some(&on(number + 1)),
        );
    }
    world.server.forget();
    world.check(&[ALICE], "more of it than");
    let asked = world
        .server
        .asked_for(&format!("referrers/{}?", world.manifest));
    assert_eq!(asked, 16);
    // Always other things.
    for number in 2..99_u32 {
        let listed: Vec<String> = (0..9_u32)
            .map(|one| digest(&[number, one].map(u32::to_be_bytes).concat()))
            .collect();
        page(&world, &on(number), &listed, Some(&on(number + 1)));
    }
    world.server.forget();
    world.check(&[ALICE], "more of it than");
    assert!(world.server.asked_for("page=") <= 4);
    // All pages have the bytes of one list.
    page(&world, &first, std::slice::from_ref(&alice), Some(&second));
    for (at, next) in [(&second, Some(third.as_str())), (&third, None)] {
        page(&world, at, &[], next);
        world
            .server
            .change(at, |answer| answer.body.resize(3 << 20, b' '));
    }
    world.check(&[ALICE], "more of it than");
}

#[test]
fn a_page_that_is_none_takes_nothing_away() {
    let world = World::new();
    let [first, second, _] = addresses(&world);
    let alice = bundle(&world, ALICE, NOW - 9);
    page(&world, &first, &[alice], Some(&second));
    world.server.put(&second, Answer::status(404));
    world.check(&[ALICE], "does not have it");
    world.server.put(&second, Answer::new("<!doctype html>"));
    world.check(&[ALICE], "lists it as");
    // A redirect is not followed: it is a registry that was not reached.
    let mut away = Answer::status(307);
    away.headers.push(("Location", "/v2/elsewhere".to_owned()));
    world.server.put(&second, away);
    let (_, evidence) = world.evidence();
    assert!(!evidence.is_whole());
    assert_eq!(world.judged(&evidence).0, [ALICE]);
    assert_eq!(world.server.asked_for("elsewhere"), 0);
}

/// The tag that stands for the list is a manifest, and has no pages.
#[test]
fn a_link_beside_the_tag_leads_nowhere() {
    let world = World::new();
    let [_, second, _] = addresses(&world);
    let alice = bundle(&world, ALICE, NOW - 9);
    let tag = format!("/v2/{PATH}/manifests/{}", world.manifest.replace(':', "-"));
    page(&world, &tag, &[alice], Some(&second));
    world.check(&[ALICE], "");
    assert_eq!(world.server.asked_for("page=2"), 0);
}
