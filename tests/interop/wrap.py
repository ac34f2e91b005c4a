#!/usr/bin/env python3
"""Real clients with wrapped configurations: they list the server, start it through Interlock once it is approved, and get their files back.

Clients that tell without an account whether a server answers: Claude Code, opencode, Gemini CLI. Run by `cargo xtask interop`; needs node
and npm. Nothing of a person's is touched: the home is a temporary one.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import peers
import run

HERE = pathlib.Path(__file__).resolve().parent / "wrap"
SERVER = run.EVERYTHING
NAME = "everything"


def installed() -> pathlib.Path:
    """Where the clients are; they are installed when they are not there yet."""
    digest = hashlib.sha256((HERE / "package.json").read_bytes()).hexdigest()[:12]
    directory = peers.place().parent / f"clients-{digest}"
    if not (directory / "complete").exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        print("installing the clients from npm, once", flush=True)
        shutil.copy(HERE / "package.json", directory / "package.json")
        peers.quiet([peers.need("npm", "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund"], directory)
        (directory / "complete").touch()
    return directory / "node_modules"


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


class Client:
    """One client: its file, what is in it before, how it is asked, and what it says of a server that answers."""

    def __init__(self, name: str, file: str, content: dict, command: list[str], answers: str) -> None:
        self.name, self.file, self.command, self.answers = name, file, command, answers
        self.text = json.dumps(content, indent=2) + "\n"

    def path(self, world: run.World) -> pathlib.Path:
        return world.home / self.file

    def says(self, world: run.World) -> str:
        project = world.home / "project"
        done = subprocess.run(self.command, env={**world.environment, "TERM": "dumb"}, cwd=project, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=run.TIMEOUT)
        return plain(done.stdout + done.stderr)

    def reaches(self, world: run.World) -> bool:
        said = self.says(world)
        lines = [line for line in said.splitlines() if NAME in line]
        assert lines, f"{self.name} does not list the server:\n{said}"
        return any(self.answers in line for line in lines)


def table() -> list[Client]:
    programs = installed()
    started = {"command": "npx", "args": ["-y", SERVER], "env": {}}
    claude = programs / "@anthropic-ai" / "claude-code-linux-x64" / "claude"
    gemini = programs / "@google" / "gemini-cli" / "bundle" / "gemini.js"
    opencode = programs / "opencode-linux-x64" / "bin" / "opencode"
    return [
        Client("Claude Code", ".claude.json", {"mcpServers": {NAME: {"type": "stdio", **started}}}, [str(claude), "mcp", "list"], "Connected"),
        Client("Gemini CLI", ".gemini/settings.json", {"mcpServers": {NAME: started}}, [peers.need("node", "nodejs"), str(gemini), "mcp", "list"], "Connected"),
        Client("opencode", ".config/opencode/opencode.json", {"mcp": {NAME: {"type": "local", "command": ["npx", "-y", SERVER], "timeout": 30000}}},
               [str(opencode), "mcp", "list"], "connected"),
    ]


def furnish(world: run.World, clients: list[Client]) -> None:
    """A home as these clients would have it."""
    (world.home / "project").mkdir()
    for client in clients:
        client.path(world).parent.mkdir(parents=True, exist_ok=True)
        client.path(world).write_text(client.text)
    # Gemini CLI starts nothing in a folder that nobody trusts.
    (world.home / ".gemini" / "trustedFolders.json").write_text(json.dumps({str(world.home / "project"): "TRUST_FOLDER"}))


def wrapped(world: run.World, clients: list[Client]) -> None:
    world.interlock("wrap", "--yes", "--interlock", world.binary)
    for client in clients:
        text = client.path(world).read_text()
        assert world.binary in text and '"--"' in text, f"{client.file} is not wrapped:\n{text}"


def refused(world: run.World, client: Client) -> None:
    """Listed, and not started: nobody approved it."""
    assert not client.reaches(world), f"{client.name} reached a server that nobody approved"


def reached(world: run.World, client: Client) -> None:
    assert client.reaches(world), f"{client.name} does not reach the approved server:\n{client.says(world)}"


def restored(world: run.World, clients: list[Client]) -> None:
    """The same bytes, or, where the client itself wrote to its file since, the same servers and all of what it wrote."""
    before = {client.name: json.loads(client.path(world).read_text()) for client in clients}
    world.interlock("unwrap", "--yes")
    for client in clients:
        text, was = client.path(world).read_text(), json.loads(client.text)
        if text == client.text:
            continue
        now = json.loads(text)
        key = next(iter(was))
        assert now[key] == was[key], f"{client.name}: {text}"
        assert {**now, key: None} == {**before[client.name], key: None}, f"{client.name} lost something:\n{text}"


def cases(world: run.World):
    clients = table()
    yield "wrap: files of real clients", lambda: (furnish(world, clients), wrapped(world, clients))
    for client in clients:
        yield f"wrap: {client.name} lists an unapproved server and does not reach it", lambda c=client: refused(world, c)
    yield "wrap: approve --pending", lambda: world.interlock("approve", "--pending", passphrase=True)
    for client in clients:
        yield f"wrap: {client.name} reaches the approved server", lambda c=client: reached(world, c)
    yield "wrap: unwrap gives the files back", lambda: restored(world, clients)


def main() -> int:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", peers.REPOSITORY / "target"))
    profile = sys.argv[1] if len(sys.argv) > 1 else "release"
    world = run.World(target / profile / "interlock")
    return run.judge_all(world, cases(world), "wrap")


if __name__ == "__main__":
    sys.exit(main())
