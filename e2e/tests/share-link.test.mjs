// A plan travels as a link: whoever opens it has the same plan, and no secrets.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { story } from '../lib/story.mjs';
import { editJson } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

const permissions = ['clipboard-read', 'clipboard-write'];

story('a copied link opens the same plan, without the password in it', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { permissions });
  await at.nameField(page).fill('for my colleague');
  await editJson(page, (text) => {
    const plan = JSON.parse(text);
    plan.populations[0].accounts = {
      source: 'pattern',
      columns: { email: 'me@example.org', password: 'hunter2', name: 'Me' },
    };
    return JSON.stringify(plan, null, 2);
  });
  await at.copyLinkButton(page).click();
  const link = await until('the link', () => page.evaluate(() => navigator.clipboard.readText()));
  const opened = await world.pageIn(page.context(), link);
  assert.equal(await at.nameField(opened).inputValue(), 'for my colleague');
  await editJson(opened, (text) => {
    assert.ok(text.includes('me@example.org'), text);
    assert.ok(!text.includes('hunter2'), text);
    return text;
  });
});
