"""One MCP session over a child's standard streams: just enough of a client to tell whether a server works."""

import json
import queue
import subprocess
import threading
import time

VERSION = "2025-11-25"
CLIENT = {"name": "interlock-servers", "version": "1"}


class Silent(Exception):
    """The server ended or said nothing in time."""


class Session:
    """A started server. What it says that is no answer is kept in `strays`."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self.stderr: list[str] = []
        self.strays: list[str] = []
        self.next_id = 0
        for read in (self._read_stdout, self._read_stderr):
            threading.Thread(target=read, daemon=True).start()

    def _read_stdout(self) -> None:
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_stderr(self) -> None:
        for line in self.child.stderr:
            self.stderr.append(line.decode(errors="replace").rstrip())

    def send(self, message: dict) -> None:
        try:
            self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError as ended:
            raise Silent(self.last_words()) from ended

    def request(self, method: str, params: dict, seconds: float) -> dict:
        """The whole answer, result or error; questions of the server are refused on the way."""
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        until = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Silent(f"no answer to {method} in {seconds:.0f} s; {self.last_words()}") from None
            if line is None:
                raise Silent(f"ended before it answered {method}; {self.last_words()}")
            message = self.parse(line)
            if message.get("id") == self.next_id and "method" not in message:
                return message
            if "method" in message and "id" in message:
                self.answer(message)

    def answer(self, asked: dict) -> None:
        if asked["method"] == "roots/list":
            self.send({"id": asked["id"], "result": {"roots": []}})
        else:
            self.send({"id": asked["id"], "error": {"code": -32601, "message": "not offered"}})

    def parse(self, line: bytes) -> dict:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if isinstance(message, dict):
            return message
        self.strays.append(line.decode(errors="replace"))
        return {}

    def initialize(self, seconds: float) -> dict:
        params = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": CLIENT}
        answer = self.request("initialize", params, seconds)
        if "result" in answer:
            self.send({"method": "notifications/initialized"})
        return answer

    def tools(self, seconds: float) -> dict:
        """The answer to `tools/list`, with the tools of all pages."""
        answer = self.request("tools/list", {}, seconds)
        cursor = answer.get("result", {}).get("nextCursor")
        while cursor:
            page = self.request("tools/list", {"cursor": cursor}, seconds)["result"]
            answer["result"]["tools"] += page["tools"]
            cursor = page.get("nextCursor")
        return answer

    def last_words(self) -> str:
        time.sleep(0.2)  # the reader of stderr may be a moment behind
        return "stderr ends with: " + " | ".join(self.stderr[-6:])

    def close(self) -> tuple[int, float]:
        """Ends the session as clients do, by closing stdin: the exit code and the seconds it took."""
        began = time.monotonic()
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            code = self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            code = self.child.wait()
        return code, time.monotonic() - began
