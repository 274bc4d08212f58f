// Nothing is lost by a slip: leaving the page during a run asks first.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

story('leaving during a run asks; staying keeps the run, and afterwards nothing asks', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const asked = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    return dialog.dismiss();
  });
  await at.startButton(page).click();
  await until('users', async () => (await swarm.status(page)).users.active > 0);
  await page.close({ runBeforeUnload: true });
  await until('the question', () => asked.length > 0);
  assert.deepEqual(asked, ['beforeunload']);
  const { phase } = await swarm.status(page);
  assert.ok(['ramping', 'holding'].includes(phase), phase);
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const closed = new Promise((resolve) => page.once('close', resolve));
  await page.close({ runBeforeUnload: true });
  await closed;
  assert.deepEqual(asked, ['beforeunload']);
});
