"""One client session with the Python SDK 2.x: list the tools, call one, print what came."""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> None:
    tool, arguments, command, *rest = sys.argv[1:]
    server = StdioServerParameters(command=command, args=rest, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        tools = await client.list_tools()
        result = await client.call_tool(tool, json.loads(arguments))
        names = [t.name for t in tools.tools]
        print(json.dumps({"tools": names, "result": result.model_dump(mode="json", by_alias=True)}))


asyncio.run(main())
