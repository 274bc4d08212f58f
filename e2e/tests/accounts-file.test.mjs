// Accounts from a file that is dropped into the page.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { dropFile, editJson, seeState } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 6;

/** So many accounts that no pattern would make. */
const csv = (rows) =>
  ['email,password,name', ...Array.from({ length: rows }, (_, n) => `row${n}@file.test,"pass, word ${n}",Row ${n}`)].join('\n');

story('a dropped file serves each user its own row, and too few rows are told before the start', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const behaviour = { room_size: USERS, send_min_ms: 500, send_max_ms: 1_000 };
  await editJson(page, () => JSON.stringify(chatPlan(lab, crowd(USERS, 5), behaviour)));
  await at.csvButton(page).click();
  await dropFile(page, at.dropPlace(page), 'few.csv', csv(USERS - 2));
  await until('the file to be read', () => page.getByText(/few\.csv: 4 accounts/).isVisible());
  // Six users and the run's own, which makes the room.
  await until('the problem', async () => /few|rows|accounts/i.test(await at.problems(page).innerText()));
  assert.match(await at.problems(page).innerText(), /7.*4|4.*7/);
  assert.equal(await at.startButton(page).getAttribute('aria-disabled'), 'true');

  await dropFile(page, at.dropPlace(page), 'enough.csv', csv(USERS + 1));
  await until('the file to be read', () => page.getByText(/enough\.csv: 7 accounts/).isVisible());
  await at.startButton(page).click();
  await seeState(page, /done|finished/i);
  const report = await swarm.report(page);
  checks.noErrors(report);
  const { users } = await lab.counts({ users: true });
  assert.deepEqual(Object.keys(users), Array.from({ length: USERS + 1 }, (_, n) => `row${n}@file.test`));
  assert.ok(!JSON.stringify(report).includes('file.test'), 'a report holds no accounts');
});
