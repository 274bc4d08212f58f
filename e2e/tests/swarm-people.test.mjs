// Who conducts, who joins, and who lets whom in: what a swarm asks of its people.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import * as checks from '../lib/checks.mjs';
import { bothSidesCountTheSame, join, LIVELY, openSwarm, over, ready, swarmOf } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** What the operator of a browser does at the door of a swarm. */
async function connect(world, url, invite, options) {
  const page = await world.page(`${url}/${invite}`, options);
  await at.connectButton(page).click();
  return page;
}

story('an operator is asked before load goes anywhere, and is not asked about the same again', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const args = ['--host-resolver-rules=MAP chat.test 127.0.0.1'];
  const conductor = await world.page(lab.url, { args });
  const invite = await openSwarm(conductor, broker.url);
  const willing = await connect(world, lab.url, invite, { args });
  const unwilling = await connect(world, lab.url, invite, { args });
  const plan = chatPlan(lab, rampThenHold(9, 1, 5), LIVELY);
  plan.populations[0].variables.target = lab.url.replace('127.0.0.1', 'chat.test');
  // The conductor's own operator answers by the script.
  const permission = { allow: ['chat.test'] };
  const started = swarm.start(conductor, plan, undefined, permission);
  for (const page of [willing, unwilling]) await at.loadQuestion(page).getByText('chat.test: up to').waitFor();
  await at.allowButton(willing).click();
  await at.refuseButton(unwilling).click();
  await started;
  await over(conductor);
  const report = await swarm.report(conductor);
  assert.deepEqual(report.browsers.map(({ name }) => name).sort(), ['conductor', (await swarmOf(willing)).name].sort());
  await bothSidesCountTheSame(lab, report);
  // Each worker has a row of its own, also where several browsers have a probe.
  await conductor.getByRole('button', { name: 'Run', exact: true }).click();
  const rows = await at.table(conductor, 'Workers').locator('tbody tr').allInnerTexts();
  assert.equal(rows.length, report.health.workers.length, rows.join('\n'));
  assert.equal(new Set(rows.map((row) => row.split('\t')[0])).size, rows.length, rows.join('\n'));
  // Whoever said yes once is not asked again.
  const again = swarm.start(conductor, plan, undefined, permission);
  await until('the willing one to play', async () => (await swarmOf(willing)).run);
  await again;
  await over(conductor);
});

story('a broker that wants a password gets it from the person, and no link holds it', async (world) => {
  const broker = world.use(await startMosquitto({ users: { kim: 'geheim' } }));
  const lab = await world.lab();
  const conductor = await world.page(lab.url);
  await at.swarmTab(conductor).click();
  await at.brokerField(conductor).fill(broker.url);
  await at.openSwarmButton(conductor).click();
  const logIn = async (page, password) => {
    await at.brokerUser(page).fill('kim');
    await at.brokerPassword(page).fill(password);
    await at.logInButton(page).click();
  };
  await logIn(conductor, 'wrong');
  await until('the broker to refuse it', async () => /user name/.test((await swarmOf(conductor)).problem ?? ''));
  await logIn(conductor, 'geheim');
  await until('the broker to let the conductor in', async () => (await swarmOf(conductor)).connected);
  const { invite } = await swarmOf(conductor);
  const generator = await world.page(`${lab.url}/${invite}`, { agrees: true });
  await logIn(generator, 'geheim');
  await ready(conductor, 1);
  assert.ok(invite && !invite.includes('geheim') && !generator.url().includes('geheim'));
});

story('whoever has the link to watch sees the run, and is nobody in it', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const conductor = await world.page(lab.url);
  await openSwarm(conductor, broker.url);
  const { invite, watch } = await swarmOf(conductor);
  const watcher = await join(world, lab.url, watch);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(5, 1, 4), LIVELY));
  await watcher.getByText(/^Shows run/).waitFor();
  assert.ok((await swarmOf(watcher)).picture.tiles.length > 0);
  await over(conductor);
  const report = await swarm.report(conductor);
  assert.deepEqual([report.browsers.length, (await swarmOf(conductor)).browsers], [1, []]);
  const key = new URLSearchParams(invite?.slice(1)).get('join');
  assert.equal((await swarmOf(watcher)).invite, null, 'it cannot invite anybody');
  assert.ok(key && !watch.includes(key) && !conductor.url().includes(key));
});

story('a room: the lab prints the links, brings the broker, and is the target', async (world) => {
  const lab = await world.roomLab();
  // The conductor is asked nothing about his own room.
  const conductor = await world.page(lab.conductLink);
  await until('the conductor to be let in', async () => (await swarmOf(conductor)).connected);
  await world.page(lab.joinLink, { agrees: true });
  await world.page(lab.joinLink, { agrees: true });
  await ready(conductor, 2);
  const seen = async () => /ready[^]*ready/.test(await at.roster(conductor).innerText());
  await until('the page to show that both are ready', seen);
  const report = await swarm.play(conductor, chatPlan(lab, rampThenHold(30, 2, 6), LIVELY));
  checks.noErrors(report);
  assert.equal(report.browsers.length, 3);
  await bothSidesCountTheSame(lab, report);
});
