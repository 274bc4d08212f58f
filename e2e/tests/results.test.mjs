// A person's work with results: name, note, pin, delete, carry away, bring back, hold against each other.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** Ten users who talk for nine seconds. */
function talk(lab, thresholds = []) {
  const plan = planOf('ktb-chat', crowd(10, 9), { name: 'evening', thresholds });
  plan.populations[0].variables = { target: lab.url, room_size: 10, send_min_ms: 800, send_max_ms: 1_200 };
  return plan;
}

const act = (page, name, what) => at.keptRun(page, name).getByRole('button', { name: `${what} ${name}`, exact: true });

async function carryAway(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), at.exportButton(page).click()]);
  return readFile(await download.path(), 'utf8');
}

async function rename(page, from, to, note) {
  await act(page, from, 'Rename or note').click();
  await page.getByLabel('Name', { exact: true }).filter({ visible: true }).fill(to);
  await page.getByLabel('Note', { exact: true }).filter({ visible: true }).fill(note);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await at.keptRun(page, to).waitFor();
}

story('two runs are named, pinned, compared, carried to another browser and judged against each other', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const fast = await swarm.play(page, talk(lab));
  await at.resultsTab(page).click();
  await at.keptRun(page, 'evening').waitFor();
  await rename(page, 'evening', 'before', 'cold <b>cache</b>');
  assert.match(await at.keptRun(page, 'before').innerText(), /cold <b>cache<\/b>/);
  await act(page, 'before', 'Pin').click();
  await act(page, 'before', 'Baseline').click();

  // A server that is slower than it was, by more than this machine stalled: thresholds compare with the pinned baseline, and break.
  await lab.setFaults({ latency_ms: 1_000 + Math.ceil(2 * metric(fast, 'message.round_trip').p50) });
  const slow = await swarm.play(page, talk(lab, ['message.round_trip p50 <= baseline + 10%', 'errors == 0']));
  const [against] = slow.thresholds;
  assert.equal(against.ok, false);
  assert.equal(against.baseline.run, 'before');
  assert.equal(against.baseline.value, metric(fast, 'message.round_trip').p50);

  // What the page has kept is there after a reload, charts included.
  await page.reload();
  await at.resultsTab(page).click();
  await until('both runs', async () => (await at.keptRuns(page).count()) === 2);
  assert.equal(await act(page, 'before', 'Pin').getAttribute('aria-pressed'), 'true');

  await page.getByRole('checkbox', { name: 'Compare before' }).check();
  await page.getByRole('checkbox', { name: 'Compare evening' }).check();
  await at.compareButton(page).click();
  const latency = page.getByRole('region', { name: 'Latency, table' });
  const line = latency.getByRole('row').filter({ hasText: 'message.round_trip p50' });
  await line.waitFor();
  // What is found depends on how calm this machine was; simulated runs show on the host that it is right.
  const [, first, second, , finding] = (await line.innerText()).split('\t');
  const UNITS = { µs: 1e-3, ms: 1, s: 1e3 };
  const millis = (text) => parseFloat(text) * UNITS[text.split(/\s/)[1]];
  for (const [shown, report] of [[first, fast], [second, slow]]) {
    const { p50 } = metric(report, 'message.round_trip');
    assert.ok(Math.abs(millis(shown) / p50 - 1) < 0.006, `${shown} is shown for ${p50} ms`);
  }
  assert.match(finding, /^(worse|unsure|no difference shown|too little to tell)$/);
  assert.match(await page.getByRole('region', { name: 'Plans, table' }).innerText(), /thresholds/);
  await at.canvas(page, 'Latency, p95').waitFor();
  await page.getByRole('button', { name: 'All results' }).filter({ visible: true }).click();

  // Deleted by mistake, and brought back.
  await act(page, 'evening', 'Delete').click();
  await until('one run less', async () => (await at.keptRuns(page).count()) === 1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('both runs again', async () => (await at.keptRuns(page).count()) === 2);

  // To another browser, with a line that was damaged on the way; a second time nothing is new.
  const [head, ...lines] = (await carryAway(page)).trim().split('\n');
  assert.equal(lines.length, 2);
  const file = join(tmpdir(), `tabswarm-results-${process.pid}.jsonl`);
  await writeFile(file, [head, lines[0], lines[1].slice(0, 2_000), lines[1], ''].join('\n'));
  const elsewhere = await world.page(lab.url);
  await at.resultsTab(elsewhere).click();
  for (const told of [/2 runs imported/, /0 runs imported. 2 were already here/]) {
    await at.resultFiles(elsewhere).setInputFiles(file);
    await until(`the notice ${told}`, async () => told.test(await at.notice(elsewhere).innerText()));
    assert.match(await elsewhere.locator('.unread').innerText(), /line 3: /);
    await until('both runs elsewhere', async () => (await at.keptRuns(elsewhere).count()) === 2);
  }
  const again = (await carryAway(elsewhere)).trim().split('\n').map((text) => JSON.parse(text));
  assert.deepEqual(again.slice(1), lines.map((text) => JSON.parse(text)));
});
