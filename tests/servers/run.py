#!/usr/bin/env python3
"""Published MCP servers, unmodified, through `interlock approve` and `interlock run`.

Every server of `servers.json` is approved with the grants that its purpose needs and nothing else, started, asked for its
tools and called once. With `--lock` packages of npm and PyPI take the way of a project instead: `interlock add`, `approve --lock`,
`verify`. Packages of npm and PyPI come from Interlock's own store; those of PyPI that say `venv` are installed
into virtual environments and approved by their console script. A run renews its rows of `docs/src/servers.md`.

Run by `cargo xtask servers`; needs node, Python with `venv`, cargo, git, Debian's Chromium and the registries. Run it as
root and as an ordinary user.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import book
import report
import session

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PASSPHRASE = "servers passphrase, used for nothing else"
START = 90
ANSWER = 120
PATH = "/usr/local/bin:/usr/bin:/bin"


class World:
    """A home of its own with an approver's key, and a directory for virtual environments."""

    def __init__(self, binary: pathlib.Path, root: pathlib.Path) -> None:
        self.binary = str(binary)
        self.root = root
        self.home = root / "home"
        self.environment = {"PATH": PATH, "HOME": str(self.home), "LANG": "C.UTF-8"}
        for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_CERT"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        if not self.home.exists():
            self.home.mkdir(mode=0o700)
            npmrc = pathlib.Path.home() / ".npmrc"
            if npmrc.exists():
                shutil.copy(npmrc, self.home / ".npmrc")
            self.interlock("init", "--passphrase-fd", "0", given=PASSPHRASE + "\n")

    def interlock(self, *words: str, given: str = "", environment: dict | None = None, place: pathlib.Path | None = None) -> str:
        command = [self.binary, *words]
        environment = {**self.environment, **(environment or {})}
        options = {"input": given, "env": environment, "capture_output": True, "text": True, "timeout": 600, "cwd": place}
        done = subprocess.run(command, **options)
        if done.returncode != 0:
            raise Failed(f"`interlock {words[0]}` exited {done.returncode}", done.stdout + done.stderr)
        return done.stdout + done.stderr

    def virtual_environment(self, name: str, requirements: list[str]) -> pathlib.Path:
        """Programs of these packages, wheels only: building one would run its code."""
        place = self.root / "venvs" / name
        if not (place / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", place], check=True)
            # The environment is read-only when the server runs, so its bytecode is compiled now or at every start.
            options = ["--quiet", "--python", place, "--only-binary", ":all:", "--compile-bytecode"]
            subprocess.run([self.installer(), "pip", "install", *options, *requirements], check=True)
            (place / "complete").touch()
        return place / "bin"

    def crate(self, crate: str, program: str) -> pathlib.Path:
        """A program of crates.io, built without optimisation: it is tried, not measured."""
        place = self.root / "crates"
        if not (place / "bin" / program).exists():
            subprocess.run(["cargo", "install", "--quiet", "--debug", "--root", place, crate], check=True)
        return place / "bin" / program

    def installer(self) -> pathlib.Path:
        """uv, which resolves in a fraction of pip's time."""
        place = self.root / "venvs" / ".uv"
        if not (place / "bin" / "uv").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            subprocess.run([place / "bin" / "pip", "install", "--quiet", "--only-binary", ":all:", "uv"], check=True)
        return place / "bin" / "uv"


class Failed(Exception):
    """A step went wrong: what, and what was printed."""

    def __init__(self, what: str, printed: str = "") -> None:
        super().__init__(what)
        self.printed = printed


@dataclasses.dataclass
class Result:
    """What one server did."""

    name: str
    protocol: str = "-"
    tools: int = 0
    answer: str = "-"
    approve_seconds: float = 0.0
    start_seconds: float = 0.0
    failure: str = ""
    printed: str = ""


def prepare(kind: str | None, data: pathlib.Path) -> None:
    """The files that a server works on."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "note.txt").write_text("kept in the granted directory\n")
    if kind == "git" and not (data / ".git").exists():
        subprocess.run(["git", "init", "--quiet", data], check=True)
    if kind == "excel":
        book.write(data / "book.xlsx")
    if kind == "sqlite":
        connection = sqlite3.connect(data / "t.db")
        connection.execute("create table if not exists t (word text)")
        connection.commit()
        connection.close()


def filled(value, data: pathlib.Path):
    """The value with `{data}` replaced, however deep it is."""
    if isinstance(value, str):
        return value.replace("{data}", str(data))
    if isinstance(value, list):
        return [filled(item, data) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, data) for name, item in value.items()}
    return value


def command(world: World, server: dict, data: pathlib.Path) -> list[str]:
    arguments = filled(server.get("args", []), data)
    if "npm" in server:
        return ["npx", "-y", server["npm"], *arguments]
    if "pypi" in server and not server.get("venv"):
        with_options = [word for package in server.get("with", []) for word in ("--with", package)]
        return ["uvx", *with_options, "--from", server["pypi"], server["script"], *arguments]
    if "pypi" in server:
        programs = world.virtual_environment(server["name"], [server["pypi"], *server.get("with", [])])
        return [str(programs / server["script"]), *arguments]
    return [str(world.crate(server["crate"], server["program"])), *arguments]


def added(world: World, server: dict, data: pathlib.Path) -> list[str]:
    """What `interlock add` is told after the name and the grants."""
    arguments = filled(server.get("args", []), data)
    if server.get("with"):
        return ["--", *command(world, server, data)]
    source = f"npm:{server['npm']}" if "npm" in server else f"pypi:{server['pypi']}"
    return [source, "--", *arguments] if arguments else [source]


def lock(world: World, server: dict, data: pathlib.Path, grants: list[str], environment: dict) -> str:
    """The way of a project: declared in a lock, approved as a proposal, verified."""
    project = world.root / "projects" / server["name"]
    if project.exists():
        shutil.rmtree(project)
    project.mkdir(parents=True)
    given = {"environment": environment, "place": project}
    printed = world.interlock("add", "--name", server["name"], *grants, *added(world, server, data), **given)
    printed += world.interlock("approve", "--lock", "--passphrase-fd", "0", given=PASSPHRASE + "\n", **given)
    return printed + world.interlock("verify", **given)


def approve(world: World, server: dict, data: pathlib.Path, environment: dict, by_lock: bool) -> str:
    for name, value in server.get("secrets", {}).items():
        world.interlock("secret", "set", name, given=value)
    grants = filled(server.get("grants", []), data)
    for name in server.get("secrets", {}):
        grants += ["--secret", name]
    for name in server.get("env", {}):
        grants += ["--env", name]
    if by_lock and ("npm" in server or "pypi" in server) and not server.get("venv"):
        return lock(world, server, data, grants, environment)
    words = ["approve", "--name", server["name"], *grants, "--passphrase-fd", "0", "--", *command(world, server, data)]
    return world.interlock(*words, given=PASSPHRASE + "\n", environment=environment)


def kind_of(answer: dict) -> str:
    if "error" in answer:
        return "rpc error"
    return "tool error" if answer["result"].get("isError") else "ok"


def drive(world: World, server: dict, data: pathlib.Path, environment: dict, result: Result) -> None:
    """One session: initialize, all tools, one call, and an end within the time that clients give."""
    began = time.monotonic()
    running = session.Session([world.binary, "run", server["name"]], {**world.environment, **environment})
    try:
        hello = running.initialize(START)
        result.start_seconds = time.monotonic() - began
        if "error" in hello:
            raise Failed("initialize: " + hello["error"]["message"], running.last_words())
        result.protocol = hello["result"]["protocolVersion"]
        listed = running.tools(ANSWER)
        if "error" in listed:
            result.answer = "rpc error"
            raise Failed("tools/list: " + listed["error"]["message"], running.last_words())
        tools = {tool["name"]: tool for tool in listed["result"]["tools"]}
        result.tools = len(tools)
        tool, arguments = server["call"]
        if tool not in tools:
            raise Failed(f"there is no tool `{tool}`", "tools: " + ", ".join(sorted(tools)))
        answer = running.request("tools/call", {"name": tool, "arguments": filled(arguments, data)}, ANSWER)
        result.answer = kind_of(answer)
        text = json.dumps(answer)
        if result.answer != server.get("answer", "ok"):
            wanted = server.get("answer", "ok")
            raise Failed(f"`{tool}` gave {result.answer} instead of {wanted}", text[:1500] + "\n" + running.last_words())
        if server.get("contains", "") not in text:
            raise Failed(f"the answer of `{tool}` lacks {server['contains']!r}", text[:1500])
        if running.strays:
            raise Failed("something other than JSON reached the client", repr(running.strays[:3]))
    finally:
        code, seconds = running.close()
    if seconds > 5:
        raise Failed(f"it took {seconds:.1f} s to end")
    if code != server.get("exit", 0):
        raise Failed(f"`interlock run` exited {code}", "\n".join(running.stderr[-6:]))


def try_server(world: World, server: dict, by_lock: bool) -> Result:
    result = Result(server["name"])
    data = world.root / "data" / server["name"]
    prepare(server.get("prepare"), data)
    environment = filled(server.get("env", {}), data)
    try:
        began = time.monotonic()
        result.printed = approve(world, server, data, environment, by_lock)
        result.approve_seconds = time.monotonic() - began
        drive(world, server, data, environment, result)
    except Failed as failed:
        result.failure = str(failed)
        result.printed = failed.printed
    except (session.Silent, subprocess.SubprocessError) as failed:
        result.failure = str(failed)
    return result


def outcome(server: dict, result: Result) -> tuple[bool, str]:
    """Whether it is as expected, and the words for it. A server that fails without Interlock, too, must fail alike."""
    expected = server.get("fails")
    if expected is None:
        return not result.failure, result.failure or "works"
    if not result.failure:
        return False, "works now: take `fails` out of the table"
    return expected["says"] in result.failure + result.printed, f"as without Interlock: {expected['why']}"


def chosen(table: list[dict], names: list[str]) -> list[dict]:
    if not names:
        return table
    unknown = set(names) - {server["name"] for server in table}
    if unknown:
        sys.exit(f"no such server: {', '.join(sorted(unknown))}")
    return [server for server in table if server["name"] in names]


def run(world: World, servers: list[dict], verbose: bool, by_lock: bool) -> list[tuple[dict, Result, bool, str]]:
    rows = []
    for server in servers:
        result = try_server(world, server, by_lock)
        good, words = outcome(server, result)
        rows.append((server, result, good, words))
        print(report.line(result, good, words), flush=True)
        if verbose or not good:
            print(result.printed, flush=True)
    world.interlock("audit", "verify")
    return rows


def remove(root: pathlib.Path) -> None:
    for path in root.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(root)


def main() -> int:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", help="only these servers")
    options.add_argument("--binary", type=pathlib.Path, default=target / "release" / "interlock")
    options.add_argument("--keep", type=pathlib.Path, help="use this directory and leave it, to be quicker the next time")
    options.add_argument("--lock", action="store_true", help="by way of a project's lock")
    options.add_argument("--verbose", action="store_true", help="show what `interlock approve` printed")
    given = options.parse_args()
    servers = json.loads((HERE / "servers.json").read_text())
    root = given.keep or pathlib.Path(tempfile.mkdtemp(prefix="interlock-servers-"))
    root.mkdir(exist_ok=True)
    world = World(given.binary, root.resolve())
    try:
        rows = run(world, chosen(servers, given.names), given.verbose, given.lock)
    finally:
        if given.keep is None:
            remove(root)
    page = REPOSITORY / "docs" / "src" / "servers.md"
    if os.access(page, os.W_OK):
        page.write_text(report.page(servers, rows, page.read_text()))
    failed = sum(1 for row in rows if not row[2])
    print(f"{len(rows) - failed} as expected, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
