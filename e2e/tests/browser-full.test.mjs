// A plan for more users than one browser has sockets: the browser is to blame, and no server.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

story('a plan beyond what a browser can hold says within five seconds that it is full, and blames no server', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const quiet = { room_size: 10, send_min_ms: 60_000, send_max_ms: 60_000 };
  await swarm.start(page, chatPlan(lab, crowd(260, 40), quiet));
  let openSince;
  const reason = await until('the browser to be full', async () => {
    const { users, verdict } = await swarm.status(page);
    if (users.connected >= 254) openSince ??= Date.now();
    return verdict?.reasons.find(({ what }) => what === 'browser_full');
  }, { within: 60_000, every: 100 });
  assert.ok(openSince, 'all its sockets were open before');
  assert.ok(Date.now() - openSince < 5_000, `${Date.now() - openSince} ms after the last one opened`);
  assert.match(reason.text, /full at 254 sockets/);
  await at.verdict(page, 'INVALID so far').waitFor();
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  assert.equal(report.verdict.outcome, 'invalid');
  assert.deepEqual(report.errors.filter((error) => error.operation === 'connect'), []);
});
