// Load goes where a person has let it go, and stops when a key is pressed.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** A name that is not this machine's, which this browser finds here all the same. */
const FAR = 'chat.test';
const args = [`--host-resolver-rules=MAP ${FAR} 127.0.0.1`];
const far = (lab) => ({ url: lab.url.replace('127.0.0.1', FAR) });

story('a host is allowed once and can be taken back; a key stops the run from anywhere', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { args, fairUse: false });
  await at.serverField(page).fill(far(lab).url);
  await at.startButton(page).first().click();
  const question = page.getByRole('dialog', { name: 'Before load starts' });
  const asked = await question.innerText();
  assert.match(asked, /chat\.test: up to [\d ]+ users at a time, [\d.]+ of them new within a second at most, for /);
  assert.match(asked, /Fair use/);
  await page.keyboard.press('Escape');
  await at.notice(page).filter({ hasText: 'Nothing was started' }).waitFor();
  assert.equal((await swarm.status(page)).phase, 'idle');

  await at.startButton(page).first().click();
  await question.getByRole('button', { name: 'Allow and start' }).click();
  await swarm.phase(page, 'ramping');
  const filter = page.getByRole('textbox').first();
  await filter.focus();
  await page.keyboard.press('Control+.');
  const { phase } = await until('the run to stop', async () => {
    const now = await swarm.status(page);
    return ['stopping', 'done'].includes(now.phase) && now;
  }, { within: 5_000, every: 50 });
  assert.ok(phase);
  await at.notice(page).filter({ hasText: 'The STOP key was pressed' }).waitFor();
  await page.keyboard.press('Control+.');
  await swarm.phase(page, 'done', { within: 10_000 }).catch((error) => assert.match(error.message, /stopped before it started/));

  await page.reload();
  await until('window.tabswarm', () => page.evaluate(() => 'tabswarm' in window));
  await page.getByRole('button', { name: 'Hosts and limits' }).click();
  const limits = page.getByRole('dialog', { name: 'Hosts and limits of this browser' });
  await limits.getByLabel('Users at a time').fill('3');
  await limits.getByRole('button', { name: 'Close' }).click();
  await at.startButton(page).first().click();
  await at.notice(page).filter({ hasText: /Not started: chat\.test would get \d+ users at a time, and this browser's limit is 3/ }).waitFor();
  await page.getByRole('button', { name: 'Hosts and limits' }).click();
  await limits.getByRole('button', { name: `Take back ${FAR}` }).click();
  await limits.getByRole('button', { name: 'Close' }).click();
  await at.startButton(page).first().click();
  assert.doesNotMatch(await question.innerText(), /Fair use/);
});

story('a script says itself where its load may go', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { args, fairUse: false });
  const plan = chatPlan(far(lab), crowd(2, 2));
  await assert.rejects(swarm.start(page, plan), /load on chat\.test has not been allowed in this browser/);
  await assert.rejects(swarm.start(page, plan, [], { allow: [FAR], caps: { users: 1 } }), /this browser's limit is 1/);
  // @ts-expect-error: a slip of the pen is what the page has to notice.
  await assert.rejects(swarm.start(page, plan, [], { alow: [FAR] }), /unknown field `alow`/);
  await swarm.start(page, plan, [], { allow: [FAR] });
  await swarm.phase(page, 'done');
  assert.ok((await swarm.report(page)).delivery.delivered > 0);
  await until('nobody to be left behind', async () => (await lab.counts()).now.connections === 0);
});
