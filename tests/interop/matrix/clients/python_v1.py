"""The client of the matrix with the Python SDK 1.x. `stdio COMMAND [ARGS]` or `http URL`; prints what it got."""

import asyncio
import contextlib
import json
import os
import sys

import anyio
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

logs = []


async def elicited(context, params):
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def sampled(context, params):
    return types.CreateMessageResult(role="assistant", model="none", content=types.TextContent(type="text", text="hi"))


async def rooted(context):
    return types.ListRootsResult(roots=[types.Root(uri="file:///matrix", name="matrix")])


async def logged(params):
    logs.append(params.data)


@contextlib.asynccontextmanager
async def connected(kind, target, *args):
    if kind == "http":
        async with streamablehttp_client(target) as (read, write, _):
            yield read, write
    else:
        async with stdio_client(StdioServerParameters(command=target, args=list(args), env=dict(os.environ))) as pipes:
            yield pipes


async def main() -> None:
    handlers = {"elicitation_callback": elicited, "sampling_callback": sampled, "list_roots_callback": rooted, "logging_callback": logged}
    async with connected(*sys.argv[1:]) as (read, write), ClientSession(read, write, **handlers) as session:
        hello = await session.initialize()
        if hello.capabilities.logging is not None:
            await session.set_logging_level("info")
        print(json.dumps(await drive(session)))


async def drive(session) -> dict:
    progress = []

    async def told(value, total, message):
        progress.append(int(value))

    async def text(name):
        return (await session.call_tool(name, {})).content[0].text

    report = {"tools": sorted(tool.name for tool in (await session.list_tools()).tools)}
    report["add"] = (await session.call_tool("add", {"a": 1, "b": 2})).structuredContent["sum"]
    report["fail"] = (await session.call_tool("fail", {})).isError
    await session.call_tool("count", {"to": 3}, progress_callback=told)
    report["progress"] = progress
    await session.call_tool("log", {})
    report["log"] = logs
    for name in ("ask", "think", "roots"):
        report[name] = await text(name)
    with anyio.move_on_after(0.05) as scope:
        await session.call_tool("sleep", {})
    report["cancelled"] = scope.cancelled_caught
    report["note"] = (await session.read_resource("matrix://note")).contents[0].text
    report["item"] = (await session.read_resource("matrix://item/7")).contents[0].text
    report["templates"] = [template.uriTemplate for template in (await session.list_resource_templates()).resourceTemplates]
    report["greet"] = (await session.get_prompt("greet", {"who": "Ada"})).messages[0].content.text
    completion = await session.complete(types.PromptReference(type="ref/prompt", name="greet"), {"name": "who", "value": "a"})
    report["complete"] = completion.completion.values
    return report


asyncio.run(main())
