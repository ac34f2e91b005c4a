//! What becomes of servers that behave, and of those that do not.

use std::path::Path;
use std::time::Duration;

use interlock_gateway::{Exit, InventoryError, NotMcp, Outcome};
use interlock_launch::Grants;

use crate::world::{INITIALIZE, World, call};

const LIST: &str = r#"{"jsonrpc":"2.0","id":9,"method":"tools/list"}"#;

#[test]
fn an_approved_server_is_contained_relayed_and_recorded() {
    let mut world = World::new();
    world.approve("plain", Grants::default());
    let ran = world.run("plain", |client| {
        client.greet();
        assert!(client.ask(LIST).contains("adds numbers"));
        let answer = client.ask(&call(1, "add"));
        assert!(
            answer.contains("\"text\":\"") && !answer.contains("\"text\":\"0\""),
            "{answer}"
        );
    });
    assert_eq!(
        ran.report.outcome,
        Outcome::Done {
            server: Exit::Code(0)
        }
    );
    assert_eq!(
        ran.names(),
        [
            "launch-requested",
            "launch-decision",
            "launch-started",
            "handshake",
            "tool-call",
            "tool-outcome",
            "exit"
        ]
    );
    assert_eq!(ran.event("launch-decision")["decision"], "approved");
    assert_eq!(ran.event("handshake")["server"], "test");
    assert_eq!(ran.event("tool-call")["tool"], "add");
    assert_eq!(ran.event("exit")["reason"], "client-closed");
    assert!(world.survivors().is_empty());
}

#[test]
fn an_unapproved_server_is_not_started() {
    let world = World::new();
    let ran = world.run("plain", |client| {
        for line in [INITIALIZE, LIST] {
            let answer = client.ask(line);
            assert!(
                answer.contains("has not been approved: run `interlock approve -- "),
                "{answer}"
            );
        }
    });
    assert_eq!(ran.report.outcome, Outcome::Refused);
    assert_eq!(ran.report.outcome.exit_code(), 3);
    assert_eq!(ran.names(), ["launch-requested", "launch-decision"]);
    assert_eq!(ran.event("launch-decision")["decision"], "needs-approval");
}

#[test]
fn a_program_that_changed_after_approval_is_not_started() {
    let mut world = World::new();
    world.approve("plain", Grants::default());
    let program = world.program();
    let mut text = std::fs::read_to_string(&program).unwrap();
    text.push_str("# one more line\n");
    std::fs::write(&program, text).unwrap();
    let ran = world.run("plain", |client| {
        let answer = client.ask(INITIALIZE);
        assert!(
            answer.contains("is not what was approved: run `interlock diff test`"),
            "{answer}"
        );
    });
    assert_eq!(ran.report.outcome, Outcome::Refused);
    assert!(!ran.names().contains(&"launch-started"));
}

