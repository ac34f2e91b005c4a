// The client of the matrix with the TypeScript SDK 2.x. `stdio COMMAND [ARGS]` or `http URL`; prints what it got.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { drive } from "./drive.mjs";

const [kind, target, ...args] = process.argv.slice(2);
const transport = kind === "http" ? new StreamableHTTPClientTransport(new URL(target)) : new StdioClientTransport({ command: target, args, stderr: "inherit" });
const era = process.env.MATRIX_ERA ?? "modern";
const client = new Client(
  { name: "matrix-typescript-v2", version: "1.0.0" },
  { capabilities: { elicitation: {}, sampling: {}, roots: {} }, versionNegotiation: { mode: era === "modern" ? "auto" : "legacy" } },
);
const logs = [];
client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { name: "Ada" } }));
client.setRequestHandler("sampling/createMessage", async () => ({ role: "assistant", model: "none", content: { type: "text", text: "hi" } }));
client.setRequestHandler("roots/list", async () => ({ roots: [{ uri: "file:///matrix", name: "matrix" }] }));
client.setNotificationHandler("notifications/message", async ({ params }) => logs.push(params.data));
await client.connect(transport);
if (era !== "modern" && client.getServerCapabilities()?.logging) await client.setLoggingLevel("info");
const meta = era === "modern" ? { _meta: { "io.modelcontextprotocol/logLevel": "info" } } : {};
const callTool = (params, options) => client.callTool({ ...params, ...meta }, options);
console.log(JSON.stringify(await drive(client, callTool, logs)));
await client.close();
