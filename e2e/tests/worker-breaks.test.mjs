// A worker that breaks takes its users with it, and the run says so.
import assert from 'node:assert/strict';

import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

story('a run goes on without a worker that broke, and its report says so', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  await swarm.start(page, chatPlan(lab, crowd(6, 10)));
  await swarm.everybody(page, 6);
  // The first worker carries load, the last one is the probe.
  const [broken] = page.workers();
  await broken.evaluate(() => void setTimeout(() => { throw new Error('broken by the story'); }));
  await until('the loss', async () => (await swarm.status(page)).problem, { within: 5_000 });
  const { phase, users, problem } = await swarm.status(page);
  assert.match(problem ?? '', /^worker 1 of \d+ broke after [\d.]+ s and took \d+ users with it: .*broken by the story/);
  assert.equal(users.active + users.failed, 6);
  assert.ok(users.active >= 1, 'the probe at least lives on');
  assert.notEqual(phase, 'done');
  await until('the end', async () => (await swarm.status(page)).phase === 'done', { within: 40_000 });
  assert.equal((await swarm.report(page)).problem, problem);
  // The browser reports the story's own error to the page as well.
  page.problems.length = 0;
});

story('a worker that hangs is noticed, its users are not counted, and Stop does not wait for it', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  await swarm.start(page, chatPlan(lab, crowd(6, 60)));
  await swarm.everybody(page, 6);
  const hang = (worker, ms) =>
    worker.evaluate((ms) => void setTimeout(() => { for (const until = Date.now() + ms; Date.now() < until; ); }), ms);
  const verdict = async () => (await swarm.status(page)).verdict;
  const isSilent = async () => (await verdict())?.reasons.some(({ text }) => /worker 1 of \d+ is silent since [\d.]+ s/.test(text));
  const [hung] = page.workers();
  await hang(hung, 4_000);
  await until('the silence to be said', isSilent, { within: 4_500 });
  const { users } = await swarm.status(page);
  assert.ok(users.active >= 1 && users.active < 6, 'only who is heard is counted');
  await swarm.everybody(page, 6);
  assert.equal((await swarm.status(page)).problem ?? null, null, 'nothing is lost');
  await hang(hung, 600_000);
  await until('the silence to be said', isSilent, { within: 4_500 });
  const stopped = performance.now();
  await swarm.stop(page);
  await until('the end', async () => (await swarm.status(page)).phase === 'done', { within: 15_000 });
  console.log(`over ${((performance.now() - stopped) / 1_000).toFixed(1)} s after Stop`);
  const report = await swarm.report(page);
  assert.match(report.problem, /^worker 1 of \d+ is silent since [\d.]+ s: the results lack its part from then on/);
  assert.equal(report.verdict.outcome, 'invalid');
});
