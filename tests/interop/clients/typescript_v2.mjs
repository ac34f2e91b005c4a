// One client session with the TypeScript SDK 2.x: list the tools, call one, print what came.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [tool, args, command, ...rest] = process.argv.slice(2);
const client = new Client({ name: "interop-typescript-v2", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args: rest, env: process.env, stderr: "inherit" }));
const { tools } = await client.listTools();
const result = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({ tools: tools.map((t) => t.name), result }));
await client.close();
