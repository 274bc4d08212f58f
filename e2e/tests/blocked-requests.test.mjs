// A browser hides why a request got no answer; the page tells apart what can be told apart.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { DIST } from '../lib/paths.mjs';
import { group, planOf } from '../lib/plans.mjs';
import { freePort, portOf } from '../lib/process.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

/** A server of another origin than the page. */
async function startServer(world, answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.use({ stop: () => server.close(() => {}) && server.closeAllConnections() });
  return `http://127.0.0.1:${portOf(server)}`;
}

/** One user that asks once and is done. */
const asking = (url) => ({
  version: 1,
  name: 'asking',
  protocol: 'socketio',
  before: [{ http: { operation: 'rest.ask', url: `${url}/ask`, timeout_s: 1, required: true } }],
  connect: { url, reconnect: 'none' },
  flow: [],
});

async function errorsOf(page, url) {
  const report = await swarm.play(page, planOf(asking(url), group(1, 4)));
  const errors = report.errors.map(({ operation, code, sample }) => ({ operation, code, sample }));
  // What was asked and what came of it is the evidence.
  const [request, response] = report.evidence[0].frames;
  assert.deepEqual([request.way, request.text], ['request', `GET ${url}/ask`]);
  assert.equal(response.way, 'response');
  assert.match(response.text, new RegExp(`^${errors[0].code} after [\\d.]+ ms, GET ${url}/ask ${errors[0].sample.replaceAll('.', '\\.')}`));
  return errors;
}

story('a request without an answer says why', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  const asked = [];
  const closed = await startServer(world, (request, response) => {
    asked.push(request.method);
    response.end('{}');
  });
  const silent = await startServer(world, () => {});
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const own = new URL(host.url).origin;

  const [cors] = await errorsOf(page, closed);
  assert.deepEqual(cors, {
    operation: 'rest.ask',
    code: 'cors',
    sample: `${closed} answers, but does not allow pages from ${own}`,
  });
  assert.deepEqual(asked, ['GET', 'HEAD'], 'one question, and one to find out why');
  const [refused] = await errorsOf(page, nobody);
  assert.equal(refused.code, 'unreachable');
  const [late] = await errorsOf(page, silent);
  assert.deepEqual(late, { operation: 'rest.ask', code: 'timeout', sample: 'no answer within 1 s' });
});
