// What the numbers are worth: a generator that is itself the bottleneck is no server that fails.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const TALKATIVE = { room_size: 5, send_min_ms: 300, send_max_ms: 600 };
const SLOW = {
  lab: { latency_ms: 100 },
  thresholds: ['message.round_trip p50 < 50 ms'],
  settle_s: 1,
  // What the machine does besides is neither here nor there, and what a probe sees is another story.
  verdict: { lag_ms: 200, pacing_ms: 200, behind_ms: 2_000 },
};
/** So long the worker stands still at once. */
const STARVE_MS = 500;

story('a starved generator beside a healthy server is INVALID, and a slow server without starvation is a FAIL', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const plan = chatPlan(lab, crowd(10, 9), TALKATIVE, SLOW);

  const healthy = chatPlan(lab, crowd(10, 9), TALKATIVE, { ...SLOW, lab: { latency_ms: 0 } });
  const starved = await swarm.play(page, healthy, { permission: { starve_ms: STARVE_MS } });
  assert.equal(starved.verdict.outcome, 'invalid', JSON.stringify(starved.verdict));
  const kinds = starved.verdict.reasons.map((reason) => reason.what);
  // Timers were late, and with them what users had to do; which of the two is worse is a matter of milliseconds.
  assert.ok(kinds.some((kind) => ['worker_lag', 'pacing_error'].includes(kind)), kinds.join());
  assert.ok(kinds.includes('threshold_not_judged') && !kinds.includes('behind_probe'), kinds.join());
  await at.verdict(page, 'INVALID').waitFor();
  // The charts say which seconds that were, on the page and in a saved one.
  await at.canvas(page, 'Latency').first().scrollIntoViewIfNeeded();
  await at.suspectKeys(page).first().waitFor();
  assert.match(await swarm.reportAs(page, 'html'), /"suspect":\[\[\d/);

  const slow = await swarm.play(page, plan);
  assert.equal(slow.verdict.outcome, 'fail', JSON.stringify(slow.verdict));
  assert.equal(slow.verdict.reasons[0].what, 'threshold_failed');
  await at.verdict(page, 'FAIL').waitFor();
});
