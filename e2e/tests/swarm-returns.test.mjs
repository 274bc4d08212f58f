// A swarm whose people come, go and come back: what each page and the roster say of it.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { gather, LIVELY, over } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

story('a conductor whose tab was closed goes on in another tab, and a part that stopped is called so', async (world) => {
  const lab = await world.roomLab();
  const { conductor, generators: [generator] } = await gather(world, lab.url, lab.broker, 1);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(8, 1, 120), LIVELY));
  await swarm.everybody(conductor, 8);
  const before = await swarm.status(conductor);
  const address = conductor.url();
  assert.match(address, /#conduct=/);
  await at.planTab(conductor).click();
  await at.copyLinkButton(conductor).click();
  await at.notice(conductor).filter({ hasText: /link/i }).waitFor();
  assert.equal(conductor.url(), address, 'a copied link is not where this page is');

  await conductor.close({ runBeforeUnload: false });
  const again = await world.pageIn(conductor.context(), address);
  await until('the run to go on', async () => (await swarm.status(again)).sent > before.sent, { within: 20_000 });
  await swarm.everybody(again, 4);
  await at.swarmTab(again).click();
  await until('the generator to be heard again', async () => /\bplays\b/.test(await at.roster(again).innerText()));

  await at.stopPartButton(generator).click();
  await generator.getByText(/its part of run \w+ is stopped: its operator stopped it/).waitFor();
  await over(again);
  const report = await swarm.report(again);
  assert.match(report.problem, /the conductor's page was loaded anew/);
  const { messages } = await lab.counts();
  // What four users of a closed tab said in its last seconds, once a second each, nobody has heard.
  checks.between('messages that are not in the result', messages.accepted - report.delivery.sent, 0, 20);
  assert.equal(report.delivery.missing, 0);
});
