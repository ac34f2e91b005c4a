#!/usr/bin/env python3
"""Real MCP clients reach real servers through `interlock run`, and get what they get without it.

Every client of the table is driven twice with the same server: directly, and through Interlock after
an approval. The answers must be equal. Run by `cargo xtask interop`; needs node, npm and Python.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import peers

PASSPHRASE = "interop passphrase, used for nothing else"
TIMEOUT = 120
FILESYSTEM = "@modelcontextprotocol/server-filesystem@2026.8.31"
EVERYTHING = "@modelcontextprotocol/server-everything@2026.8.31"


class World:
    """A home of its own, with an approver's key, so that nothing of the person's is touched."""

    def __init__(self, binary: pathlib.Path) -> None:
        self.binary = str(binary)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="interlock-interop-"))
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        npmrc = pathlib.Path.home() / ".npmrc"
        if npmrc.exists():
            shutil.copy(npmrc, self.home / ".npmrc")
        self.interlock("init", passphrase=True)

    def interlock(self, *words: str, passphrase: bool = False) -> subprocess.CompletedProcess:
        command = [self.binary, *words]
        if passphrase:
            command += ["--passphrase-fd", "0"]
        given = PASSPHRASE + "\n" if passphrase else ""
        done = subprocess.run(command, input=given, env=self.environment, capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} exited {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def session(self, client: list[str], tool: str, arguments: dict, server: list[str]) -> dict:
        command = [*client, tool, json.dumps(arguments), *server]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} exited {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def close(self) -> None:
        for path in self.home.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(self.home)


def echo_equals_direct(world: World, client: list[str]) -> None:
    """The same tools and the same answer, direct and through Interlock."""
    arguments = {"message": "through the interlock"}
    direct = world.session(client, "echo", arguments, ["npx", "-y", EVERYTHING])
    relayed = world.session(client, "echo", arguments, [world.binary, "run", "everything"])
    assert direct == relayed, f"direct {direct}\nrelayed {relayed}"


def file_is_read(world: World, client: list[str]) -> None:
    """A granted directory is readable, and `interlock run -- COMMAND` finds the approval by content."""
    data = world.home / "data"
    server = [world.binary, "run", "--", "npx", "-y", FILESYSTEM, str(data)]
    arguments = {"path": str(data / "note.txt")}
    answer = world.session(client, "read_text_file", arguments, server)
    assert "kept in the granted directory" in json.dumps(answer), answer
    arguments = {"path": str(world.home / ".npmrc")}
    answer = world.session(client, "read_text_file", arguments, server)
    assert answer["result"].get("isError"), f"a path outside the grant was read: {answer}"


def inspector_lists(world: World) -> None:
    """MCP Inspector's command line lists the same tools."""
    command = [*peers.inspector(), world.binary, "run", "everything", "--method", "tools/list"]
    done = subprocess.run(command, env=world.environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"echo"' in done.stdout, done.stdout


def unapproved_is_refused(world: World, client: list[str]) -> None:
    """A launch nobody approved starts nothing, and the client is told which command would approve it."""
    command = [*client, "echo", "{}", world.binary, "run", "--", "npx", "-y", "left-pad@1.3.0"]
    done = subprocess.run(command, env=world.environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode != 0, done.stdout
    assert "interlock approve" in done.stdout + done.stderr, done.stdout + done.stderr


def approve(world: World) -> None:
    data = world.home / "data"
    data.mkdir()
    (data / "note.txt").write_text("kept in the granted directory\n")
    for name, grants, package, arguments in (
        ("everything", [], EVERYTHING, []),
        ("files", ["--read", str(data)], FILESYSTEM, [str(data)]),
    ):
        words = ["approve", "--name", name, *grants, "--passphrase-fd", "0", "--", "npx", "-y", package, *arguments]
        done = subprocess.run([world.binary, *words], input=PASSPHRASE + "\n", env=world.environment, capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"


def cases(world: World):
    table = peers.clients()
    yield "approve", lambda: approve(world)
    for name, client in table.items():
        yield f"{name}: equal to a direct connection", lambda c=client: echo_equals_direct(world, c)
        yield f"{name}: granted directory only", lambda c=client: file_is_read(world, c)
        yield f"{name}: unapproved is refused", lambda c=client: unapproved_is_refused(world, c)
    yield "inspector: lists the tools", lambda: inspector_lists(world)
    yield "audit log verifies", lambda: world.interlock("audit", "verify")


def judge_all(world: World, cases, what: str) -> int:
    """Runs every case, tells each, and gives the exit code."""
    passed, failed = 0, 0
    try:
        for name, case in cases:
            try:
                case()
                passed += 1
                print(f"ok      {name}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, ValueError) as problem:
                failed += 1
                print(f"FAILED  {name}\n{problem}", flush=True)
    except peers.Missing as missing:
        print(f"FAILED  {missing}")
        failed += 1
    finally:
        world.close()
    print(f"{what}: {passed} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", peers.REPOSITORY / "target"))
    profile = sys.argv[1] if len(sys.argv) > 1 else "release"
    world = World(target / profile / "interlock")
    return judge_all(world, cases(world), "interop")


if __name__ == "__main__":
    sys.exit(main())
