// Plays a workflow of n8n, as far as the recipe's nodes go: `node n8n_player.js WORKFLOW.json SETTINGS.json`.
// Prints a line of JSON for each node, as it is reached.
const { createServer } = require('http');
const { readFileSync } = require('fs');

const workflow = JSON.parse(readFileSync(process.argv[2]));
const settings = JSON.parse(readFileSync(process.argv[3]));
const output = {};
const $ = (name) => ({ first: () => output[name] });
const AsyncFunction = (async () => {}).constructor;

let wake;
const woken = new Promise((resolve) => { wake = resolve; });
const waker = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.end('{"message":"Workflow was started"}');
  const raw = Buffer.concat(chunks);
  wake({ json: { headers: request.headers, body: JSON.parse(raw) }, raw });
});

function value(text, $json) {
  if (typeof text !== 'string' || !text.startsWith('=')) return text;
  const $execution = { id: '7', resumeUrl: `http://127.0.0.1:${waker.address().port}/webhook-waiting/7?signature=1` };
  const of = (code) => new Function('$', '$json', '$execution', `return (${code})`)($, $json, $execution);
  const whole = /^=\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text);
  return whole ? of(whole[1]) : text.slice(1).replace(/\{\{(.*?)\}\}/gs, (_, code) => of(code));
}

const kinds = {
  manualTrigger: () => ({ json: {} }),
  noOp: (_, input) => input,
  set: ({ assignments }) => ({
    json: Object.fromEntries(assignments.assignments.map(({ name, value }) => [name, settings[name] ?? value])),
  }),
  async httpRequest(given, { json }) {
    const headers = { Authorization: `Bearer ${settings.key}`, 'Content-Type': 'application/json' };
    for (const { name, value: text } of given.headerParameters?.parameters ?? []) headers[name] = value(text, json);
    const answer = await fetch(value(given.url, json), {
      method: given.method ?? 'GET', headers, body: value(given.jsonBody, json),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return { json: await answer.json() };
  },
  wait: () => woken,
  if({ conditions }, input) {
    const holds = ({ leftValue, rightValue }) => value(leftValue, input.json) === rightValue;
    return { ...input, way: conditions.conditions.every(holds) ? 0 : 1 };
  },
  async code({ jsCode }, input) {
    const self = { helpers: { getBinaryDataBuffer: async () => input.raw } };
    const run = new AsyncFunction('$', '$input', 'require', jsCode);
    return (await run.call(self, $, { first: () => input }, require))[0];
  },
};

async function play() {
  let name = workflow.nodes.find((node) => node.type.endsWith('Trigger')).name;
  let input = { json: {} };
  while (name) {
    const node = workflow.nodes.find((each) => each.name === name);
    input = await kinds[node.type.split('.')[1]](node.parameters, input);
    output[name] = input;
    console.log(JSON.stringify({ node: name, json: input.json }));
    name = workflow.connections[name]?.main[input.way ?? 0][0].node;
    delete input.way;
  }
}

waker.listen(0, '127.0.0.1', () =>
  play().then(() => process.exit(0), (error) => { console.log(JSON.stringify({ error: error.message })); process.exit(1); }),
);
