"""The client of the matrix with the Python SDK 2.x. `stdio COMMAND [ARGS]` or `http URL`; prints what it got."""

import asyncio
import json
import os
import sys

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

logs = []


async def elicited(context, params):
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def sampled(context, params):
    return types.CreateMessageResult(role="assistant", model="none", content=types.TextContent(type="text", text="hi"))


async def rooted(context):
    return types.ListRootsResult(roots=[types.Root(uri="file:///matrix", name="matrix")])


async def logged(params):
    logs.append(params.data)


def target(kind, place, *args):
    if kind == "http":
        return place
    return stdio_client(StdioServerParameters(command=place, args=list(args), env=dict(os.environ)))


async def main() -> None:
    handlers = {"elicitation_callback": elicited, "sampling_callback": sampled, "list_roots_callback": rooted, "logging_callback": logged}
    mode = "legacy" if os.environ.get("MATRIX_ERA") == "legacy" else "auto"
    async with Client(target(*sys.argv[1:]), mode=mode, **handlers) as client:
        if mode == "legacy" and client.server_capabilities.logging is not None:
            await client.set_logging_level("info")
        print(json.dumps(await drive(client)))


async def drive(session) -> dict:
    progress = []

    async def told(value, total, message):
        progress.append(int(value))

    async def text(name):
        return (await session.call_tool(name, {})).content[0].text

    report = {"tools": sorted(tool.name for tool in (await session.list_tools()).tools)}
    report["add"] = (await session.call_tool("add", {"a": 1, "b": 2})).structured_content["sum"]
    report["fail"] = (await session.call_tool("fail", {})).is_error
    await session.call_tool("count", {"to": 3}, progress_callback=told)
    report["progress"] = progress
    await session.call_tool("log", {}, meta={"io.modelcontextprotocol/logLevel": "info"})
    report["log"] = logs
    for name in ("ask", "think", "roots"):
        report[name] = await text(name)
    with anyio.move_on_after(0.05) as scope:
        await session.call_tool("sleep", {})
    report["cancelled"] = scope.cancelled_caught
    report["note"] = (await session.read_resource("matrix://note")).contents[0].text
    report["item"] = (await session.read_resource("matrix://item/7")).contents[0].text
    report["templates"] = [template.uri_template for template in (await session.list_resource_templates()).resource_templates]
    report["greet"] = (await session.get_prompt("greet", {"who": "Ada"})).messages[0].content.text
    completion = await session.complete(types.PromptReference(type="ref/prompt", name="greet"), {"name": "who", "value": "a"})
    report["complete"] = completion.completion.values
    return report


asyncio.run(main())
