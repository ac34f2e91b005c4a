//! Servers that are fetched by their address or found in the MCP Registry, from `add` to `run`, against a server on this machine.

use std::fs;

use serde_json::{Value, json};

use crate::client::{INITIALIZE, LIST};
use crate::support::package::{self, Package};
use crate::support::server::{Answer, Server};
use crate::support::wheel::{sha256, zip};
use crate::world::{World, approving, has};

const SERVER: &str = include_str!("../data/server.sh");

/// A bundle around the test server.
fn bundle() -> Vec<u8> {
    let manifest = json!({
        "manifest_version": "0.3", "name": "echo", "version": "1.2.3", "description": "says it again",
        "author": {"name": "somebody"}, "tools": [{"name": "add"}],
        "server": {"type": "binary", "entry_point": "bin/server",
            "mcp_config": {"command": "${__dirname}/bin/server", "args": ["${user_config.mode}"]}},
        "user_config": {"mode": {"type": "string", "required": true, "description": "how it behaves"}}});
    zip(&[
        ("manifest.json".to_owned(), manifest.to_string()),
        ("bin/server".to_owned(), SERVER.to_owned()),
    ])
}

fn lock(world: &World) -> String {
    fs::read_to_string(world.path("interlock.lock")).unwrap()
}

/// Approves the lock, talks to the server, and has every command agree that nothing differs.
fn lives(world: &World, name: &str, shown: &[&str]) {
    let approved = world.with_passphrase(&["approve", "--lock", "--passphrase-fd", "0"]);
    has(&approved.expect(0).out, shown);
    let mut client = world.run(&[name]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);
    world.interlock(&["lock"]).expect(0);
    for command in ["verify", "diff"] {
        world.interlock(&[command]).expect(0);
    }
    world.interlock(&["store", "gc"]).expect(0);
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["sbom"]).expect(0);
}

#[test]
fn a_program_is_added_by_its_address_and_runs_from_the_store() {
    let (world, host) = (World::new(), Server::start());
    host.put("/v1.2.3/server", Answer::new(SERVER));
    let source = format!("binary:{}v1.2.3/server", host.url());
    let added = world
        .interlock(&["add", &source, "--name", "test", "--", "plain"])
        .expect(0);
    let digest = sha256(SERVER.as_bytes());
    has(
        &added.out,
        &["added", &digest, "a script for", "no registry published it"],
    );
    has(
        &lock(&world),
        &[&format!("source = \"{source}#sha256={digest}\"")],
    );
    lives(
        &world,
        "test",
        &["Launch test", &digest, "interlock run test"],
    );

    // What the address leads to by now does not matter, and a lock that names other bytes is refused.
    host.put("/v1.2.3/server", Answer::new(format!("{SERVER}# more\n")));
    let mut client = world.run(&["test"]);
    client.greet();
    client.close().expect(0);
    let other = lock(&world).replace(&digest, &sha256(b"other"));
    fs::write(world.path("interlock.lock"), other).unwrap();
    has(
        &world.interlock(&["lock"]).expect(1).err,
        &["other bytes are locked"],
    );
}

#[test]
fn a_lock_from_somebody_else_asks_no_address_of_this_machine() {
    let (author, host) = (World::new(), Server::start());
    host.put("/server", Answer::new(SERVER));
    let source = format!("binary:{}server", host.url());
    let words = ["add", &source, "--name", "test", "--", "plain"];
    author.interlock(&words).expect(0);
    let reader = World::new();
    fs::write(reader.path("interlock.lock"), lock(&author)).unwrap();
    host.forget();
    let approve = ["approve", "--lock", "--passphrase-fd", "0"];
    for (words, code) in [
        (&approve[..], 3),
        (&["verify"], 1),
        (&["lock"], 3),
        (&["lock", "--update"], 3),
    ] {
        let said = reader.with_passphrase(words).expect(code);
        let shown = said.out + &said.err;
        has(&shown, &["no public address", "danger-local-addresses"]);
    }
    assert!(host.asked().is_empty());

    // Who says that this host is theirs has it asked.
    let named = host.url().replace("http://", "").replace('/', "");
    let config = format!("[supply]\ndanger-local-addresses = [\"{named}\"]\n");
    fs::create_dir_all(reader.path(".config/interlock")).unwrap();
    fs::write(reader.path(".config/interlock/config.toml"), config).unwrap();
    reader.with_passphrase(&approve).expect(0);
    let asked = host.asked();
    let file = asked.iter().filter(|(path, _)| path == "/server");
    assert_eq!(file.count(), 1, "besides it what lies beside it: {asked:?}");
    let mut client = reader.run(&["test"]);
    client.greet();
    client.close().expect(0);
}

