// What both TypeScript clients of the matrix do, in order: every feature once, told as one object.
export async function drive(client, callTool, logs) {
  const call = async (name, args = {}, options) => callTool({ name, arguments: args }, options);
  const text = async (name, args) => (await call(name, args)).content[0].text;
  const progress = [];
  const report = { tools: (await client.listTools()).tools.map((tool) => tool.name).sort() };
  report.add = (await call("add", { a: 1, b: 2 })).structuredContent.sum;
  report.fail = (await call("fail")).isError;
  await call("count", { to: 3 }, { onprogress: (told) => progress.push(told.progress) });
  report.progress = progress;
  await call("log");
  report.log = logs;
  for (const name of ["ask", "think", "roots"]) report[name] = await text(name);
  const stop = new AbortController();
  const sleeping = call("sleep", {}, { signal: stop.signal }).then(() => false, () => true);
  setTimeout(() => stop.abort("enough"), 50);
  report.cancelled = await sleeping;
  report.note = (await client.readResource({ uri: "matrix://note" })).contents[0].text;
  report.item = (await client.readResource({ uri: "matrix://item/7" })).contents[0].text;
  report.templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
  const greeting = await client.getPrompt({ name: "greet", arguments: { who: "Ada" } });
  report.greet = greeting.messages[0].content.text;
  const completion = await client.complete({ ref: { type: "ref/prompt", name: "greet" }, argument: { name: "who", value: "a" } });
  report.complete = completion.completion.values;
  return report;
}
