// The fixture server on the TypeScript SDK 1.x: `echo`, `wait`, `progress`. See `tests/stdio-conformance/README.md`.
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

const text = (text) => ({ content: [{ type: 'text', text }] });
const server = new McpServer({ name: 'fixture', version: '1.0.0' });
server.registerTool('echo', { description: 'Gives a text back', inputSchema: { text: z.string() } }, async ({ text: given }) => text(given));
server.registerTool('wait', { description: 'Answers after a while', inputSchema: { milliseconds: z.number() } }, async ({ milliseconds }, extra) => {
  await sleep(milliseconds, undefined, { signal: extra.signal });
  return text('waited');
});
server.registerTool('progress', { description: 'Reports its progress, then answers', inputSchema: { steps: z.number() } }, async ({ steps }, extra) => {
  const progressToken = extra._meta?.progressToken;
  for (let progress = 1; progressToken !== undefined && progress <= steps; progress++) {
    await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: steps } });
  }
  return text('done');
});
await server.connect(new StdioServerTransport());
