// A run saved as one page: it works from disk without a network, and says what the run page and report.json say.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as hdr from 'hdr-histogram-js';

import { audit } from '../lib/audit.mjs';
import { openFromDisk } from '../lib/disk.mjs';
import * as at from '../lib/locators.mjs';
import { ARTIFACTS } from '../lib/paths.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const SIZE = { viewport: { width: 1280, height: 900 } };
const TABLES = ['Operations', 'Messages', 'Deliveries', 'Workers', 'Counters'];

story('a report opened from disk without a network shows the run as its page did', async (world) => {
  await mkdir(ARTIFACTS, { recursive: true });
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await audit(page, 'the plan page');
  const plan = planOf('ktb-chat', crowd(8, 8), { name: 'a <b>bold</b> plan', warmup_s: 1, thresholds: ['delivery.missing == 0', 'message.round_trip p50 < 0.001 ms'] });
  plan.populations[0].variables = { target: lab.url };
  const report = await swarm.play(page, plan);
  await audit(page, 'the run page');
  const file = await save(page, 'Report (HTML)');
  const shown = await tables(page);
  checkHistograms(report);
  await checkFormats(page);

  const reader = await openFromDisk(world, file, SIZE);
  assert.ok(!(await readFile(file, 'utf8')).includes('<b>bold'), 'a plan is shown as text');
  assert.deepEqual(JSON.parse(await reader.locator('#tabswarm-report').textContent()), report);
  assert.deepEqual(await tables(reader), shown);
  await checkOperations(reader, report);
  await checkCharts(reader, report);
  await checkLooks(reader);
  assert.deepEqual(reader.problems, []);
});

/** With a library of another author, in another language. */
function checkHistograms(report) {
  const lags = report.health.workers.filter((worker) => worker.lag).map(({ lag, lag_histogram }) => ({ name: 'lag', ...lag, histogram: lag_histogram }));
  assert.ok(report.metrics.length > 5 && lags.length > 0);
  for (const entry of [...report.metrics, ...lags]) {
    const decoded = hdr.decodeFromCompressedBase64(entry.histogram);
    assert.equal(decoded.totalCount, entry.count, entry.name);
    const percentiles = { p50: 50, p75: 75, p90: 90, p95: 95, p99: 99, p999: 99.9 };
    for (const [field, percentile] of Object.entries(percentiles)) {
      // A bucket's upper end can be above the exact maximum, which a report knows.
      const bounded = Math.min(Math.max(decoded.getValueAtPercentile(percentile) / 1e3, entry.min), entry.max);
      assert.equal(bounded, entry[field], `${field} of ${entry.name}`);
    }
  }
}

async function checkFormats(page) {
  for (const format of ['csv', 'junit', 'k6', 'openmetrics']) {
    const text = await swarm.reportAs(page, format);
    assert.ok(/message.round_trip/.test(text), format);
  }
  const problem = await swarm.reportAs(page, 'pdf').catch((error) => error.message);
  assert.match(problem, /there is no format "pdf", expected one of html, /);
}

/** Saves the run as a person does. */
async function save(page, format) {
  await page.getByRole('button', { name: 'Save…' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: format, exact: true }).click()]);
  assert.match(download.suggestedFilename(), /^tabswarm-[0-9a-z]{3}\.html$/);
  const file = join(ARTIFACTS, 'report.html');
  await download.saveAs(file);
  return file;
}

/** What stands in the tables that both show. */
async function tables(page) {
  const read = async (name) => [name, await at.table(page, name).first().locator('tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)))];
  return Object.fromEntries(await Promise.all(TABLES.map(read)));
}

/** Numbers as people read them have three digits; the file behind them has all. */
async function checkOperations(page, report) {
  const rows = (await tables(page)).Operations;
  const columns = { p50: 'p50', p95: 'p95', p99: 'p99', max: 'max' };
  let compared = 0;
  for (const entry of report.metrics) {
    const row = rows.find(([name]) => name === entry.name);
    if (!row) continue;
    assert.equal(Number(row[1].replaceAll(',', '')), entry.count, entry.name);
    for (const [title, field] of Object.entries(columns)) {
      const text = row[rows[0].indexOf(title)];
      const [number, unit] = text.replaceAll(',', '').split('\u00a0');
      const ms = Number(number) * { µs: 1e-3, ms: 1, s: 1e3 }[unit];
      assert.ok(Math.abs(ms - entry[field]) <= entry[field] * 0.006, `${entry.name} ${title}: ${text} for ${entry[field]}`);
      compared += 1;
    }
  }
  assert.ok(compared > 20, `${compared} numbers were compared`);
}

async function checkCharts(page, report) {
  const figures = page.locator('figure[data-chart]');
  const drawn = page.locator('figure[data-chart] .uplot canvas');
  assert.equal(await drawn.count(), await figures.count());
  const { seconds, charts } = JSON.parse(await page.locator('#tabswarm-charts').textContent());
  const titles = await figures.locator('h2').allTextContents();
  const [sent] = charts[titles.indexOf('Messages per second')].views[0];
  const whole = report.series.values['delivery.sent'].slice(0, -1);
  assert.deepEqual(sent.values.slice(0, whole.length), whole);
  assert.equal(seconds.length, report.series.values['delivery.sent'].length);
  // Another metric is drawn when it is chosen.
  const latency = figures.filter({ hasText: 'Latency' });
  const names = await latency.locator('option').allTextContents();
  await latency.locator('select').selectOption(String(names.indexOf('connect')));
  const chosen = charts[titles.indexOf('Latency')].views[names.indexOf('connect')];
  assert.deepEqual(chosen.find((line) => line.label === 'p95').values, report.series.metrics.connect.p95);
  assert.equal(await latency.locator('canvas').count(), 1);
}

async function checkLooks(page) {
  for (const scheme of ['light', 'dark']) {
    // Colours that are still changing are those of neither scheme.
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await audit(page, `the report, ${scheme}`);
    await page.screenshot({ path: join(ARTIFACTS, `report-${scheme}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} px wide on a phone`);
  await page.screenshot({ path: join(ARTIFACTS, 'report-phone.png'), fullPage: true });
  await page.setViewportSize(SIZE.viewport);
  await page.pdf({ path: join(ARTIFACTS, 'report.pdf'), preferCSSPageSize: true });
}
