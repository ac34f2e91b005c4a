# Written by Interlock: runs one hook of a build backend (PEP 517) inside the sandbox. Standard library only.
import os, shutil, stat, sys

mode, backend, *inside = sys.argv[1:]
root = os.environ["HOME"]
source, out = root + "/source", root + "/wheel"
epoch = int(os.environ["SOURCE_DATE_EPOCH"])

# What the hooks print is no answer of ours.
answer = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

# The sources are read-only: a copy of them, in an order and with times that are the same everywhere.
for place, folders, files in os.walk("/build/source"):
    folders.sort()
    here = source + place[len("/build/source"):]
    os.makedirs(here, exist_ok=True)
    for name in sorted(files):
        shutil.copyfile(place + "/" + name, here + "/" + name)
        mode_of = os.stat(place + "/" + name).st_mode
        os.chmod(here + "/" + name, 0o755 if mode_of & stat.S_IXUSR else 0o644)
for place, folders, files in os.walk(source, topdown=False):
    for name in files:
        os.utime(place + "/" + name, (epoch, epoch))
    os.utime(place, (epoch, epoch))
os.makedirs(out)
os.chdir(source)

# Without the `site` module `exit` and `quit` are missing, which some projects call.
import site
site.setquit()
site.setcopyright()

sys.argv[:] = ["build"]
sys.path[:] = [os.path.join(source, path) for path in inside] + [path for path in sys.path if path]
module, _, names = backend.partition(":")
from importlib import import_module
hooks = import_module(module)
for part in names.split(".") if names else []:
    hooks = getattr(hooks, part)

parts = []
if mode == "requires":
    ask = getattr(hooks, "get_requires_for_build_wheel", None)
    parts = [(str(need), b"") for need in (ask(None) if ask else [])]
else:
    hooks.build_wheel(out, None, None)
    for name in sorted(os.listdir(out)):
        with open(out + "/" + name, "rb") as file:
            parts.append((name, file.read()))
for name, content in parts:
    for part in (name.encode(), content):
        answer.write(len(part).to_bytes(4, "little") + part)
answer.write(bytes(4))
answer.flush()
