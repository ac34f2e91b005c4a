//! Other people's relays, installed once below the target directory. One that cannot be installed is left out, and said so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::http::Address;

/// How a subject is talked to.
#[derive(Debug, Clone)]
pub enum Front {
    /// On its standard streams.
    Stdio,
    /// Over HTTP.
    Http(Address),
}

/// A peer that can be started.
#[derive(Debug)]
pub struct Peer {
    /// Its name and kind.
    pub name: &'static str,
    /// The command, with the upstream server in it.
    pub argv: Vec<String>,
    /// How it is talked to.
    pub front: Front,
    /// What it calls the upstream's tool `echo`.
    pub tool: &'static str,
}

const FASTMCP: &str = "import sys, logging
logging.disable(logging.CRITICAL)
from fastmcp.server import create_proxy
create_proxy({'mcpServers': {'up': {'command': sys.argv[1], 'args': []}}}, name='bench').run(transport='stdio', show_banner=False)
";

/// All peers that are or can be installed in `directory`, in front of the server `upstream`.
#[must_use]
pub fn install(directory: &Path, upstream: &Path) -> Vec<Peer> {
    let up = upstream.display().to_string();
    let peers = [
        fastmcp(directory, &up),
        python_proxy(directory, &up),
        rust_proxy(directory, &up),
    ];
    peers.into_iter().flatten().collect()
}

fn fastmcp(directory: &Path, upstream: &str) -> Option<Peer> {
    let python = venv(directory, "venv-fastmcp", "fastmcp")?.join("python");
    let script = directory.join("fastmcp_proxy.py");
    std::fs::write(&script, FASTMCP).ok()?;
    let argv = [&python, &script].map(|path| path.display().to_string());
    Some(Peer {
        name: "FastMCP proxy (stdio)",
        argv: argv.into_iter().chain([upstream.to_owned()]).collect(),
        front: Front::Stdio,
        tool: "echo",
    })
}

fn python_proxy(directory: &Path, upstream: &str) -> Option<Peer> {
    let program = venv(directory, "venv-mcp-proxy", "mcp-proxy")?.join("mcp-proxy");
    let program = program.display().to_string();
    let argv = [
        &program,
        "--port",
        "18417",
        "--log-level",
        "ERROR",
        upstream,
    ];
    Some(Peer {
        name: "PyPI mcp-proxy (HTTP)",
        argv: argv.map(str::to_owned).into(),
        front: http(18417, "/mcp"),
        tool: "echo",
    })
}

fn rust_proxy(directory: &Path, upstream: &str) -> Option<Peer> {
    let program = directory.join("bin").join("mcp-proxy");
    if !program.exists() {
        let root = directory.display().to_string();
        let arguments = [
            "install",
            "mcp-proxy",
            "--no-default-features",
            "--root",
            &root,
        ];
        told(
            "mcp-proxy of crates.io",
            Command::new("cargo").args(arguments),
        )?;
    }
    let config = directory.join("mcp-proxy.toml");
    std::fs::write(&config, rust_proxy_config(upstream)).ok()?;
    let argv = [&program, Path::new("--config"), &config];
    Some(Peer {
        name: "crates.io mcp-proxy (HTTP)",
        argv: argv.map(|path| path.display().to_string()).into(),
        front: http(18418, "/"),
        tool: "up_echo",
    })
}

fn rust_proxy_config(upstream: &str) -> String {
    format!(
        "[proxy]\nname = \"bench\"\nseparator = \"_\"\n[proxy.listen]\nhost = \"127.0.0.1\"\nport = 18418\n\
         [[backends]]\nname = \"up\"\ntransport = \"stdio\"\ncommand = \"{upstream}\"\n"
    )
}

fn http(port: u16, path: &str) -> Front {
    Front::Http(Address {
        port,
        path: path.to_owned(),
    })
}

/// The programs of a Python environment with one package in it.
fn venv(directory: &Path, name: &str, package: &str) -> Option<PathBuf> {
    let home = directory.join(name);
    let programs = home.join("bin");
    if !programs.join(package).exists() {
        told(
            "a Python environment",
            Command::new("python3").args(["-m", "venv"]).arg(&home),
        )?;
        told(
            package,
            Command::new(programs.join("pip")).args(["install", "--quiet", package]),
        )?;
    }
    Some(programs)
}

/// Runs an installation; says which peer is left out when it fails.
fn told(what: &str, command: &mut Command) -> Option<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Some(());
    }
    eprintln!("left out: {what} cannot be installed here");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_installed_is_left_out() {
        assert_eq!(told("nothing", &mut Command::new("/does/not/exist")), None);
        assert_eq!(told("nothing", &mut Command::new("false")), None);
        assert_eq!(told("something", &mut Command::new("true")), Some(()));
    }

    #[test]
    fn the_upstream_is_in_the_configuration() {
        assert!(rust_proxy_config("/x/echo").contains("command = \"/x/echo\""));
    }
}