#[test]
fn a_program_that_changes_between_admission_and_start_is_not_spoken_to() {
    type Act = (&'static str, fn(&Path), bool);
    let acts: [Act; 4] = [
        ("nothing", |_| {}, true),
        (
            "written to",
            |program| {
                let text = std::fs::read_to_string(program).unwrap();
                std::fs::write(program, text + "# one more line\n").unwrap();
            },
            false,
        ),
        (
            "replaced",
            |program| {
                let other = program.with_extension("other");
                std::fs::copy(program, &other).unwrap();
                std::fs::rename(other, program).unwrap();
            },
            false,
        ),
        (
            "moved away and back",
            |program| {
                let other = program.with_extension("other");
                std::fs::rename(program, &other).unwrap();
                std::fs::rename(other, program).unwrap();
            },
            false,
        ),
    ];
    for (what, act, starts) in acts {
        let mut world = World::new();
        world.approve("plain", Grants::default());
        match world.inventory_after("plain", act) {
            Ok(_) => assert!(starts, "{what}"),
            Err(InventoryError::Contain(error)) => {
                assert_eq!((error.stage(), starts), ("changed", false), "{what}");
                assert!(error.to_string().contains("changed while"), "{error}");
            }
            Err(error) => panic!("{what}: {error}"),
        }
        assert!(world.survivors().is_empty(), "{what}");
    }
}

#[test]
fn a_server_that_crashes_at_its_start_is_told_with_its_exit_code() {
    let mut world = World::new();
    world.approve("crash", Grants::default());
    let ran = world.run("crash", |client| {
        let answer = client.ask(INITIALIZE);
        assert!(
            answer.contains("the server ended with exit code 3 before it spoke MCP"),
            "{answer}"
        );
    });
    assert_eq!(
        ran.report.outcome,
        Outcome::ServerEnded {
            server: Exit::Code(3)
        }
    );
    assert_eq!(ran.report.outcome.exit_code(), 5);
    assert_eq!(ran.stderr, "no database\n");
    assert_eq!(ran.event("handshake-failed")["reason"], "exited");
    assert_eq!(ran.event("exit")["code"], 3);
}

#[test]
fn a_server_that_dies_in_a_call_leaves_nobody_waiting() {
    let mut world = World::new();
    world.approve("die", Grants::default());
    let ran = world.run("die", |client| {
        client.greet();
        let answer = client.ask(&call(1, "add"));
        assert!(
            answer.contains("the server ended with exit code 7"),
            "{answer}"
        );
        assert_eq!(client.receive(), "");
    });
    assert_eq!(
        ran.report.outcome,
        Outcome::ServerEnded {
            server: Exit::Code(7)
        }
    );
    assert_eq!(ran.event("tool-outcome")["ok"], false);
}

#[test]
fn a_server_that_does_not_speak_mcp_is_killed() {
    for (mode, why, says) in [
        ("silent", NotMcp::Silent, "did not speak MCP within 1 s"),
        (
            "foreign",
            NotMcp::Foreign,
            "wrote something that is not MCP",
        ),
    ] {
        let mut world = World::new();
        world.approve(mode, Grants::default());
        let ran = world.run_within(mode, Duration::from_secs(1), |client| {
            let answer = client.ask(INITIALIZE);
            assert!(answer.contains(says), "{answer}");
        });
        assert_eq!(ran.report.outcome, Outcome::NotMcp { why });
        assert_eq!(ran.event("exit")["reason"], "not-mcp");
        assert!(world.survivors().is_empty());
    }
}

#[test]
fn a_server_that_does_not_want_to_go_is_gone_in_two_seconds() {
    let mut world = World::new();
    world.approve("stubborn", Grants::default());
    let ran = world.run("stubborn", |client| client.greet());
    assert_eq!(
        ran.report.outcome,
        Outcome::Done {
            server: Exit::Killed
        }
    );
    assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
    assert!(world.survivors().is_empty());
}

#[test]
fn what_is_no_message_stays_off_stdout_and_cannot_act() {
    let mut world = World::new();
    world.approve("banner", Grants::default());
    let ran = world.run("banner", |client| client.greet());
    assert_eq!(ran.stderr, "a red \\u{1b}]0;title\\u{7} line\n");
    assert_eq!(ran.event("stray-output")["lines"], 1);
}

#[test]
fn a_tool_that_changes_is_withheld_and_refused() {
    let mut world = World::new();
    world.approve("rug", Grants::default());
    let ran = world.run("rug", |client| {
        client.greet();
        assert!(client.ask(LIST).contains("adds numbers"));
        assert!(client.ask(LIST).contains("\"tools\":[]"));
        let answer = client.ask(&call(1, "add"));
        assert!(
            answer.contains("was changed by the server")
                && answer.contains("interlock approve test"),
            "{answer}"
        );
    });
    assert_eq!(ran.event("tool-withheld")["reason"], "changed");
    assert_eq!(ran.event("tool-refused")["tool"], "add");
    assert!(world.unapproved.lock().unwrap()[0].contains(".ssh"));
}

#[test]
fn a_secret_reaches_its_server_and_nothing_else() {
    let mut world = World::new();
    world.keep_secret("TOKEN", "s3cr3t-value");
    let grants = Grants {
        secrets: vec!["TOKEN".parse().unwrap()],
        ..Grants::default()
    };
    world.approve("secret", grants);
    let ran = world.run("secret", |client| {
        client.greet();
        assert!(client.ask(&call(1, "add")).contains("s3cr3t-value"));
    });
    assert_eq!(ran.event("secret-given")["secret"], "TOKEN");
    assert!(
        ran.events
            .iter()
            .all(|event| !event.to_string().contains("s3cr3t"))
    );
}

#[test]
fn a_secret_that_is_not_there_stops_the_launch() {
    let mut world = World::new();
    let grants = Grants {
        secrets: vec!["TOKEN".parse().unwrap()],
        ..Grants::default()
    };
    world.approve("secret", grants);
    let ran = world.run("secret", |client| {
        let answer = client.ask(INITIALIZE);
        assert!(answer.contains("interlock secret set TOKEN"), "{answer}");
    });
    assert_eq!(ran.report.outcome, Outcome::NotContained);
    assert_eq!(ran.event("launch-failed")["stage"], "secrets");
}

#[test]
fn python_orders_its_sets_alike_at_every_start() {
    let mut world = World::new();
    world.approve("salt", Grants::default());
    let answers = [(), ()].map(|()| {
        let mut answer = String::new();
        world.run("salt", |client| {
            client.greet();
            answer = client.ask(&call(1, "add"));
        });
        answer
    });
    assert_eq!(answers[0], answers[1]);
    assert!(!answers[0].contains("\"text\":\"\""), "{}", answers[0]);
}

#[test]
fn tools_are_listed_for_approval() {
    let mut world = World::new();
    world.approve("plain", Grants::default());
    let inventory = world.inventory("plain").unwrap();
    let names: Vec<&str> = inventory
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!((names, inventory.revision), (vec!["add"], "2025-11-25"));
    assert!(world.survivors().is_empty());
}

#[test]
fn a_server_that_cannot_list_its_tools_says_why() {
    let mut world = World::new();
    world.approve("crash", Grants::default());
    let error = world.inventory("crash").unwrap_err();
    let text = format!("{error}: {}", std::error::Error::source(&error).unwrap());
    assert!(text.contains("it ended with exit code 3"), "{text}");
    let InventoryError::Unlisted(unlisted) = error else {
        panic!("{text}");
    };
    assert_eq!(unlisted.diagnostics, "no database\n");
}

#[test]
fn learning_starts_the_server_without_a_network() {
    let mut world = World::new();
    world.approve("plain", Grants::default());
    let learned = world.learn("plain").unwrap();
    assert_eq!(learned.inventory.unwrap().tools.len(), 1);
    assert!(learned.hosts.is_empty());
}
