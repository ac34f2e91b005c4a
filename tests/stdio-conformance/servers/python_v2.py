"""The fixture server on the Python SDK 2.x: `echo`, `wait`, `progress`. See `tests/stdio-conformance/README.md`."""

import logging

import anyio
from mcp.server.mcpserver import Context, MCPServer

logging.disable(logging.CRITICAL)
server = MCPServer("fixture")


@server.tool(description="Gives a text back", structured_output=False)
def echo(text: str) -> str:
    return text


@server.tool(description="Answers after a while", structured_output=False)
async def wait(milliseconds: int) -> str:
    await anyio.sleep(milliseconds / 1000)
    return "waited"


@server.tool(description="Reports its progress, then answers", structured_output=False)
async def progress(steps: int, context: Context) -> str:
    for step in range(1, steps + 1):
        await context.report_progress(step, steps)
    return "done"


server.run("stdio")
