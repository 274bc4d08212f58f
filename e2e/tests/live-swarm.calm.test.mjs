// One desk steers two browsers; each of them keeps to what its own operator allows, and says so.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import * as checks from '../lib/checks.mjs';
import { deskOf, during, near } from '../lib/desk.mjs';
import { openSwarm, ready, swarmOf } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { seeState } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

/** A name that is not this machine's, which these browsers find here all the same: this machine has no caps. */
const FAR = 'chat.test';
const args = [`--host-resolver-rules=MAP ${FAR} 127.0.0.1`];
const USERS = 20;
const A_SECOND = 10;

/** A browser whose operator sets these limits and then follows the link. */
async function joinWithin(world, url, invite, limits) {
  const first = await world.page(url, { args });
  await first.getByRole('button', { name: 'Hosts and limits' }).click();
  const dialog = first.getByRole('dialog', { name: 'Hosts and limits of this browser' });
  for (const [name, value] of Object.entries(limits)) await dialog.getByLabel(name).fill(String(value));
  await dialog.getByRole('button', { name: 'Close' }).click();
  const page = await world.pageIn(first.context(), `${url}/${invite}`, { agrees: true });
  await first.close();
  return page;
}

story('one desk steers two browsers at once; each keeps to its own limits and says so; STOP is everybody’s own', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const conductor = await world.page(lab.url, { args });
  const invite = await openSwarm(conductor, broker.url);
  const generator = await joinWithin(world, lab.url, invite, { 'Users at a time': 24, 'New users within a second': A_SECOND });
  await ready(conductor, 1);
  const talk = { room_size: 10, send_min_ms: 1_000, send_max_ms: 1_000, reaction_share: 0, read: 'none', history_pages: 0, list_rooms: false };
  const plan = chatPlan({ url: lab.url.replace('127.0.0.1', FAR) }, rampThenHold(USERS, 4, 150), talk, { settle_s: 1, graceful_stop_s: 5 });
  const caps = { users: null, rate: A_SECOND, minutes: null };
  await swarm.start(conductor, plan, undefined, { allow: [FAR], caps });
  const theirs = (await swarmOf(generator)).name;

  const counted = async () => ({ messages: (await lab.counts()).messages.accepted });
  const joins = async () => (await lab.counts()).events_in.joinRoom?.count ?? 0;
  const opened = async () => (await lab.counts()).connections.opened['socket.io'];
  const connected = async () => (await swarm.status(conductor)).users.connected;
  const says = (who, words) =>
    until(`the conductor to show what ${who} says`, async () => (await at.region(conductor, 'Log').innerText()).includes(`${who}: ${words}`), { within: 5_000 });
  await until('all users to be there and to talk', async () => near((await during(1, counted)).messages, USERS, 0.15), { within: 30_000, every: 1 });
  const { turn, press } = deskOf(conductor);
  await at.desk(conductor).scrollIntoViewIfNeeded();

  await turn('Message interval', 500);
  const doubled = async (seconds, slack) => near((await during(seconds, counted)).messages, 2 * USERS, slack);
  await until('the rate to have doubled', () => doubled(1, 0.15), { within: 3_000, every: 1 });
  // One of the browsers alone would make it half as much again.
  assert.ok(await doubled(8, 0.05), `${2 * USERS} messages a second`);

  const [joined, closed] = [await joins(), closes(await lab.counts())];
  await press('Drop 30 % of connections');
  await until('six of twenty to have come back', async () => (await joins()) === joined + 6, { within: 10_000 });
  assert.equal(closes(await lab.counts()) - closed, 6);

  // Everybody comes back at once, and the server hears no more of them a second than both operators allow.
  const before = await opened();
  const seen = [];
  const look = async () => {
    const asked = performance.now();
    const more = (await opened()) - before;
    seen.push({ asked, answered: performance.now(), more });
    return more;
  };
  await turn('Share of users', 100);
  await look();
  await press('Reconnect storm: 100 %');
  await until('everybody to be back', async () => (await look()) === USERS, { within: 10_000, every: 20 });
  // Nothing was opened before the last look at which there was nothing.
  const began = seen.findLast(({ more }) => more === 0).asked;
  const first = seen.find(({ more }) => more > 0);
  const soon = seen.filter(({ answered }) => answered - first.asked < 500).map(({ more }) => more);
  checks.between('connections within half a second', Math.max(...soon), 0, A_SECOND);
  checks.between('milliseconds until all are back', seen.at(-1).answered - began, 700, 10_000);
  for (const who of ['this browser', theirs]) await says(who, 'users wait to connect');

  await turn('Users', 2 * USERS);
  await says(theirs, 'no further users start');
  await until('its own page to show it', async () => /within your limits \(.*no further users start/.test(await generator.locator('main').innerText()));
  await seeState(generator, /^Holding · /);
  // Its part of 24 and the conductor's part of 40.
  await until('as many users as both play', async () => (await connected()) >= 31, { within: 15_000 });
  checks.between('users', (await lab.counts()).now.authenticated, 31, 33);

  await generator.keyboard.press('Control+.');
  await until('its users to leave', async () => (await connected()) <= 21, { within: 10_000 });
  checks.between('users of the conductor', await connected(), 19, 21);
  await conductor.keyboard.press('Control+.');
  const pressed = performance.now();
  await until('a second to pass', () => performance.now() - pressed >= 1_000, { every: 5 });
  const { messages } = await counted();
  await swarm.phase(conductor, 'done').catch((error) => assert.match(error.message, /its operator stopped it/));
  assert.equal((await counted()).messages, messages, 'nothing was sent after a second');

  const report = await swarm.report(conductor);
  assert.deepEqual([report.delivery.missing, report.delivery.duplicated], [0, 0]);
  const marks = report.annotations.filter(({ kind }) => kind === 'browser').map(({ text }) => text);
  assert.ok(marks.some((text) => text.startsWith(`${theirs}: no further users start`)), marks.join('\n'));
});

const closes = (counts) => Object.values(counts.connections.closed).reduce((all, count) => all + count, 0);
