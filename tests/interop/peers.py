"""Installs the peers of the interoperation tests below target/, once for each pinned set of versions."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CLIENTS = HERE / "clients"


class Missing(Exception):
    """A tool that a contributor has to install."""


def need(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Missing(f"`{program}` is not installed; on Debian: apt-get install {package}")
    return found


def quiet(command: list[str], directory: pathlib.Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def place() -> pathlib.Path:
    """A directory named by the digest of what is pinned, so that new pins are installed anew."""
    pins = ["package.json", "python_v1.txt", "python_v2.txt"]
    digest = hashlib.sha256(b"".join((HERE / pin).read_bytes() for pin in pins)).hexdigest()[:12]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return target / "interop" / digest


def install_node(directory: pathlib.Path) -> None:
    npm = need("npm", "npm")
    shutil.copy(HERE / "package.json", directory / "package.json")
    quiet([npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], directory)


def install_python(directory: pathlib.Path, version: str) -> None:
    quiet([sys.executable, "-m", "venv", version], directory)
    pip = [f"{version}/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    quiet([*pip, "-r", str(HERE / f"{version}.txt")], directory)


def build_rmcp() -> pathlib.Path:
    """Where rmcp's programs are. Without optimisation: how long they take is no matter here."""
    target = place().parent / "rmcp"
    command = ["cargo", "build", "--quiet", "--manifest-path", str(HERE / "rmcp" / "Cargo.toml")]
    quiet([*command, "--target-dir", str(target)], REPOSITORY)
    return target / "debug"


def installed() -> pathlib.Path:
    """Where the peers from npm and PyPI are; they are installed when they are not there yet."""
    directory = place()
    if not (directory / "complete").exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        print("installing the peers from npm and PyPI, once", flush=True)
        install_node(directory)
        for version in ("python_v1", "python_v2"):
            install_python(directory, version)
        (directory / "complete").touch()
    return directory


def clients() -> dict[str, list[str]]:
    """Command line of each client; each takes TOOL ARGUMENTS COMMAND [ARGS]."""
    directory = installed()
    for script in CLIENTS.glob("*.mjs"):
        shutil.copy(script, directory / script.name)
    node = need("node", "nodejs")
    table = {name: [node, str(directory / f"{name}.mjs")] for name in ("typescript_v1", "typescript_v2")}
    for name in ("python_v1", "python_v2"):
        table[name] = [str(directory / name / "bin" / "python"), str(CLIENTS / f"{name}.py")]
    table["rmcp"] = [str(build_rmcp() / "session")]
    return table


def matrix_programs(kind: str) -> dict[str, list[str]]:
    """Command line of each peer's program in `matrix/clients` or `matrix/servers`."""
    directory = installed()
    node = need("node", "nodejs")
    # Where npm's packages are found from.
    copies = directory / "matrix" / kind
    shutil.copytree(HERE / "matrix" / kind, copies, dirs_exist_ok=True)
    table = {name: [node, str(copies / f"{name}.mjs")] for name in ("typescript_v1", "typescript_v2")}
    for name in ("python_v1", "python_v2"):
        table[name] = [str(directory / name / "bin" / "python"), str(copies / f"{name}.py")]
    table["rmcp"] = [str(build_rmcp() / kind.removesuffix("s"))]
    return table


def inspector() -> list[str]:
    """MCP Inspector's command line."""
    return [str(place() / "node_modules" / ".bin" / "mcp-inspector"), "--cli"]
