"""The fixture of the matrix with the Python SDK 1.x: over stdio, or over HTTP on the port that is given."""

import sys

import anyio
from mcp.server.fastmcp import Context, FastMCP
from mcp.types import CallToolResult, Completion, SamplingMessage, TextContent
from pydantic import BaseModel

server = FastMCP("matrix", host="127.0.0.1", port=int(sys.argv[2]) if len(sys.argv) > 2 else 0, log_level="ERROR")


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
    return CallToolResult(content=[TextContent(type="text", text="as asked")], isError=True)


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


@server.tool()
async def ask(ctx: Context) -> str:
    """Asks for a name"""
    answer = await ctx.elicit("Who are you?", schema=Who)
    return f"hello {answer.data.name}" if answer.action == "accept" else answer.action


@server.tool()
async def think(ctx: Context) -> str:
    """Asks the client's model"""
    message = SamplingMessage(role="user", content=TextContent(type="text", text="say hi"))
    answer = await ctx.session.create_message(messages=[message], max_tokens=10)
    return answer.content.text


@server.tool()
async def roots(ctx: Context) -> str:
    """Lists the client's roots"""
    return str((await ctx.session.list_roots()).roots[0].uri)


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


server.run(transport="streamable-http" if sys.argv[1:2] == ["http"] else "stdio")
