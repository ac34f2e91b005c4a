// The fixture server on the TypeScript SDK 2.x: `echo`, `wait`, `progress`. See `tests/stdio-conformance/README.md`.
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

const text = (text) => ({ content: [{ type: 'text', text }] });
serveStdio(() => {
  const server = new McpServer({ name: 'fixture', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.registerTool('echo', { description: 'Gives a text back', inputSchema: z.object({ text: z.string() }) }, async ({ text: given }) => text(given));
  server.registerTool('wait', { description: 'Answers after a while', inputSchema: z.object({ milliseconds: z.number() }) }, async ({ milliseconds }, context) => {
    await sleep(milliseconds, undefined, { signal: context.mcpReq.signal });
    return text('waited');
  });
  server.registerTool('progress', { description: 'Reports its progress, then answers', inputSchema: z.object({ steps: z.number() }) }, async ({ steps }, context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    for (let progress = 1; progressToken !== undefined && progress <= steps; progress++) {
      await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: steps } });
    }
    return text('done');
  });
  return server;
});
