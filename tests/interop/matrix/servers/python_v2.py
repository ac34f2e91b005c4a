"""The fixture of the matrix with the Python SDK 2.x: over stdio, or over HTTP on the port that is given."""

import sys

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import (
    CallToolResult,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel

server = MCPServer("matrix", log_level="ERROR")
MODERN = "2026-07-28"
QUESTION = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
THOUGHT = SamplingMessage(role="user", content=TextContent(type="text", text="say hi"))


class Sum(BaseModel):
    sum: int


class Who(BaseModel):
    name: str


@server.tool()
def add(a: int, b: int) -> Sum:
    """Adds two numbers"""
    return Sum(sum=a + b)


@server.tool()
def fail() -> CallToolResult:
    """Fails"""
    return CallToolResult(content=[TextContent(type="text", text="as asked")], is_error=True)


@server.tool()
async def count(to: int, ctx: Context) -> str:
    """Counts"""
    for n in range(1, to + 1):
        await ctx.report_progress(n, to)
    return f"counted to {to}"


@server.tool()
async def log(ctx: Context) -> str:
    """Logs"""
    await ctx.warning("logged")
    return "done"


def given(ctx: Context, key: str):
    return (ctx.input_responses or {}).get(key)


@server.tool()
async def ask(ctx: Context) -> str | InputRequiredResult:
    """Asks for a name"""
    if ctx.protocol_version != MODERN:
        answer = await ctx.elicit("Who are you?", schema=Who)
        return f"hello {answer.data.name}" if answer.action == "accept" else answer.action
    if answer := given(ctx, "who"):
        return f"hello {answer.content['name']}"
    params = ElicitRequestFormParams(message="Who are you?", requested_schema=QUESTION)
    return InputRequiredResult(input_requests={"who": ElicitRequest(params=params)})


@server.tool()
async def think(ctx: Context) -> str | InputRequiredResult:
    """Asks the client's model"""
    if ctx.protocol_version != MODERN:
        return (await ctx.session.create_message(messages=[THOUGHT], max_tokens=10)).content.text
    if answer := given(ctx, "thought"):
        return answer.content.text
    params = CreateMessageRequestParams(messages=[THOUGHT], max_tokens=10)
    return InputRequiredResult(input_requests={"thought": CreateMessageRequest(params=params)})


@server.tool()
async def roots(ctx: Context) -> str | InputRequiredResult:
    """Lists the client's roots"""
    if ctx.protocol_version != MODERN:
        return str((await ctx.session.list_roots()).roots[0].uri)
    if answer := given(ctx, "roots"):
        return str(answer.roots[0].uri)
    return InputRequiredResult(input_requests={"roots": ListRootsRequest()})


@server.tool()
async def sleep() -> str:
    """Waits until it is cancelled"""
    await anyio.sleep_forever()
    return "woken"


@server.resource("matrix://note", mime_type="text/plain")
def note() -> str:
    return "a note"


@server.resource("matrix://item/{id}")
def item(id: str) -> str:
    return f"item {id}"


@server.prompt()
def greet(who: str) -> str:
    return f"Greet {who}"


@server.completion()
async def complete(ref, argument, context) -> Completion:
    return Completion(values=[name for name in ("ada", "alan", "bob") if name.startswith(argument.value)])


if sys.argv[1:2] == ["http"]:
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run(transport="stdio")
