// The fixture of the matrix with the TypeScript SDK 2.x: over stdio, or over HTTP on a port that it prints.
import { createServer } from "node:http";
import { acceptedContent, completable, createMcpHandler, inputRequired, McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { z } from "zod";

const said = (text) => ({ content: [{ type: "text", text }] });
const question = { message: "Who are you?", requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } };
const thought = { messages: [{ role: "user", content: { type: "text", text: "say hi" } }], maxTokens: 10 };
const modern = (ctx) => ctx.mcpReq.envelope !== undefined;

function fixture() {
  const server = new McpServer({ name: "matrix", version: "1.0.0" }, { capabilities: { logging: {} } });
  const sum = { description: "Adds two numbers", inputSchema: z.object({ a: z.number().int(), b: z.number().int() }), outputSchema: z.object({ sum: z.number().int() }) };
  server.registerTool("add", sum, async ({ a, b }) => ({ ...said(String(a + b)), structuredContent: { sum: a + b } }));
  server.registerTool("fail", { description: "Fails" }, async () => ({ ...said("as asked"), isError: true }));
  server.registerTool("count", { description: "Counts", inputSchema: z.object({ to: z.number().int() }) }, async ({ to }, ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (let n = 1; n <= to; n += 1) {
      if (progressToken !== undefined) await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: n, total: to } });
    }
    return said(`counted to ${to}`);
  });
  server.registerTool("log", { description: "Logs" }, async (ctx) => {
    await ctx.mcpReq.log("warning", "logged");
    return said("done");
  });
  server.registerTool("ask", { description: "Asks for a name" }, async (ctx) => {
    if (!modern(ctx)) {
      const answer = await ctx.mcpReq.elicitInput(question);
      return said(answer.action === "accept" ? `hello ${answer.content.name}` : answer.action);
    }
    const given = acceptedContent(ctx.mcpReq.inputResponses, "who");
    return given ? said(`hello ${given.name}`) : inputRequired({ inputRequests: { who: inputRequired.elicit(question) } });
  });
  server.registerTool("think", { description: "Asks the client's model" }, async (ctx) => {
    if (!modern(ctx)) return said((await ctx.mcpReq.requestSampling(thought)).content.text);
    const given = ctx.mcpReq.inputResponses?.thought;
    return given ? said(given.content.text) : inputRequired({ inputRequests: { thought: inputRequired.createMessage(thought) } });
  });
  server.registerTool("roots", { description: "Lists the client's roots" }, async (ctx) => {
    if (!modern(ctx)) return said((await server.server.listRoots()).roots[0].uri);
    const given = ctx.mcpReq.inputResponses?.roots;
    return given ? said(given.roots[0].uri) : inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
  });
  server.registerTool("sleep", { description: "Waits until it is cancelled" }, async (ctx) => {
    await new Promise((resolve) => ctx.mcpReq.signal.addEventListener("abort", resolve));
    return said("woken");
  });
  server.registerResource("note", "matrix://note", { mimeType: "text/plain" }, async (uri) => ({ contents: [{ uri: uri.href, text: "a note" }] }));
  const items = new ResourceTemplate("matrix://item/{id}", { list: undefined });
  server.registerResource("item", items, {}, async (uri, { id }) => ({ contents: [{ uri: uri.href, text: `item ${id}` }] }));
  const who = completable(z.string(), (start) => ["ada", "alan", "bob"].filter((name) => name.startsWith(start)));
  server.registerPrompt("greet", { argsSchema: z.object({ who }) }, ({ who }) => ({ messages: [{ role: "user", content: { type: "text", text: `Greet ${who}` } }] }));
  return server;
}

if (process.argv[2] === "http") {
  const listener = createServer(toNodeHandler(createMcpHandler(() => fixture())));
  listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
} else {
  await serveStdio(() => fixture());
}
