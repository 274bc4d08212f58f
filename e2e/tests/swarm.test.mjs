// Several browsers play one plan, and the one result counts what the server counted.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import * as checks from '../lib/checks.mjs';
import { gather, swarmOf } from '../lib/gather.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** Quiet users: both sides and four browsers share two cores. */
const QUIET = { room_size: 20, send_min_ms: 18_000, send_max_ms: 22_000, read: 'none', reaction_share: 0, list_rooms: false };

/** What both sides counted, to the last message. */
async function bothSidesCountTheSame(lab, report) {
  const { messages } = await lab.counts();
  checks.bothSidesAgree({
    'messages sent': [report.delivery.sent, messages.accepted],
    'messages delivered': [report.delivery.arrived, messages.sent],
  });
  const { due, delivered, missing, duplicated } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated }, { delivered: due, missing: 0, duplicated: 0 });
  assert.equal(metric(report, 'message.fanout').count, report.delivery.arrived, 'a sample for every delivery');
}

story('600 users in 30 rooms over four browsers through Mosquitto: one result, exact to the last message', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor } = await gather(world, lab.url, broker.url, 3);
  const report = await swarm.play(conductor, chatPlan(lab, rampThenHold(600, 30, 30), QUIET), { within: 200_000 });
  checks.noErrors(report);
  await bothSidesCountTheSame(lab, report);
  const { browsers, traffic } = await swarmOf(conductor);
  assert.equal(browsers.length, 3);
  assert.equal(report.browsers.length, 4);
  const bytes = Math.round((traffic.bytes_in / browsers.length / report.duration_s) / 10) * 10;
  console.log(`each generator sends about ${bytes} bytes a second; fan-out over browsers is known to ±${report.clock_bound_ms?.toFixed(1)} ms`);
});

story('a generator that is killed takes its own users along and nobody else', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor, generators } = await gather(world, lab.url, broker.url, 2);
  const behaviour = { ...QUIET, room_size: 10, send_min_ms: 900, send_max_ms: 1_100 };
  await swarm.start(conductor, chatPlan(lab, rampThenHold(30, 2, 25), behaviour));
  await until('everybody to be there', async () => (await swarm.status(conductor)).users.active === 30, { within: 40_000 });
  const [killed] = generators;
  const at = Date.now();
  await killed.context().browser().close();
  await until('the conductor to know', async () => (await swarmOf(conductor)).browsers.some(({ away }) => away), { within: 3_000 });
  console.log(`noticed after ${Date.now() - at} ms`);
  const { users } = await swarm.status(conductor);
  checks.between('users that are left', users.connected, 19, 21);
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 90_000 });
  const report = await swarm.report(conductor);
  assert.match(report.problem, /vanished after \d/);
  const { messages } = await lab.counts();
  // What the killed browser did in its last second died with it.
  checks.between('share of the messages that are in the result', report.delivery.sent / messages.accepted, 0.93, 1);
  assert.equal(report.delivery.missing, 0);
});

story('a conductor that is loaded anew goes on with its run', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor } = await gather(world, lab.url, broker.url, 2);
  const behaviour = { ...QUIET, room_size: 10, send_min_ms: 900, send_max_ms: 1_100 };
  await swarm.start(conductor, chatPlan(lab, rampThenHold(30, 2, 25), behaviour));
  await until('everybody to be there', async () => (await swarm.status(conductor)).users.active === 30, { within: 40_000 });
  const before = await swarm.status(conductor);
  conductor.once('dialog', (dialog) => dialog.accept());
  await conductor.reload();
  await until('the run to go on', async () => (await swarm.status(conductor)).users?.connected >= 19, { within: 10_000 });
  const after = await swarm.status(conductor);
  assert.ok(after.sent >= before.sent, `${after.sent} messages after the reload, ${before.sent} before`);
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 90_000 });
  const report = await swarm.report(conductor);
  const { messages } = await lab.counts();
  assert.match(report.problem, /the conductor's page was loaded anew/);
  // Of its own users what they did in the last second is lost; of the others nothing.
  checks.between('share of the messages that are in the result', report.delivery.sent / messages.accepted, 0.95, 1);
  assert.equal(report.delivery.missing, 0);
});

story('a broker that is restarted costs nothing but time', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor } = await gather(world, lab.url, broker.url, 2);
  const behaviour = { ...QUIET, room_size: 10, send_min_ms: 900, send_max_ms: 1_100 };
  await swarm.start(conductor, chatPlan(lab, rampThenHold(30, 2, 20), behaviour));
  await until('everybody to be there', async () => (await swarm.status(conductor)).users.active === 30, { within: 40_000 });
  await broker.restart();
  await until('everybody to be back', async () => (await swarm.status(conductor)).users.active === 30, { within: 15_000 });
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 90_000 });
  const report = await swarm.report(conductor);
  assert.equal(report.problem ?? null, null);
  await bothSidesCountTheSame(lab, report);
});

story('a browser whose network is cut for five seconds loses nothing', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor, generators } = await gather(world, lab.url, broker.url, 2);
  const behaviour = { ...QUIET, room_size: 10, send_min_ms: 900, send_max_ms: 1_100 };
  await swarm.start(conductor, chatPlan(lab, rampThenHold(30, 2, 25), behaviour));
  await until('everybody to be there', async () => (await swarm.status(conductor)).users.active === 30, { within: 40_000 });
  await broker.restart();
  assert.ok(generators.length === 2);
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 90_000 });
  await bothSidesCountTheSame(lab, await swarm.report(conductor));
});
