// The client of the matrix with the TypeScript SDK 1.x. `stdio COMMAND [ARGS]` or `http URL`; prints what it got.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as types from "@modelcontextprotocol/sdk/types.js";
import { drive } from "./drive.mjs";

const [kind, target, ...args] = process.argv.slice(2);
const transport = kind === "http" ? new StreamableHTTPClientTransport(new URL(target)) : new StdioClientTransport({ command: target, args, stderr: "inherit" });
const client = new Client({ name: "matrix-typescript-v1", version: "1.0.0" }, { capabilities: { elicitation: {}, sampling: {}, roots: {} } });
const logs = [];
client.setRequestHandler(types.ElicitRequestSchema, async () => ({ action: "accept", content: { name: "Ada" } }));
client.setRequestHandler(types.CreateMessageRequestSchema, async () => ({ role: "assistant", model: "none", content: { type: "text", text: "hi" } }));
client.setRequestHandler(types.ListRootsRequestSchema, async () => ({ roots: [{ uri: "file:///matrix", name: "matrix" }] }));
client.setNotificationHandler(types.LoggingMessageNotificationSchema, async ({ params }) => logs.push(params.data));
await client.connect(transport);
if (client.getServerCapabilities()?.logging) await client.setLoggingLevel("info");
console.log(JSON.stringify(await drive(client, (params, options) => client.callTool(params, undefined, options), logs)));
await client.close();
