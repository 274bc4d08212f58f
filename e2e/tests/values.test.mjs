// What people write arrives as they wrote it: numbers beyond 2^53, names in the encoding of a Korean spreadsheet; and a real page's
// requests ask a server of another origin once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

import * as at from '../lib/locators.mjs';
import { group, planOf } from '../lib/plans.mjs';
import { portOf } from '../lib/process.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { dropFile, editJson, seeState } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

/** A service of another origin that remembers what it was asked. */
async function startService() {
  /** @type {{OPTIONS: number, POST: number, bodies: string[]}} */
  const heard = { OPTIONS: 0, POST: 0, bodies: [] };
  const server = createServer(async (request, response) => {
    heard[request.method === 'OPTIONS' ? 'OPTIONS' : 'POST'] += 1;
    const allowed = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type', 'access-control-max-age': '600' };
    if (request.method === 'OPTIONS') return response.writeHead(204, allowed).end();
    const chunks = await request.toArray();
    heard.bodies.push(Buffer.concat(chunks).toString());
    return response.writeHead(200, { ...allowed, 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, heard, stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
}

/** Each user asks so many times and leaves; it connects nowhere that matters. */
const asking = (lab, service, times, json, variables = {}) => ({
  version: 1,
  name: 'asking',
  protocol: 'websocket',
  variables,
  connect: { url: `${lab.url.replace('http', 'ws')}/ws` },
  before: [{ repeat: times, steps: [{ http: { operation: 'rest.ask', method: 'POST', url: `${service.url}/ask`, json } }] }],
  after_flow: 'leave',
});

story('whole numbers beyond 2^53 arrive exactly, and ten requests ask for permission once', async (world) => {
  const lab = await world.lab();
  const service = world.use(await startService());
  const page = await world.page(lab.url);
  const scenario = asking(lab, service, 10, { id: '${id}' }, { id: 7 });
  const plan = JSON.stringify(planOf(scenario, group(1, 10))).replace('"id":7', '"id":9007199254740993');
  await swarm.start(page, plan);
  await swarm.phase(page, 'done');
  assert.equal(service.heard.POST, 10);
  assert.deepEqual([...new Set(service.heard.bodies)], ['{"id":9007199254740993}']);
  assert.equal(service.heard.OPTIONS, 1, 'as of a real page');
});

story('names in a Korean spreadsheet are sent as they are meant', async (world) => {
  const lab = await world.lab();
  const service = world.use(await startService());
  const page = await world.page(lab.url);
  const plan = planOf(asking(lab, service, 1, { name: '${account.name}' }), group(2, 10));
  await editJson(page, () => JSON.stringify(plan));
  await at.csvButton(page).click();
  // "email,name", then 김철수 and 이영희 in CP949, as Excel saves it there.
  const rows = ['656d61696c2c6e616d650d0a', '61406b2e746573742c', 'b1e8c3b6bcf6', '0d0a', '62406b2e746573742c', 'c0ccbfb5c8f1', '0d0a'];
  await dropFile(page, at.dropPlace(page), 'names.csv', Buffer.from(rows.join(''), 'hex'));
  await until('the file to be read', () => page.getByText(/names\.csv: 2 accounts/).isVisible());
  await at.startButton(page).click();
  await seeState(page, /done|finished/i);
  assert.deepEqual(service.heard.bodies.sort(), ['{"name":"김철수"}', '{"name":"이영희"}']);
});
