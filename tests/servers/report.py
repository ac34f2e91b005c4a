"""The results as lines for a terminal and as a page of the book."""

HEAD = """# Servers that were tried

Published servers, unmodified, each approved with the grants that its purpose needs, started by `interlock run`, asked for
its tools and called once. With `tests/servers/run.py --lock` packages of npm and PyPI take the way of a
project instead: `interlock add`, `approve --lock`, `verify`, `run NAME`. Written by `cargo xtask servers`; the table of
what is tried is `tests/servers/servers.json`.

"tool error" and "rpc error" are proper answers of the server: the call needs a service that the testing machine does not
reach, and the server said so. Everything runs in the default profile unless the grants name another.

| server | approved with | protocol | tools | answer to | result |
|---|---|---|---:|---|---|
"""


def line(result, good: bool, words: str) -> str:
    mark = "ok    " if good else "FAILED"
    times = f"approve {result.approve_seconds:5.1f} s  start {result.start_seconds:5.2f} s"
    return f"{mark} {result.name:22} {result.protocol:10} {result.tools:3} tools  {result.answer:10} {times}  {words}"


def grants(server: dict) -> str:
    words = [word.replace("{data}", "DATA") for word in server.get("grants", [])]
    words += [word for name in server.get("secrets", {}) for word in ("--secret", name)]
    words += [word for name in server.get("env", {}) for word in ("--env", name)]
    return f"`{' '.join(words)}`" if words else "nothing"


def source(server: dict) -> str:
    for kind, label in (("npm", "npm"), ("pypi", "PyPI"), ("crate", "crates.io")):
        if kind in server:
            place = ", virtual environment" if server.get("venv") else ""
            return f"{label} `{server[kind]}`{place}"
    raise KeyError(server["name"])


def row(server: dict, result, good: bool, words: str) -> str:
    tool = f"`{server['call'][0]}`: {result.answer}" if "call" in server else "-"
    told = words if good else f"**fails**: {words}"
    cells = [source(server), grants(server), result.protocol, str(result.tools), tool, told.replace("|", "\\|")]
    return "| " + " | ".join(cells) + " |\n"


def page(table: list[dict], rows: list, previous: str) -> str:
    """The page with these rows renewed, in the order of the table; servers that never ran have none."""
    known = {cell(text): text + "\n" for text in previous.splitlines()}
    known.update({cell(text): text for text in (row(*entry) for entry in rows)})
    return HEAD + "".join(known.get(cell(f"| {source(server)} |"), "") for server in table)


def cell(text: str) -> str:
    """The first cell of a row, which names the server."""
    return text.split(" | ")[0].removesuffix(" |")
