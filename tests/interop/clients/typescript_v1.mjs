// One client session with the TypeScript SDK 1.x: list the tools, call one, print what came.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [tool, args, command, ...rest] = process.argv.slice(2);
const client = new Client({ name: "interop-typescript-v1", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args: rest, env: process.env, stderr: "inherit" }));
const { tools } = await client.listTools();
const result = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({ tools: tools.map((t) => t.name), result }));
await client.close();
