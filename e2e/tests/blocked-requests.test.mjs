// A browser hides why a request got no answer; the page tells apart what can be told apart. That holds for its own files, too.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { launchChromium } from '../lib/chromium.mjs';
import { DIST } from '../lib/paths.mjs';
import { chatPlan, group, planOf } from '../lib/plans.mjs';
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

/** A promise that is kept from outside. */
function deferred() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((keep) => { resolve = keep; });
  return { promise, resolve };
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

story('a page whose program does not come says what happened and what to do', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const browser = world.use(await launchChromium());
  /** A page for which requests for its program are answered like this. */
  const told = async (answer, prepare) => {
    const page = await (await browser.newContext()).newPage();
    await page.route('**/app*.wasm', answer);
    await prepare?.(page);
    await page.goto(host.url, { waitUntil: 'commit' });
    return page;
  };
  const says = (page) => page.getByRole('alert').innerText();

  const blocked = await told((route) => route.abort());
  assert.match(await says(blocked), /^Tabswarm did not start[^]*could not be loaded[^]*content blocker[^]*kept are not lost/);
  assert.ok(await blocked.getByRole('button', { name: 'Load anew' }).isVisible());
  const damaged = await told((route) => route.fulfill({ contentType: 'application/wasm', body: 'no program' }));
  assert.match(await says(damaged), /cannot run its program[^]*use a current Chrome/);
  const old = await told((route) => route.continue(), (page) => page.addInitScript('delete globalThis.WebAssembly'));
  assert.match(await says(old), /cannot run its program/);

  // Nothing comes for twenty seconds, by the page's own clock; then it comes after all.
  const held = deferred();
  const asked = deferred();
  const slow = await told(
    async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    },
    (page) => page.clock.install(),
  );
  await asked.promise;
  await slow.clock.fastForward(19_000);
  assert.equal(await slow.getByRole('alert').count(), 0);
  await slow.clock.fastForward(2_000);
  assert.match(await says(slow), /^Tabswarm is still loading[^]*goes on waiting/);
  held.resolve();
  await slow.getByRole('button', { name: 'Plan', exact: true }).waitFor();
  assert.equal(await slow.getByRole('heading', { name: 'Tabswarm is still loading' }).count(), 0);
});

story('a page whose chart library does not come leaves no room for charts', async (world) => {
  const lab = await world.lab();
  const browser = world.use(await launchChromium());
  const context = await browser.newContext();
  await context.route('**/uPlot*.js', (route) => route.abort());
  const page = await world.pageIn(context, lab.url);
  await swarm.play(page, chatPlan(lab, group(2, 2)));
  await page.getByText('Charts cannot be drawn').filter({ visible: true }).waitFor();
  assert.equal(await page.locator('figure.chart').filter({ visible: true }).count(), 0);
});
