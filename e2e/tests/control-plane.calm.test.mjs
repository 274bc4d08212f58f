// The broker is away while a run goes on: browsers play on as long as they were told to, and take up what they had to stop.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { bothSidesCountTheSame, gather, LIVELY, over, swarmOf } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 8;
const AMPLE_S = 60;

const everybody = (page, within = 30_000) => swarm.everybody(page, USERS, { within });

const pass = async (seconds) => {
  const began = performance.now();
  await until(`${seconds} s to pass`, () => performance.now() - began >= seconds * 1_000, { within: 2_000 * seconds });
};

/** A conductor and a generator that are all there, and play. */
async function playing(world, patience) {
  const [broker, lab] = [await world.mosquitto(), await world.lab()];
  const { conductor, generators } = await gather(world, lab.url, broker.url, 1);
  await at.patience(conductor).selectOption(patience);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 1, AMPLE_S), LIVELY));
  await everybody(conductor);
  const [generator] = generators;
  await until('its operator to see the patience', () => generator.locator('#main').getByText(`${patience} s, then it stops`).isVisible());
  return { broker, lab, conductor };
}

story('a broker that is away for 10 s costs no user whose browser waits for 15 s, and no message', async (world) => {
  const { broker, lab, conductor } = await playing(world, '15');
  await broker.down();
  await pass(10);
  await broker.up();
  const isThere = async () => (await swarmOf(conductor)).browsers.every(({ away }) => !away);
  await until('the other browser to be there', isThere);
  await everybody(conductor, 5_000);
  await swarm.stop(conductor);
  await over(conductor);
  const report = await swarm.report(conductor);
  assert.equal(report.problem ?? null, null);
  checks.noErrors(report);
  await bothSidesCountTheSame(lab, report);
});

story('a browser that waits for 4 s stops by itself, is named, and plays again when the broker is back', async (world) => {
  const { broker, lab, conductor } = await playing(world, '4');
  const workers = async () => (await swarmOf(conductor)).browsers.reduce((sum, { workers }) => sum + workers, 0);
  const counted = async () => (await lab.counts()).messages.accepted;
  const planned = await workers();
  await broker.down();
  await pass(6);
  await broker.up();
  const back = performance.now();
  await until('its parts to be taken up', async () => (await workers()) === 2 * planned, { every: 20 });
  console.log(`taken up after ${((performance.now() - back) / 1_000).toFixed(1)} s`);
  await everybody(conductor);
  const before = await counted();
  await until('messages to go on', async () => (await counted()) > before + USERS);
  await swarm.stop(conductor);
  await over(conductor);
  const report = await swarm.report(conductor);
  assert.match(report.problem, /^a worker of .* stopped after [\d.]+ s: nobody conducted it any more/);
  assert.equal(report.verdict.outcome, 'invalid');
  const { messages } = await lab.counts();
  checks.bothSidesAgree({ 'messages sent': [report.delivery.sent, messages.accepted] });
  assert.deepEqual([report.delivery.missing, report.delivery.duplicated], [0, 0]);
});
