//! What packages of npm want besides their dependencies and do not get, told wherever a tree is shown: at `approve`, `add` and `lock`, and
//! of a proposal.

use serde_json::json;

use crate::vouched::{Registry, Release, approve, lock};
use crate::world::{World, has};

/// Everything that shows `app` of this registry tells it.
fn told_everywhere(registry: &Registry, parts: &[&str]) {
    let own = registry.user(World::new(), "");
    let words = ["--", "npx", "-y", "app", "plain"];
    has(&approve(&own, &words).expect(0).out, parts);
    let own = registry.user(World::without_key(), "");
    for words in [
        &["add", "npm:app", "--name", "app"][..],
        &["lock"],
        &["lock", "--update"],
    ] {
        has(&own.interlock(words).expect(0).out, parts);
    }
    let elsewhere = registry.elsewhere(&lock(&own));
    has(&approve(&elsewhere, &["--lock"]).expect(0).out, parts);
}

#[test]
fn peers_that_are_not_there_as_needed() {
    let mut app = Release::new("app", "1.0.0", 30);
    let needs = json!({ "dep": "1", "p": "2" });
    app.package = app.package.field("dependencies", needs);
    let mut dep = Release::new("dep", "1.0.0", 30);
    let peers = json!({ "p": "^3.25.76", "q": "1" });
    dep.package = dep.package.field("peerDependencies", peers);
    let meta = json!({ "q": { "optional": true } });
    dep.package = dep.package.field("peerDependenciesMeta", meta);
    let registry = Registry::new(&[app, dep, Release::new("p", "2.0.0", 30)]);
    told_everywhere(
        &registry,
        &["dep@1.0.0 needs its peer p \"^3.25.76\", and 2.0.0 is there; it may fail"],
    );
}

#[test]
fn pins_that_are_not_followed() {
    let mut app = Release::new("app", "1.0.0", 30).needs("dep", "1");
    app.package = app.package.file("npm-shrinkwrap.json", "{}");
    let registry = Registry::new(&[app, Release::new("dep", "1.0.0", 30)]);
    let part = "app@1.0.0 pins what it needs in its npm-shrinkwrap.json, which npm would install; that is not followed here";
    told_everywhere(&registry, &[part]);
}
