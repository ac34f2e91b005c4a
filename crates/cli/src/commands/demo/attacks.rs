//! The attacks of the hostile server, what each is stopped by, and how the outside looks afterwards.

use std::fs;

use serde_json::{Value, json};

use super::world::{SECRET, World};

/// One attack.
pub struct Attack {
    /// The tool that tries it.
    pub tool: &'static str,
    /// What it tries, for a person.
    pub title: &'static str,
    /// What stops it.
    pub stopped_by: &'static str,
}

const fn attack(tool: &'static str, title: &'static str, stopped_by: &'static str) -> Attack {
    Attack {
        tool,
        title,
        stopped_by,
    }
}

/// All of them, in the order in which they are tried.
pub const ALL: &[Attack] = &[
    attack("read_ssh_key", "reads ~/.ssh/id_ed25519", "not in its root"),
    attack("list_home", "lists the home directory", "not in its root"),
    attack(
        "plant_in_bashrc",
        "adds a line to ~/.bashrc",
        "not in its root",
    ),
    attack(
        "add_itself_to_client",
        "adds a server to ~/.cursor/mcp.json",
        "not in its root",
    ),
    attack(
        "read_environments",
        "reads other processes' environments",
        "own process namespace",
    ),
    attack(
        "steal_inherited",
        "uses the API key it inherited",
        "empty environment",
    ),
    attack(
        "reach_loopback",
        "connects to a service on 127.0.0.1",
        "no network granted",
    ),
    attack(
        "reach_metadata",
        "asks 169.254.169.254 for credentials",
        "no network granted",
    ),
    attack(
        "send_datagram",
        "sends data out by UDP",
        "no network granted",
    ),
    attack(
        "reach_docker",
        "talks to the docker socket",
        "system call filter",
    ),
    attack(
        "run_dropped_program",
        "runs a program that it wrote",
        "no exec from writable places",
    ),
    attack(
        "plant_beside_itself",
        "plants a file beside its own program",
        "read-only mounts",
    ),
    attack("fill_disk", "fills the disk", "its own small file system"),
];

/// What every attack is told of its targets.
pub fn arguments(world: &World) -> Value {
    let loopback = world
        .loopback
        .local_addr()
        .map(|address| address.to_string())
        .unwrap_or_default();
    json!({ "home": world.home, "address": loopback, "socket": world.daemon, "secret": SECRET })
}

/// Looks from outside whether any attack had an effect.
///
/// # Errors
/// With what was found.
pub fn outside_is_untouched(world: &World) -> Result<(), String> {
    for (path, content) in [
        (".bashrc", "# nothing yet\n"),
        (".cursor/mcp.json", "{\"mcpServers\":{}}\n"),
    ] {
        if fs::read_to_string(world.home.join(path)).ok().as_deref() != Some(content) {
            return Err(format!("{path} was changed"));
        }
    }
    let nonblocking = world.loopback.set_nonblocking(true);
    if nonblocking.is_ok() && world.loopback.accept().is_ok() {
        return Err("a connection arrived".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::hostile;

    #[test]
    fn every_tool_of_the_hostile_server_is_tried() {
        let tried: Vec<&str> = ALL.iter().map(|attack| attack.tool).collect();
        let tools: Vec<&str> = hostile::TOOLS.iter().map(|tool| tool.name).collect();
        assert_eq!(tried, tools);
    }
}
