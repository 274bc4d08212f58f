// A run outlives its page: reloaded, killed or closed in the middle, it is in the results, and less than a second of it is missing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** Ten users who talk. */
function talk(lab, seconds, name) {
  const plan = planOf('ktb-chat', crowd(10, seconds), { name, thresholds: ['message.round_trip p95 < 30 s'] });
  plan.populations[0].variables = { target: lab.url, room_size: 10, send_min_ms: 300, send_max_ms: 600 };
  return plan;
}

/** Waits until the run is so old; answers with what the page says of it. */
const grownTo = (page, seconds) =>
  until(`${seconds} s of the run`, async () => {
    const now = await swarm.status(page);
    return now.elapsed_s >= seconds && now;
  }, { within: 30_000 });

/** What the page said of the run when it was so old, once that is a second ago. */
async function aSecondAgo(page, seconds) {
  const then = await grownTo(page, seconds);
  await grownTo(page, then.elapsed_s + 1);
  return then;
}

/** The only kept run, by its report, once it is there. */
async function onlyRun(page) {
  await at.resultsTab(page).click();
  await until('the run in the results', async () => (await at.keptRuns(page).count()) === 1);
  const [download] = await Promise.all([page.waitForEvent('download'), at.exportButton(page).click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  assert.equal(lines.length, 2);
  return JSON.parse(lines[1]).report;
}

/** What the page said a second before its end is kept, all of it. */
function lessThanASecondIsLost(report, then) {
  assert.match(report.problem, /cut off at \d/);
  assert.equal(report.verdict.outcome, 'invalid');
  const outcomes = report.thresholds.map(({ outcome }) => outcome);
  assert.ok(outcomes.length === 5 && outcomes.every((outcome) => ['invalid', 'not_measured'].includes(outcome)), `nobody knows the rest: ${outcomes}`);
  const kept = { elapsed_s: report.duration_s, sent: report.delivery.sent, received: report.delivery.arrived };
  for (const [what, value] of Object.entries(kept)) {
    assert.ok(then[what] > 0 && value >= then[what], `${what}: ${value} of ${then[what]} is kept`);
  }
  assert.ok(report.metrics.some(({ name }) => name === 'message.round_trip'));
}

story('a run whose page is loaded anew is kept up to its last second', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  page.on('dialog', (dialog) => dialog.accept());
  await swarm.start(page, talk(lab, 180, 'reloaded'));
  const then = await aSecondAgo(page, 5);
  await page.reload();
  lessThanASecondIsLost(await onlyRun(page), then);
  await page.getByRole('button', { name: 'reloaded', exact: true }).click();
  await at.canvas(page, 'Latency').waitFor();
  assert.match(await page.getByRole('region', { name: 'The run' }).innerText(), /cut off at \d/);
});

story('a run whose page is killed is kept, and one of a living tab is left alone', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const context = page.context();
  await swarm.start(page, talk(lab, 180, 'killed'));
  await grownTo(page, 3);
  // Another tab looks at the results while this one plays: nothing is broken off yet.
  const other = await world.pageIn(context, lab.url);
  await at.resultsTab(other).click();
  const then = await aSecondAgo(page, 6);
  assert.equal(await at.keptRuns(other).count(), 0);
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  const devtools = await context.newCDPSession(page);
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  world.pages.splice(world.pages.indexOf(page), 1);
  // The other tab takes it up as soon as nobody plays it any more.
  lessThanASecondIsLost(await onlyRun(other), then);
});
