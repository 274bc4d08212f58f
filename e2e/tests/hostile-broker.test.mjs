// A broker is a stranger: whatever it says, and whatever breaks, a browser's link comes back and the swarm goes on.
import assert from 'node:assert/strict';

import { bothSidesCountTheSame, gather, LIVELY, over, swarmOf } from '../lib/gather.mjs';
import { QUALITY_2_WITHOUT_A_NUMBER, startHostileBroker } from '../lib/hostile-broker.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 8;

story('fourteen bytes of a broker, and a link that breaks: the page starts anew, and the swarm goes on', async (world) => {
  const [broker, lab] = [world.use(await startHostileBroker()), await world.lab()];
  const { conductor, generators } = await gather(world, lab.url, broker.url, 1);
  const pages = [conductor, ...generators];
  const bothConnected = async () => (await Promise.all(pages.map(swarmOf))).every(({ connected }) => connected);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 1, 60), LIVELY));
  await swarm.everybody(conductor, USERS);

  const before = broker.connections();
  broker.say(QUALITY_2_WITHOUT_A_NUMBER);
  await until('both links to come back', async () => broker.connections() >= before + 2 && (await bothConnected()));

  // Any other death of a link's worker: this one is the generator's.
  for (const worker of generators[0].workers()) {
    await worker.evaluate(() => void (self.name === 'tabswarm link' && setTimeout(() => { throw new Error('broken by the story'); })));
  }
  await until('the page to say that a new link was started', async () => {
    const { connected, problem } = await swarmOf(generators[0]);
    return connected && /^the link broke: .*broken by the story.*; a new one was started$/.test(problem ?? '');
  });

  const { elapsed_s } = await swarm.status(conductor);
  await until('the run to go on', async () => (await swarm.status(conductor)).elapsed_s >= elapsed_s + 2);
  await swarm.stop(conductor);
  await over(conductor);
  const report = await swarm.report(conductor);
  await bothSidesCountTheSame(lab, report);
  assert.equal(report.browsers.length, 2);
  for (const { name, sent } of report.browsers) assert.ok(sent > 0, `${name} played`);
  // The browser reports the story's own error to the page as well.
  pages.forEach((page) => (page.problems.length = 0));
});
