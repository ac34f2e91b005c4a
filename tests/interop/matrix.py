#!/usr/bin/env python3
"""Our SDK with the others', both ways round, over pipes and over HTTP, in both eras where a peer has both.

One fixture (tools, progress, log messages, elicitation, sampling, roots, cancellation, resources, templates, prompts,
completion) is written with every SDK, and so is one client that uses all of it and prints what it got. Every client must
get the same from our server, and ours the same from every server. Run by `cargo xtask interop`.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import peers

TIMEOUT = 90
HERE = pathlib.Path(__file__).resolve().parent / "matrix"
EXPECTED = {
    "tools": ["add", "ask", "count", "fail", "log", "roots", "sleep", "think"],
    "add": 3,
    "fail": True,
    "progress": [1, 2, 3],
    "log": ["logged"],
    "ask": "hello Ada",
    "think": "hi",
    "roots": "file:///matrix",
    "cancelled": True,
    "note": "a note",
    "item": "item 7",
    "templates": ["matrix://item/{id}"],
    "greet": "Greet Ada",
    "complete": ["ada", "alan"],
}
# The TypeScript clients drop progress that arrives in one piece with the answer.
MAY_LOSE_PROGRESS = ("typescript_v1", "typescript_v2")

# What a peer does not have, so that there is nothing to compare: its handler of HTTP keeps no sessions for the older
# era, and so cannot ask a client anything.
ABSENT = {("typescript_v2", "legacy", "http")}


def judge(client: str, report: dict) -> None:
    progress = report.get("progress", [])
    if client in MAY_LOSE_PROGRESS and progress == EXPECTED["progress"][: len(progress)]:
        report = {**report, "progress": EXPECTED["progress"]}
    differing = {key: report.get(key) for key in EXPECTED if report.get(key) != EXPECTED[key]}
    assert not differing, f"differs from the fixture: {differing}"


def session(name: str, client: list[str], era: str, target: list[str]) -> None:
    environment = {**os.environ, "MATRIX_ERA": era, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*client, *target], env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, f"{' '.join([*client, *target])} exited {done.returncode}\n{done.stdout}{done.stderr}"
    judge(name, json.loads(done.stdout.strip().splitlines()[-1]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def listening(name: str, server: list[str]):
    """A server over HTTP, for as long as the block lasts. Python's are told their port; the others tell theirs."""
    told = name.startswith("python")
    words = [*server, "http", *([str(free_port())] if told else [])]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port = int(words[-1] if told else process.stdout.readline())
        deadline = time.monotonic() + TIMEOUT
        while not answers(port):
            assert process.poll() is None and time.monotonic() < deadline, f"{' '.join(words)} does not listen"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.communicate()


def stdio_case(client_name: str, client: list[str], era: str, server: list[str]) -> None:
    session(client_name, client, era, ["stdio", *server])


def http_case(client_name: str, client: list[str], era: str, server_name: str, server: list[str]) -> None:
    with listening(server_name, server) as url:
        session(client_name, client, era, ["http", url])


def eras(name: str) -> list[str]:
    """The 1.x lines know no other than the older era."""
    return ["legacy"] if name.endswith("_v1") else ["modern", "legacy"]


def pairs(clients: dict, servers: dict):
    """Everybody's client with our server, and ours with everybody's."""
    for name in clients:
        yield name, "interlock"
    for name in servers:
        if name != "interlock":
            yield "interlock", name


def cases():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", peers.REPOSITORY / "target")) / "debug"
    clients = {"interlock": [str(target / "matrix-client")], **peers.matrix_programs("clients")}
    servers = {"interlock": [str(target / "matrix-server")], **peers.matrix_programs("servers")}
    for client, server in pairs(clients, servers):
        other = server if client == "interlock" else client
        for era in eras(other):
            words = (client, clients[client], era)
            title = f"{client} client, {server} server, {era}"
            yield f"{title}, stdio", lambda w=words, s=server: stdio_case(*w, servers[s])
            if (server, era, "http") in ABSENT:
                continue
            yield f"{title}, http", lambda w=words, s=server: http_case(*w, s, servers[s])


def main() -> int:
    wanted = sys.argv[1:]
    passed, failed = 0, 0
    try:
        for name, case in cases():
            if not all(word in name for word in wanted):
                continue
            try:
                case()
                passed += 1
                print(f"ok      {name}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, ValueError, IndexError) as problem:
                failed += 1
                print(f"FAILED  {name}\n{problem}", flush=True)
    except peers.Missing as missing:
        print(f"FAILED  {missing}")
        failed += 1
    print(f"matrix: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
