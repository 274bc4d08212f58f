// One browser carries no load and judges the others: where a whole browser is behind, its own probe cannot tell.
import assert from 'node:assert/strict';

import { join, openSwarm, ready } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { startWire } from '../lib/proxy.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const DELAY_MS = 400;

story('an observer shows that a whole browser is behind, and the verdict names both', async (world) => {
  const lab = await world.roomLab();
  // Of the two only the conductor finds the server at the end of a long wire.
  const wire = world.use(await startWire(Number(new URL(lab.url).port), { delay_ms: DELAY_MS }));
  const args = [`--host-resolver-rules=MAP localhost 127.0.0.1:${wire.port}`];
  const conductor = await world.page(lab.url, { args });
  const observer = await join(world, lab.url, await openSwarm(conductor, lab.broker));
  // Nobody types behind a question.
  await ready(conductor, 1);
  await at.browserName(observer).fill('lookout');
  await at.observeOnly(observer).check();
  await until('the conductor to know', async () => /lookout[^]*ready to observe/.test(await at.roster(conductor).innerText()));

  // Joining has no more ways to and fro than it needs: each takes its time.
  const talkative = { room_size: 8, send_min_ms: 300, send_max_ms: 600, list_rooms: false, history_pages: 0 };
  const target = { url: lab.url.replace('127.0.0.1', 'localhost') };
  const rest = { late_after_s: 1, settle_s: 1, consistency_users: 0, thresholds: ['message.round_trip p50 < 100 ms'] };
  const { verdict, health, browsers } = await swarm.play(conductor, chatPlan(target, crowd(8, 10), talkative, rest));

  const of = (name) => health.workers.filter((worker) => worker.browser === name);
  assert.ok(of('lookout').length > 0 && of('lookout').every(({ probe }) => probe), 'the observer carries no load');
  assert.ok(browsers.find(({ name }) => name === 'lookout').received > 0);
  assert.equal(verdict.outcome, 'invalid', JSON.stringify(verdict));
  const behind = verdict.reasons.find(({ what }) => what === 'behind_probe');
  assert.match(behind?.text ?? JSON.stringify(verdict), /^The conductor's browser saw messages up to \d+ ms later than the probe of lookout /);
  assert.ok(behind.value > DELAY_MS / 2, behind.text);
  // What was measured is told, too, and decides nothing.
  assert.ok(verdict.reasons.some(({ what }) => what === 'threshold_not_judged'));
  await at.verdict(conductor, 'INVALID').waitFor();
});
