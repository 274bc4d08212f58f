// A search for the breaking point of a server whose capacity is known: one worker, 40 ms for a message, so 25 messages a second.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as at from '../lib/locators.mjs';
import { ARTIFACTS } from '../lib/paths.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const SERVICE_MS = 40;

story('the largest number of users that a lab of a set capacity holds is found, and shown', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { viewport: { width: 1280, height: 900 } });
  // Everybody sends once a second, so the capacity in users is that in messages a second.
  const behaviour = { room_size: 10, send_min_ms: 1_000, send_max_ms: 1_000, read: 'none', reaction_share: 0 };
  const plan = chatPlan(lab, crowd(10, 80), behaviour, {
    thresholds: ['message.round_trip p95 < 500 ms'],
    // Far enough from the capacity on both sides: that it comes within a tenth of it is told by tests without a clock.
    search: { raise: 'users', from: 10, to: 30, step: 20, settle_s: 2, hold_s: 4, precision: 0.5 },
    verdict: { lag_ms: 200, pacing_ms: 200 },
    lab: { service_ms: SERVICE_MS },
  });
  await swarm.start(page, plan);
  await page.getByText(/trying \d+.users/).waitFor({ timeout: 15_000 });
  await swarm.phase(page, 'done', { within: 80_000 });
  const { search, verdict } = await swarm.report(page);
  // That thresholds broke is what a search is for, and no failure of the run.
  assert.equal(verdict.reasons.at(-1).what, 'search', JSON.stringify(verdict));
  const levels = search.steps.map(({ level, outcome, p95 }) => `${level} ${outcome} ${p95}`).join(', ');
  assert.equal(search.ended, 'found', levels);
  const capacity = 1_000 / SERVICE_MS;
  assert.ok(search.held < capacity && capacity < search.broke && search.broke - search.held <= 10, levels);
  await until('the finding', () => page.getByText(`all thresholds hold up to ${search.held}`).isVisible());
  const rows = at.table(page, 'Levels').getByRole('row');
  assert.equal(await rows.count(), search.steps.length + 1);
  assert.ok(await page.getByRole('img', { name: /message\.round_trip and errors against load/ }).isVisible());
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, 'search.png') });
});
