//! Other people's relays, installed once below the target directory. One that cannot be installed is left out, and said so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::http::Address;
use crate::message::Era;

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

/// An echo server on standard streams, on another SDK.
#[derive(Debug)]
pub struct Server {
    /// The SDK.
    pub name: &'static str,
    /// How many times fewer calls are enough for it.
    pub slower: usize,
    argv: Vec<String>,
    modern: bool,
}

impl Server {
    /// What starts it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut words = self.argv.iter();
        let mut command = Command::new(words.next().map_or("false", String::as_str));
        command.args(words);
        command
    }

    /// Whether it knows the era.
    #[must_use]
    pub fn speaks(&self, era: Era) -> bool {
        self.modern || era == Era::Legacy
    }
}

/// All echo servers that are or can be installed in `directory`; `sources` is `tests/stdio-conformance`.
#[must_use]
pub fn installed_servers(directory: &Path, sources: &Path) -> Vec<Server> {
    let text = |path: PathBuf| path.display().to_string();
    let server = |name, slower, modern, argv: Vec<PathBuf>| Server {
        name,
        slower,
        modern,
        argv: argv.into_iter().map(text).collect(),
    };
    let mut servers = Vec::new();
    if let Some(program) = rmcp(directory, sources) {
        servers.push(server("rmcp 3.9", 2, true, vec![program]));
    }
    if node_packages(directory, sources).is_some() {
        for (name, file, modern) in [
            ("TypeScript 1.32", "typescript_v1.mjs", false),
            ("TypeScript 2.4", "typescript_v2.mjs", true),
        ] {
            let argv = vec!["node".into(), directory.join(file)];
            servers.push(server(name, 10, modern, argv));
        }
    }
    for (name, version, modern) in [
        ("Python 1.30", "python_v1", false),
        ("Python 2.3", "python_v2", true),
    ] {
        let pins = sources.join(format!("{version}.txt"));
        if let Some(programs) = python(directory, version, &pins) {
            let script = sources.join("servers").join(format!("{version}.py"));
            servers.push(server(
                name,
                20,
                modern,
                vec![programs.join("python"), script],
            ));
        }
    }
    servers
}

fn rmcp(directory: &Path, sources: &Path) -> Option<PathBuf> {
    let target = directory.join("rmcp");
    built(&target, &sources.join("servers").join("rmcp"), "stdio-rmcp")
}

/// An echo server on rmcp over HTTP; `sources` is `bench/peers`.
#[must_use]
pub fn http_rmcp(directory: &Path, sources: &Path) -> Option<PathBuf> {
    let target = directory.join("rmcp-http");
    built(&target, &sources.join("rmcp-http"), "http-rmcp")
}

/// The program of that name, compiled from the package in `source` unless it is there.
fn built(target: &Path, source: &Path, name: &str) -> Option<PathBuf> {
    let program = target.join("release").join(name);
    if !program.exists() {
        let mut build = Command::new("cargo");
        build.args(["build", "--release", "--quiet", "--manifest-path"]);
        build.arg(source.join("Cargo.toml"));
        build.arg("--target-dir").arg(target);
        told("rmcp", &mut build)?;
    }
    Some(program)
}

/// Scripts find packages beside themselves, so they are copied there.
fn node_packages(directory: &Path, sources: &Path) -> Option<()> {
    let pins = std::fs::read(sources.join("package.json")).ok()?;
    let installed = directory.join("package.json");
    if std::fs::read(&installed).ok().as_ref() != Some(&pins) {
        std::fs::write(&installed, &pins).ok()?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
        if told("the TypeScript SDKs", npm.current_dir(directory)).is_none() {
            let _again = std::fs::remove_file(&installed);
            return None;
        }
    }
    for name in ["typescript_v1.mjs", "typescript_v2.mjs"] {
        std::fs::copy(sources.join("servers").join(name), directory.join(name)).ok()?;
    }
    Some(())
}

/// The programs of a Python environment with what is pinned in a file.
fn python(directory: &Path, name: &str, pins: &Path) -> Option<PathBuf> {
    let home = directory.join(name);
    let programs = home.join("bin");
    if !home.join("complete").exists() {
        let mut environment = Command::new("python3");
        told("Python", environment.args(["-m", "venv"]).arg(&home))?;
        let mut pip = Command::new(programs.join("pip"));
        pip.args(["install", "--quiet", "-r"]).arg(pins);
        told(name, &mut pip)?;
        std::fs::write(home.join("complete"), "").ok()?;
    }
    Some(programs)
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
