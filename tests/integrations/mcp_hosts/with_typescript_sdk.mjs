// The official TypeScript SDK as a host. Its packages are those of the current directory.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/package.json`);
const imported = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${name}`)).href);
const { Client } = await imported("client/index.js");
const { StdioClientTransport } = await imported("client/stdio.js");
const { StreamableHTTPClientTransport } = await imported("client/streamableHttp.js");

const target = JSON.parse(process.argv[2]);
const transport = target.command
  ? new StdioClientTransport(target)
  : new StreamableHTTPClientTransport(new URL(target.url), { requestInit: { headers: target.headers } });
const client = new Client({ name: "own-host", version: "1.0.0" });
await client.connect(transport);

const told = [];
const call = async (name, args) => {
  const result = await client.callTool({ name, arguments: args });
  told.push(result.content[0].text);
};
await call("create_pause_request", {
  recipient: "you@example.com",
  channel: "email",
  message: "Delete 500 records?",
  options: ["Approve", "Reject"],
});
const [pauseId] = told[0].match(/psr_[0-9a-f-]{36}/);
while (told.at(-1).includes(`${pauseId}: pending.`)) {
  await call("poll_pause_request", { pause_id: pauseId, poll_number: told.length });
}
console.log(JSON.stringify({ told, said: "Done." }));
process.exit(0);