#[test]
fn a_program_is_approved_by_its_address() {
    let (world, host) = (World::new(), Server::start());
    host.put("/server", Answer::new(SERVER));
    let word = format!("binary:{}server", host.url());
    let words = approving(&[&word, "plain"]);
    has(
        &world.with_passphrase(&words).expect(0).out,
        &["own-source", "SHA-256"],
    );
    let mut client = world.run(&["--", &word, "plain"]);
    client.greet();
    client.close().expect(0);
    let gone = format!("binary:{}gone", host.url());
    let words = [
        "approve",
        "--name",
        "gone",
        "--passphrase-fd",
        "0",
        "--",
        &gone,
    ];
    has(
        &world.with_passphrase(&words).expect(3).err,
        &["not found (404)"],
    );
}

#[test]
fn a_bundle_is_added_from_a_file_with_its_settings() {
    let world = World::new();
    fs::write(world.path("echo.mcpb"), bundle()).unwrap();
    let missing = world.interlock(&["add", "mcpb:./echo.mcpb"]).expect(3);
    has(&missing.err, &["needs `mode`", "-- mode=VALUE"]);
    let added = world
        .interlock(&["add", "mcpb:./echo.mcpb", "--", "mode=plain"])
        .expect(0);
    has(
        &added.out,
        &["calls itself", "asks for `mode=…`", "not signed", "1.2.3"],
    );
    has(
        &lock(&world),
        &[
            "source = \"mcpb:./echo.mcpb#sha256=",
            "args = [\"mode=plain\"]",
        ],
    );
    lives(&world, "echo", &["mode=plain", "declares the tools add"]);

    // The same bundle by itself, with other settings or the same.
    let word = format!("mcpb:{}", world.path("echo.mcpb"));
    let words = [
        "approve",
        "--name",
        "direct",
        "--passphrase-fd",
        "0",
        "--",
        &word,
        "mode=plain",
    ];
    world.with_passphrase(&words).expect(0);
    let mut client = world.run(&["--", "mcpb:./echo.mcpb", "mode=plain"]);
    client.greet();
    client.close().expect(0);
    let mut client = world.run(&["--", "mcpb:./echo.mcpb", "mode=other"]);
    has(&client.ask(INITIALIZE), &["error"]);
    client.close().expect(3);
}

/// A registry with one entry, which has `change`d.
fn registry(host: &Server, status: &str, change: impl FnOnce(&mut Value)) {
    let mut server = json!({
        "name": "io.github.user/echo", "description": "says it again", "version": "2.0.0",
        "packages": [
            {"registryType": "nuget", "identifier": "Echo", "version": "1.0.0", "transport": {"type": "stdio"}},
            {"registryType": "npm", "identifier": "echoes-mcp", "version": "1.0.0", "transport": {"type": "streamable-http", "url": "http://127.0.0.1:1"}}]});
    change(&mut server);
    let answer = json!({"server": server, "_meta": {"io.modelcontextprotocol.registry/official": {"status": status, "statusMessage": "use another"}}});
    for version in ["latest", "2.0.0"] {
        let path = format!("/v0.1/servers/io.github.user%2Fecho/versions/{version}");
        host.put(&path, Answer::new(answer.to_string()));
    }
}

fn add(world: &World, host: &Server, words: &[&str]) -> crate::world::Said {
    let base = host.url();
    let mut all = vec!["add", "mcp:io.github.user/echo", "--registry", &base];
    all.extend(words);
    world.interlock(&all)
}

