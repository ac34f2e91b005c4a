# A small MCP server for the tests of the command.
import json, sys


def answer(method):
    if method == "initialize":
        info = {"name": "test", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [{"name": "add", "description": "adds two numbers", "inputSchema": {"type": "object"}}]}
    return {}


def main():
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            result = answer(message["method"])
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
