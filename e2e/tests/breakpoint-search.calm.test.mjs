// A search for the breaking point of a server whose capacity is known: one worker, 40 ms for a message, so 25 messages a second.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as checks from '../lib/checks.mjs';
import * as at from '../lib/locators.mjs';
import { ARTIFACTS } from '../lib/paths.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const SERVICE_MS = 40;
const CAPACITY = 1_000 / SERVICE_MS;

async function search(page, plan) {
  await swarm.start(page, plan);
  await page.getByText(/trying \d+.users/).waitFor({ timeout: 15_000 });
  await swarm.phase(page, 'done', { within: 80_000 });
  return swarm.report(page);
}

story('the largest number of users that a lab of a set capacity holds is found, and shown', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { viewport: { width: 1280, height: 900 } });
  // Everybody sends once a second, so the capacity in users is that in messages a second.
  const behaviour = { room_size: 10, send_min_ms: 1_000, send_max_ms: 1_000, read: 'none', reaction_share: 0 };
  const plan = chatPlan(lab, crowd(11, 80), behaviour, {
    thresholds: ['message.round_trip p95 < 500 ms'],
    search: { raise: 'users', from: 11, to: 35, step: 12, settle_s: 2, hold_s: 4, precision: 0.27 },
    verdict: { lag_ms: 200, pacing_ms: 200 },
    lab: { service_ms: SERVICE_MS },
  });
  let report = await search(page, plan);
  if (report.search.held < 0.9 * CAPACITY) {
    // Near its capacity a server takes longer than a level lasts to make up for half a second in which this machine did something else.
    console.log(`${report.search.held} users held; once more`);
    report = await search(page, plan);
  }
  const { search: found, verdict } = report;
  // That thresholds broke is what a search is for, and no failure of the run.
  assert.equal(verdict.reasons.at(-1).what, 'search', JSON.stringify(verdict));
  const levels = found.steps.map(({ level, outcome, p95 }) => `${level} ${outcome} ${p95}`).join(', ');
  assert.equal(found.ended, 'found', levels);
  checks.between(`the users that hold (${levels})`, found.held, 0.9 * CAPACITY, 1.1 * CAPACITY);
  await until('the finding', () => page.getByText(`all thresholds hold up to ${found.held}`).isVisible());
  const rows = at.table(page, 'Levels').getByRole('row');
  assert.equal(await rows.count(), found.steps.length + 1);
  assert.ok(await page.getByRole('img', { name: /message\.round_trip and errors against load/ }).isVisible());
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, 'search.png') });
});
