// Several browsers play one plan, and the one result counts what the server counted.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import * as checks from '../lib/checks.mjs';
import { bothSidesCountTheSame, gather, join, LIVELY, openSwarm, over, ready, swarmOf } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { startWire } from '../lib/proxy.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/** Quiet users: both sides and four browsers share two cores. */
const QUIET = { ...LIVELY, room_size: 20, send_min_ms: 18_000, send_max_ms: 22_000 };
const USERS = 30;

/** Longer than any story looks on; what it has to show ends the run. */
const AMPLE_S = 60;

const everybody = (page) => swarm.everybody(page, USERS, { within: 40_000 });

/** Ends the run two of its seconds later. */
async function stopSoon(page) {
  const { elapsed_s } = await swarm.status(page);
  await until('the run to go on', async () => (await swarm.status(page)).elapsed_s >= elapsed_s + 2);
  await swarm.stop(page);
  await over(page);
}

/** Messages of ten lively users that nobody had been told of when their browser went: within a second each says two at most; a busy machine hands over later. */
const unheard = (seconds) => 10 * (2.5 + seconds);

const secondsSince = (began) => (performance.now() - began) / 1_000;

story('600 users in 30 rooms over four browsers through Mosquitto: one result, exact to the last message', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor } = await gather(world, lab.url, broker.url, 3);
  const report = await swarm.play(conductor, chatPlan(lab, rampThenHold(600, 30, 15), QUIET), { within: 200_000 });
  checks.noErrors(report);
  await bothSidesCountTheSame(lab, report);
  assert.equal(report.browsers.length, 4);
  for (const { name, sent } of report.browsers) assert.ok(sent > 0, `${name} played`);
  const { browsers, traffic } = await swarmOf(conductor);
  const bytes = Math.round(traffic.bytes_in / browsers.length / report.duration_s);
  console.log(`a generator sends ${bytes} bytes a second; times between browsers are known to ±${report.clock_bound_ms.toFixed(1)} ms`);
});

story('a generator that is killed takes its own users along, and another one takes up its part', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor, generators, invite } = await gather(world, lab.url, broker.url, 2);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 2, AMPLE_S), LIVELY));
  await everybody(conductor);
  const killed = performance.now();
  await generators[0].context().browser().close();
  const died = secondsSince(killed);
  const isAway = async () => (await swarmOf(conductor)).browsers.some(({ away }) => away);
  await until('the conductor to know', isAway, { within: 3_000, every: 20 });
  console.log(`noticed after ${secondsSince(killed).toFixed(1)} s`);
  checks.between('users that are left', (await swarm.status(conductor)).users.connected, 19, 21);
  // Somebody comes along and plays what nobody plays any more.
  await join(world, lab.url, invite);
  await everybody(conductor);
  await stopSoon(conductor);
  const report = await swarm.report(conductor);
  assert.match(report.problem, /vanished after \d/);
  const { messages } = await lab.counts();
  // What the killed browser did in its last second died with it.
  const lost = messages.accepted - report.delivery.sent;
  console.log(`${lost} of ${messages.accepted} messages are not in the result`);
  checks.between('messages that are not in the result', lost, 0, unheard(died));
  assert.equal(report.delivery.missing, 0);
});

story('a conductor that is loaded anew goes on with its run', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor } = await gather(world, lab.url, broker.url, 2);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 2, AMPLE_S), LIVELY));
  await everybody(conductor);
  const before = await swarm.status(conductor);
  conductor.once('dialog', (dialog) => dialog.accept());
  const began = performance.now();
  await conductor.reload();
  const reloaded = secondsSince(began);
  // More than was sent before: the others' numbers come in again, and theirs go on.
  const goesOn = async () => (await swarm.status(conductor)).sent > before.sent;
  await until('the run to go on', goesOn, { within: 10_000 });
  await stopSoon(conductor);
  const report = await swarm.report(conductor);
  assert.match(report.problem, /the conductor's page was loaded anew/);
  const { messages } = await lab.counts();
  // Of its own ten users, who say something once a second each, what they did in the last second is lost; of the others nothing.
  const lost = messages.accepted - report.delivery.sent;
  console.log(`${lost} of ${messages.accepted} messages are not in the result`);
  checks.between('messages that are not in the result', lost, 0, unheard(reloaded));
  assert.equal(report.delivery.missing, 0);
});

story('a broker that is restarted and a network that is cut for five seconds cost nothing but time', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const wire = world.use(await startWire(broker.port));
  const conductor = await world.page(lab.url);
  const invite = await openSwarm(conductor, broker.url);
  await join(world, lab.url, invite);
  await join(world, lab.url, invite.replace(String(broker.port), String(wire.port)));
  await ready(conductor, 2);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 2, AMPLE_S), LIVELY));
  await everybody(conductor);
  // Each page misses the broker and finds it again: what it shows then is not of before.
  const has = (connected) => Promise.all(world.pages.map((page) =>
    until(`to be ${connected ? 'with' : 'without'} a broker`, async () => (await swarmOf(page)).connected === connected, { every: 20 })));
  await Promise.all([has(false), broker.restart()]);
  await has(true);
  const away = async () => (await swarmOf(conductor)).browsers.filter(({ away }) => away).length;
  await until('all to be there', async () => (await away()) === 0);
  await everybody(conductor);
  wire.cut();
  const cut = performance.now();
  await until('one browser to be away', async () => (await away()) === 1);
  assert.ok((await swarm.status(conductor)).users.connected < USERS, 'its users are gone from the counts');
  await until('five seconds to pass', () => secondsSince(cut) >= 5);
  wire.mend();
  await until('it to be back', async () => (await away()) === 0);
  await everybody(conductor);
  await stopSoon(conductor);
  const report = await swarm.report(conductor);
  assert.equal(report.problem ?? null, null);
  await bothSidesCountTheSame(lab, report);
});

story('STOP is effective in every browser within a second; each operator has his own', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor, generators } = await gather(world, lab.url, broker.url, 2);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 1, 300), LIVELY));
  await everybody(conductor);
  const [first] = generators;
  await at.stopPartButton(first).click();
  await until('its users to leave', async () => (await swarm.status(conductor)).users.connected === 20, { within: 15_000 });
  await conductor.keyboard.press('Control+.');
  const asked = Date.now();
  const sent = async () => (await lab.counts()).messages.accepted;
  await until('a second to pass', () => Date.now() - asked >= 1_000, { every: 5 });
  const within = await sent();
  await over(conductor);
  assert.equal(await sent(), within, 'nothing was sent after a second');
  const report = await swarm.report(conductor);
  assert.match(report.problem, /stopped after .*its operator stopped it/);
  await bothSidesCountTheSame(lab, report);
});
