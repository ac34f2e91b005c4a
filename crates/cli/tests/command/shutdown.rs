//! Nothing of a server outlives its client, however it daemonised and however `interlock` ends.

use std::time::Duration;

use rustix::process::Signal;

use crate::client::Client;
use crate::world::{World, until};

/// A client of a server that has two daemons in sessions of their own and ignores every polite signal.
fn started(world: &World) -> Client {
    let mut client = world.run(&["test"]);
    client.greet();
    until("both daemons run", Duration::from_secs(10), || {
        let processes = world.processes();
        processes
            .iter()
            .filter(|line| line.contains("linger"))
            .count()
            >= 2
    });
    client
}

#[test]
fn the_end_of_input_ends_the_whole_tree() {
    let world = World::approved("daemon", &[]);
    started(&world).close().expect(0);
    world.nothing_is_left();
    assert_eq!(world.event("exit")["reason"], "client-closed");
}

#[test]
fn a_request_to_terminate_ends_the_whole_tree() {
    let world = World::approved("daemon", &[]);
    for signal in [Signal::TERM, Signal::INT] {
        let client = started(&world);
        client.signal(signal);
        client.end().expect(0);
        world.nothing_is_left();
        assert_eq!(world.event("exit")["reason"], "stopped");
    }
}

#[test]
fn killing_interlock_ends_the_whole_tree() {
    let world = World::approved("daemon", &[]);
    let client = started(&world);
    client.signal(Signal::KILL);
    client.end().expect(-1);
    world.nothing_is_left();
    // The log says so as far as it could, and is whole.
    world.interlock(&["audit", "verify"]).expect(0);
}

#[test]
fn approving_leaves_nothing_behind() {
    let world = World::new();
    world.approve(&[], &["daemon"]).expect(0);
    world.nothing_is_left();
}
