#!/usr/bin/env python3
"""First resolutions side by side: a published package by npm's or uv's own cold install, and by `interlock add`.

Each round begins with nothing: no cache, no store, no lock. npm and uv install without running scripts or building anything,
as Interlock does; theirs ends with files in a directory, ours with a lock, a verified store and compiled Python. Alternating,
medians. The packages are rows of `servers.json`. Not part of any check: a shared machine and a network measure nothing.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import run

PASSED_ON = ("npm_config_registry", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE")


def seconds(command: list, directory: pathlib.Path, environment: dict[str, str]) -> float:
    """Wall time of one command, which must succeed."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        sys.exit(f"{command[0]} exited {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - began


def theirs(server: dict, place: pathlib.Path, environment: dict[str, str], uv: pathlib.Path | None) -> float:
    """npm or uv, with an empty cache."""
    if "npm" in server:
        options = ["--cache", place / "cache", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
        return seconds(["npm", "install", *options, server["npm"]], place, environment)
    options = ["--cache-dir", place / "cache", "--target", place / "tree", "--only-binary", ":all:", "--compile-bytecode"]
    wanted = [server["pypi"], *server.get("with", [])]
    return seconds([uv, "pip", "install", "--quiet", "--python", sys.executable, *options, *wanted], place, environment)


def ours(server: dict, place: pathlib.Path, environment: dict[str, str], binary: pathlib.Path) -> float:
    """`interlock add`, with an empty store."""
    source = f"npm:{server['npm']}" if "npm" in server else f"pypi:{server['pypi']}"
    return seconds([binary, "--no-progress", "add", source, "--name", server["name"]], place, environment)


def compare(server: dict, rounds: int, binary: pathlib.Path, uv: pathlib.Path | None) -> tuple[float, float]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    times: tuple[list, list] = ([], [])
    # Deleted at the end only: ext4 looks for a free inode longer while thousands have just been freed.
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(2 * rounds):
            home = pathlib.Path(scratch) / str(number)
            place = home / "project"
            place.mkdir(parents=True)
            npmrc = pathlib.Path.home() / ".npmrc"
            if npmrc.exists():
                shutil.copy(npmrc, home)
            environment = {"PATH": run.PATH, "HOME": str(home), "LANG": "C.UTF-8", **kept}
            own = number % 2 == 1
            times[own].append(ours(server, place, environment, binary) if own else theirs(server, place, environment, uv))
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="+")
    options.add_argument("--binary", type=pathlib.Path, required=True)
    options.add_argument("--uv", type=pathlib.Path, help="needed for packages of PyPI")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    table = json.loads((run.HERE / "servers.json").read_text())
    for server in run.chosen(table, given.names):
        (their, our) = compare(server, given.rounds, given.binary.resolve(), given.uv)
        print(f"| {run.report.source(server)} | {their:.1f} s | {our:.1f} s | {our / their:.2f}× |", flush=True)


if __name__ == "__main__":
    main()
