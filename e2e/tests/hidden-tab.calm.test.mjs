// A person who looks at another tab does not slow the load down.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { launchThrottlingChromium } from '../lib/chromium.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

story('a hidden tab sends as many messages a second as a visible one', async (world) => {
  const lab = await world.lab();
  const { context } = world.use(await launchThrottlingChromium());
  const page = await world.pageIn(context, lab.url);
  const [users, interval_ms] = [20, 500];
  const behaviour = { room_size: 5, send_min_ms: interval_ms, send_max_ms: interval_ms, read: 'none', reaction_share: 0 };
  await swarm.start(page, chatPlan(lab, crowd(users, 300), behaviour, { settle_s: 1 }));
  await swarm.everybody(page, users);
  const other = await context.newPage();
  await other.bringToFront();
  await until('the page to be hidden', () => page.evaluate(() => document.visibilityState === 'hidden'));
  const seconds = await secondsForMessages(lab, 10 * users * (1_000 / interval_ms));
  await page.bringToFront();
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  checks.noErrors(report);
  assert.equal(report.delivery.missing, 0);
  checks.between('seconds for ten seconds of messages', seconds, 9, 11);
});

/** How long the lab takes to receive so many more messages. */
async function secondsForMessages(lab, count) {
  const accepted = async () => (await lab.counts()).messages.accepted;
  const before = await accepted();
  const from = performance.now();
  await until(`${count} messages`, async () => (await accepted()) >= before + count, { within: 60_000, every: 20 });
  return (performance.now() - from) / 1_000;
}
