//! `wrap`, `unwrap` and `scan --fix` where links lead elsewhere, or a backup is damaged.

use std::fs;
use std::os::unix::fs::symlink;

use crate::world::{World, has};

const SERVERS: &str = "{\"mcpServers\": {\"a\": {\"command\": \"npx\"}}}";
const TRUSTED: &str = "{\n  \"mcpServers\": {\n    \"a\": {\n      \"command\": \"uvx\",\n      \"args\": [\"x==1.0.0\"],\n      \"trust\": true\n    }\n  }\n}\n";

fn write(world: &World, name: &str, text: &str) {
    let path = world.home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(world: &World, name: &str) -> String {
    fs::read_to_string(world.home.join(name)).unwrap()
}

#[test]
fn a_project_does_not_lead_out_of_itself() {
    let world = World::new();
    write(&world, ".cursor/mcp.json", SERVERS);
    write(&world, ".gemini/settings.json", TRUSTED);
    write(&world, "data/.mcp.json", SERVERS);
    fs::create_dir_all(world.home.join("data/.kiro/agents")).unwrap();
    for (target, link) in [
        (".cursor", "data/.cursor"),
        (".gemini", "data/.gemini"),
        (".cursor/mcp.json", "data/.kiro/agents/x.json"),
    ] {
        symlink(world.home.join(target), world.home.join(link)).unwrap();
    }
    let project = world.path("data");
    let wrapped = world
        .interlock(&["wrap", "--yes", "--project", &project])
        .expect(1);
    has(
        &wrapped.err,
        &["x.json` is or is behind a symbolic link in a project"],
    );
    has(&read(&world, "data/.mcp.json"), &["interlock"]);
    let fixed = world
        .interlock(&["scan", "--fix", "--yes", &project])
        .expect(1);
    has(&fixed.err, &["behind a symbolic link in a project"]);
    assert_eq!(read(&world, ".cursor/mcp.json"), SERVERS);
    assert_eq!(read(&world, ".gemini/settings.json"), TRUSTED);
}

#[test]
fn two_links_to_one_file_are_one_file() {
    let world = World::new();
    write(&world, "dotfiles/mcp.json", SERVERS);
    for link in [".cursor/mcp.json", ".gemini/settings.json"] {
        let link = world.home.join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(world.home.join("dotfiles/mcp.json"), link).unwrap();
    }
    let wrapped = world.interlock(&["wrap", "--yes"]).expect(0);
    has(&wrapped.out, &["1 server in 1 file now behind Interlock"]);
    world.interlock(&["unwrap", "--yes"]).expect(0);
    assert_eq!(read(&world, "dotfiles/mcp.json"), SERVERS);
}

#[test]
fn a_damaged_backup_keeps_nobody_from_the_others() {
    let world = World::new();
    write(&world, ".cursor/mcp.json", SERVERS);
    world.interlock(&["wrap", "--yes"]).expect(0);
    let damaged = world.home.join(".local/state/interlock/wrap/0000");
    fs::create_dir(&damaged).unwrap();
    fs::write(damaged.join("1.json"), "{}").unwrap();
    fs::write(damaged.join("1.original"), "").unwrap();
    let unwrapped = world.interlock(&["unwrap", "--yes"]).expect(1);
    has(&unwrapped.err, &["is no record of `interlock wrap`"]);
    assert_eq!(read(&world, ".cursor/mcp.json"), SERVERS);
    // What the backup was about may wait for approval: it is not said that all is well.
    let pending = world.interlock(&["approve", "--pending"]).expect(1);
    has(&pending.err, &["a backup was left out", "nothing waits"]);
}

#[test]
fn a_dry_run_writes_nothing_at_all() {
    let world = World::without_key();
    write(&world, ".cursor/mcp.json", SERVERS);
    let before = world.every_name();
    for words in [
        &["wrap", "--dry-run"][..],
        &["unwrap", "--dry-run"],
        &["approve", "--pending"],
    ] {
        world.interlock(words).expect(0);
        assert_eq!(world.every_name(), before, "{words:?}");
    }
    assert_eq!(read(&world, ".cursor/mcp.json"), SERVERS);
}
