// A plan with mistakes: each is shown where it is, all at once, and nothing starts.
import assert from 'node:assert/strict';

import { DIST } from '../lib/paths.mjs';
import * as at from '../lib/locators.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { editJson } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

story('a mistake in a field is explained beside it and in the list of problems', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  await at.serverField(page).fill('ftp://example');
  await until('the problem', () => at.problems(page).isVisible());
  assert.match(await at.problems(page).innerText(), /populations\[0\]\.variables\.target[\s\S]*ftp:\/\/example/);
  assert.equal(await at.serverField(page).getAttribute('aria-invalid'), 'true');
  assert.equal(await at.startButton(page).getAttribute('aria-disabled'), 'true');
  await at.startButton(page).click({ force: true });
  assert.equal((await swarm.status(page)).phase, 'idle');
  await at.serverField(page).fill('http://127.0.0.1:4280');
  await until('the problem to be gone', async () => !(await at.problems(page).isVisible()));
});

story('all mistakes of a plan are named at once, each with its path', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  await editJson(page, (text) => {
    const plan = JSON.parse(text);
    plan.version = 2;
    plan.populations[0].load.stages[0].target = -5;
    plan.thresholds = ['message.round_trip p95 below 3'];
    return JSON.stringify(plan, null, 2);
  });
  const paths = ['version', 'populations[0].load.stages[0].target', 'thresholds[0]'];
  await until('three problems', async () => {
    const text = await at.problems(page).innerText();
    return paths.every((path) => text.includes(path));
  });
  const shown = JSON.parse(await at.jsonEditor(page).inputValue());
  const { ok, problems } = await swarm.check(page, shown);
  assert.equal(ok, false);
  assert.deepEqual(problems.map((problem) => problem.path).toSorted(), paths.toSorted());
});

story('text that is no JSON is answered with the line', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  await editJson(page, (text) => text.replace('"version": 1,', '"version": 1'));
  await until('the problem', async () => /line \d+/.test(await at.problems(page).innerText()));
});