#[test]
fn an_entry_of_the_registry_that_leads_to_nothing_says_why() {
    let (world, host) = (World::new(), Server::start());
    has(&add(&world, &host, &[]).expect(3).err, &["not found (404)"]);
    registry(&host, "active", |_| ());
    has(
        &add(&world, &host, &[]).expect(3).err,
        &[
            "none of its packages can be run here",
            "`Echo` (nuget)",
            "standard input",
        ],
    );
    registry(&host, "deleted", |_| ());
    has(&add(&world, &host, &[]).expect(3).err, &["it was deleted"]);
    registry(&host, "active", |entry| {
        entry["packages"][0]["registryType"] = "warez".into()
    });
    has(
        &add(&world, &host, &[]).expect(3).err,
        &["no kind of registry"],
    );
    registry(&host, "active", |entry| {
        entry["packages"] = json!([{"registryType": "npm", "identifier": "echoes-mcp", "version": "1.0.0",
            "packageArguments": [{"type": "positional", "valueHint": "path", "isRequired": true, "description": "what to serve"}]}]);
    });
    has(
        &add(&world, &host, &[]).expect(3).err,
        &["what to serve", "as `PATH`"],
    );
    registry(&host, "active", |entry| {
        entry["packages"] = json!([{"registryType": "npm", "identifier": "echoes-mcp", "version": "1.0.0",
            "environmentVariables": [{"name": "ECHO_KEY", "isRequired": true, "isSecret": true, "description": "a key"}]}]);
    });
    has(
        &add(&world, &host, &[]).expect(2).err,
        &["interlock secret set ECHO_KEY", "--secret ECHO_KEY"],
    );
    let wrong = world.interlock(&["add", "mcp:echo"]).expect(2);
    has(&wrong.err, &["names no entry", "mcp:io.github.USER/SERVER"]);
    assert!(!fs::exists(world.path("interlock.lock")).unwrap());
}

/// Publishes the test server as the npm package `echoes-mcp`, which claims to be an entry of the MCP Registry.
fn publish(world: &World, host: &Server, claim: &str) {
    let echo = Package::new("echoes-mcp", "1.0.0")
        .field("bin", json!({"echoes-mcp": "server"}))
        .field("mcpName", claim.into())
        .file("server", SERVER);
    package::publish(host, &[echo]);
    fs::write(world.path(".npmrc"), format!("registry={}\n", host.url())).unwrap();
}

#[test]
fn an_entry_of_the_registry_becomes_the_package_that_it_names() {
    let (world, host) = (World::new(), Server::start());
    registry(&host, "deprecated", |entry| {
        entry["packages"][1] = json!({"registryType": "npm", "identifier": "echoes-mcp", "version": "1.0.0", "transport": {"type": "stdio"},
            "packageArguments": [{"type": "positional", "value": "plain"}],
            "environmentVariables": [{"name": "ECHO_MODE", "description": "a mode", "default": "fast"}]});
    });
    publish(&world, &host, "io.github.other/echo");
    has(
        &add(&world, &host, &[]).expect(3).err,
        &["says that it is another", "io.github.other/echo"],
    );
    publish(&world, &host, "io.github.user/echo");
    let added = add(&world, &host, &[]).expect(0);
    has(
        &added.out,
        &[
            "mcp:io.github.user/echo@2.0.0",
            "use another",
            "the package says itself",
            "ECHO_MODE",
            "--env ECHO_MODE",
        ],
    );
    has(
        &lock(&world),
        &[
            "source = \"npm:echoes-mcp@1.0.0\"",
            "registry = \"mcp:io.github.user/echo@2.0.0\"",
            "args = [\"plain\"]",
        ],
    );
    lives(&world, "echo", &["Launch echo", "echoes-mcp@1.0.0"]);
    let lie = lock(&world).replace("mcp:io.github.user/echo@2.0.0", "mcp:echo");
    fs::write(world.path("interlock.lock"), lie).unwrap();
    has(
        &world.interlock(&["verify"]).expect(1).err,
        &["mcp:NAME@VERSION"],
    );
}
