#!/usr/bin/env python3
"""Warm starts side by side: a published server by its own runner (`uvx`, `npx -y`), and by `interlock run`.

From spawn to the answered `initialize`, alternating, medians. The servers are rows of `servers.json`, approved before by
`run.py --keep DIR`; uv is the one that `run.py` installs. Not part of any check: a shared machine measures nothing.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import run
import session

FROM_RUNNER = ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "SSL_CERT_FILE", "npm_config_registry")


def once(command: list[str], environment: dict[str, str]) -> float:
    """Milliseconds until the server has answered."""
    began = time.monotonic()
    running = session.Session(command, environment)
    answer = running.initialize(run.START)
    took = (time.monotonic() - began) * 1000
    running.close()
    if "result" not in answer:
        sys.exit(f"{command[0]}: {answer}")
    return took


def compare(world: run.World, server: dict, rounds: int) -> tuple[float, float]:
    data = world.root / "data" / server["name"]
    run.prepare(server.get("prepare"), data)
    own = {**world.environment, **run.filled(server.get("env", {}), data)}
    plain = {**own, **server.get("secrets", {}), **{n: os.environ[n] for n in FROM_RUNNER if n in os.environ}}
    plain["PATH"] = f"{world.installer().parent}:{plain['PATH']}"
    theirs, ours = [], []
    alone = run.command(world, server, data)
    for number in range(rounds + 1):
        pair = (once(alone, plain), once([world.binary, "run", server["name"]], own))
        # The first round fills caches.
        if number:
            theirs.append(pair[0])
            ours.append(pair[1])
    return statistics.median(theirs), statistics.median(ours)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="+")
    options.add_argument("--binary", type=pathlib.Path, required=True)
    options.add_argument("--keep", type=pathlib.Path, required=True)
    options.add_argument("--rounds", type=int, default=9)
    given = options.parse_args()
    table = json.loads((run.HERE / "servers.json").read_text())
    world = run.World(given.binary, given.keep.resolve())
    for server in run.chosen(table, given.names):
        theirs, ours = compare(world, server, given.rounds)
        print(f"| {run.report.source(server)} | {theirs:.0f} ms | {ours:.0f} ms | {ours / theirs:.2f}× |", flush=True)


if __name__ == "__main__":
    main()
