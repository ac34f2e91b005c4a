//! Approved servers behind a client of the SDK in this process.

use interlock_gateway::{Exit, Local, NotStarted, Outcome};
use interlock_launch::Grants;
use interlock_sdk::client::{Client, ConnectError};
use interlock_wire::Revision;

use crate::world::World;

/// The test server speaks the session era only, and answers nothing else.
async fn connect(server: Local) -> Result<Client, ConnectError> {
    Client::builder("tests", "1")
        .revision(Revision::V2025_11_25)
        .connect(server)
        .await
}

fn approved(mode: &str) -> World {
    let mut world = World::new();
    world.approve(mode, Grants::default());
    world
}

#[tokio::test]
async fn an_approved_server_is_used_through_the_sdk_judged_and_recorded() {
    let world = approved("plain");
    let server = world.launch("plain").unwrap();
    let ending = server.ending();
    let client = connect(server).await.unwrap();
    let tools = client.list_tools().await.unwrap();
    assert_eq!(
        tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
        ["add"]
    );
    let result = client
        .call_tool("add", &serde_json::json!({}))
        .await
        .unwrap();
    let uid = result.content.first().unwrap().as_text().unwrap();
    assert_ne!(uid, "0", "it is another user inside");
    assert!(
        client
            .call_tool("rm", &serde_json::json!({}))
            .await
            .is_err()
    );
    assert!(!world.survivors().is_empty(), "it runs");

    client.close().await;
    assert!(
        world.survivors().is_empty(),
        "closing waits for the tree's end"
    );
    let server = Exit::Code(0);
    assert_eq!(ending.outcome().await, Outcome::Done { server });
    assert_eq!(
        world.recorded(),
        [
            "launch-requested",
            "launch-decision",
            "launch-started",
            "handshake",
            "tool-call",
            "tool-outcome",
            "tool-refused",
            "exit"
        ]
    );
}

#[tokio::test]
async fn dropping_ends_the_whole_tree_however_stubborn() {
    for (mode, connects) in [("plain", true), ("stubborn", true), ("stubborn", false)] {
        let world = approved(mode);
        let server = world.launch(mode).unwrap();
        let ending = server.ending();
        match connects {
            true => drop(connect(server).await.unwrap()),
            false => drop(server),
        }
        let outcome = ending.outcome().await;
        assert!(
            matches!(outcome, Outcome::Done { .. }),
            "{mode}: {outcome:?}"
        );
        assert!(world.survivors().is_empty(), "{mode}");
        assert_eq!(world.recorded().last().unwrap(), "exit", "{mode}");
    }
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_told_with_its_exit_code() {
    let world = approved("die");
    let server = world.launch("die").unwrap();
    let ending = server.ending();
    let client = connect(server).await.unwrap();
    assert!(
        client
            .call_tool("add", &serde_json::json!({}))
            .await
            .is_err()
    );
    let server = Exit::Code(7);
    assert_eq!(ending.outcome().await, Outcome::ServerEnded { server });
    assert!(world.survivors().is_empty());
}

#[tokio::test]
async fn two_servers_run_beside_each_other() {
    let (one, two) = (approved("plain"), approved("plain"));
    let (first, second) = (one.launch("plain").unwrap(), two.launch("plain").unwrap());
    let (first, second) = (
        connect(first).await.unwrap(),
        connect(second).await.unwrap(),
    );
    first.close().await;
    assert!(one.survivors().is_empty());
    assert_eq!(
        second.list_tools().await.unwrap().len(),
        1,
        "the other one goes on"
    );
    second.close().await;
    assert!(two.survivors().is_empty());
}

#[test]
fn what_is_refused_starts_nothing_and_says_why() {
    let (unapproved, mut changed, mut incomplete) = (World::new(), World::new(), World::new());
    changed.approve("plain", Grants::default());
    std::fs::write(changed.program(), "#!/bin/sh\nexec sleep 1000\n").unwrap();
    let grants = Grants {
        secrets: vec!["TOKEN".parse().unwrap()],
        ..Grants::default()
    };
    incomplete.approve("plain", grants);
    let refused = ["launch-requested", "launch-decision"];
    let failed = ["launch-requested", "launch-decision", "launch-failed"];
    type Expected = fn(&NotStarted) -> bool;
    let cases: [(&World, Expected, &[&str]); 3] = [
        (
            &unapproved,
            |why| matches!(why, NotStarted::Refused(_)),
            &refused,
        ),
        (
            &changed,
            |why| matches!(why, NotStarted::Refused(_)),
            &refused,
        ),
        (
            &incomplete,
            |why| matches!(why, NotStarted::NotContained(_)),
            &failed,
        ),
    ];
    for (world, expected, recorded) in cases {
        let why = world.launch("plain").unwrap_err();
        assert!(expected(&why), "{why:?}");
        assert!(world.survivors().is_empty(), "{why}");
        assert_eq!(world.recorded(), recorded, "{why}");
    }
}
