# A build backend of a few lines, in the sources that it builds: a server's wheel from `server.py` and `about.py`.
import base64, hashlib, zipfile
from about import NAME, NEEDS, VERSION

INFO = f"{NAME}-{VERSION}.dist-info"


def build_wheel(out, settings=None, metadata=None):
    with open("server.py") as file:
        server = file.read()
    files = {
        f"{NAME}.py": server,
        f"{INFO}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n{NEEDS}",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{INFO}/entry_points.txt": f"[console_scripts]\n{NAME} = {NAME}:main\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{INFO}/RECORD"] = record + f"{INFO}/RECORD,,\n"
    wheel = f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(f"{out}/{wheel}", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel
