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
  const plan = planOf('ktb-chat', crowd(10, seconds), { name });
  plan.populations[0].variables = { target: lab.url, room_size: 10, send_min_ms: 300, send_max_ms: 600 };
  return plan;
}

/** Waits until the run is so old; answers with its age and what the lab has accepted by then. */
async function grownTo(page, lab, seconds) {
  let age;
  await until(`${seconds} s of the run`, async () => (age = (await swarm.status(page)).elapsed_s) >= seconds, { every: 50 });
  return { age, accepted: (await lab.counts()).messages.accepted };
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

function lessThanASecondIsLost(report, { age, accepted }) {
  assert.ok(report.duration_s >= age - 1, `${report.duration_s} s of ${age} s are kept`);
  assert.match(report.problem, /the page was closed after \d/);
  // Ten users who send every 0.45 s: 22 messages in a second.
  assert.ok(report.delivery.sent >= accepted - 30, `${report.delivery.sent} messages of ${accepted} are kept`);
  assert.ok(report.delivery.arrived > 0 && report.metrics.some(({ name }) => name === 'message.round_trip'));
}

story('a run whose page is loaded anew is kept up to its last second', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  page.on('dialog', (dialog) => dialog.accept());
  await swarm.start(page, talk(lab, 60, 'reloaded'));
  const before = await grownTo(page, lab, 5);
  await page.reload();
  lessThanASecondIsLost(await onlyRun(page), before);
  await page.getByRole('button', { name: 'reloaded', exact: true }).click();
  await at.canvas(page, 'Latency').waitFor();
  assert.match(await page.getByRole('region', { name: 'The run' }).innerText(), /the page was closed after/);
});

story('a run whose page is killed is kept, and one of a living tab is left alone', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const context = page.context();
  await swarm.start(page, talk(lab, 60, 'killed'));
  await grownTo(page, lab, 3);
  // Another tab looks at the results while this one plays: nothing is broken off yet.
  const other = await world.pageIn(context, lab.url);
  await at.resultsTab(other).click();
  const before = await grownTo(page, lab, 6);
  assert.equal(await at.keptRuns(other).count(), 0);
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  const devtools = await context.newCDPSession(page);
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  world.pages.splice(world.pages.indexOf(page), 1);
  // The other tab takes it up as soon as nobody plays it any more.
  lessThanASecondIsLost(await onlyRun(other), before);
});
