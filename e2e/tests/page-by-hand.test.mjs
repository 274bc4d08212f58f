// What a stranger does first: open the URL, press Start, look.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as checks from '../lib/checks.mjs';
import * as at from '../lib/locators.mjs';
import { ARTIFACTS } from '../lib/paths.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { chooseColours, seeState, tabTo } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

const SIZE = { viewport: { width: 1280, height: 900 } };

story('the plan that is filled in only needs Start', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  assert.equal(await at.serverField(page).inputValue(), lab.url);
  await at.startButton(page).click();
  await seeState(page, /ramping|holding/i);
  await until('messages', async () => (await swarm.status(page)).received > 500, { within: 60_000 });
  const charts = page.getByRole('region', { name: 'Charts' }).locator('figure');
  // By themselves, with nobody scrolling: seconds of the newest point of the charts in view.
  const drawn = async (nth) => Number(/Time:?\s*0:(\d\d)/.exec((await charts.nth(nth).locator('.u-legend').textContent()) ?? '')?.[1]);
  for (const nth of [0, 1, 2]) await until(`chart ${nth} to follow the run`, async () => (await drawn(nth)) >= 4);
  await mkdir(ARTIFACTS, { recursive: true });
  for (const colours of ['Light', 'Dark']) {
    await chooseColours(page, colours);
    await page.screenshot({ path: join(ARTIFACTS, `run-${colours.toLowerCase()}.png`) });
  }
  await at.stopButton(page).click();
  await seeState(page, /done|finished/i);
  const report = await swarm.report(page);
  checks.noErrors(report);
  const counters = at.table(page, 'Counters');
  for (const name of ['bytes.in', 'reconnects', 'timers.skipped', 'events.in.message']) {
    assert.ok(await counters.getByRole('rowheader', { name, exact: true }).isVisible(), name);
  }
  assert.ok(report.delivery.delivered > 0);
});

story('a run is started and stopped with the keyboard alone', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await tabTo(page, at.startButton(page));
  await page.keyboard.press('Enter');
  await until('users', async () => (await swarm.status(page)).users.active > 0);
  await tabTo(page, at.stopButton(page));
  await page.keyboard.press('Enter');
  await seeState(page, /done|finished/i);
});
