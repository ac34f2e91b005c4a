// The fixture of the matrix with the TypeScript SDK 1.x: over stdio, or over HTTP on a port that it prints.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { completable } from "@modelcontextprotocol/sdk/server/completable.js";
import { z } from "zod";

const said = (text) => ({ content: [{ type: "text", text }] });

function fixture() {
  const server = new McpServer({ name: "matrix", version: "1.0.0" }, { capabilities: { logging: {} } });
  const sum = { description: "Adds two numbers", inputSchema: { a: z.number().int(), b: z.number().int() }, outputSchema: { sum: z.number().int() } };
  server.registerTool("add", sum, async ({ a, b }) => ({ ...said(String(a + b)), structuredContent: { sum: a + b } }));
  server.registerTool("fail", { description: "Fails" }, async () => ({ ...said("as asked"), isError: true }));
  server.registerTool("count", { description: "Counts", inputSchema: { to: z.number().int() } }, async ({ to }, extra) => {
    const progressToken = extra._meta?.progressToken;
    for (let n = 1; n <= to; n += 1) {
      if (progressToken !== undefined) await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress: n, total: to } });
    }
    return said(`counted to ${to}`);
  });
  server.registerTool("log", { description: "Logs" }, async () => {
    await server.server.sendLoggingMessage({ level: "warning", data: "logged" });
    return said("done");
  });
  server.registerTool("ask", { description: "Asks for a name" }, async () => {
    const requestedSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const answer = await server.server.elicitInput({ message: "Who are you?", requestedSchema });
    return said(answer.action === "accept" ? `hello ${answer.content.name}` : answer.action);
  });
  server.registerTool("think", { description: "Asks the client's model" }, async () => {
    const messages = [{ role: "user", content: { type: "text", text: "say hi" } }];
    const answer = await server.server.createMessage({ messages, maxTokens: 10 });
    return said(answer.content.text);
  });
  server.registerTool("roots", { description: "Lists the client's roots" }, async () => said((await server.server.listRoots()).roots[0].uri));
  server.registerTool("sleep", { description: "Waits until it is cancelled" }, async (extra) => {
    await new Promise((resolve) => extra.signal.addEventListener("abort", resolve));
    return said("woken");
  });
  server.registerResource("note", "matrix://note", { mimeType: "text/plain" }, async (uri) => ({ contents: [{ uri: uri.href, text: "a note" }] }));
  const items = new ResourceTemplate("matrix://item/{id}", { list: undefined });
  server.registerResource("item", items, {}, async (uri, { id }) => ({ contents: [{ uri: uri.href, text: `item ${id}` }] }));
  const who = completable(z.string(), (start) => ["ada", "alan", "bob"].filter((name) => name.startsWith(start)));
  server.registerPrompt("greet", { argsSchema: { who } }, ({ who }) => ({ messages: [{ role: "user", content: { type: "text", text: `Greet ${who}` } }] }));
  return server;
}

async function http() {
  const sessions = new Map();
  const listener = createServer(async (request, response) => {
    const known = sessions.get(request.headers["mcp-session-id"]);
    if (known) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await fixture().connect(transport);
    await transport.handleRequest(request, response);
  });
  listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
}

if (process.argv[2] === "http") await http();
else await fixture().connect(new StdioServerTransport());
