// Users hang for a while, or answer no pings any more: the server sees just that, and nobody is blamed for it.
import assert from 'node:assert/strict';

import { deskOf, during, near } from '../lib/desk.mjs';
import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

/**
 * A server that is less patient than the real one: it pings every three seconds and waits eight for the answer. Our side gives a
 * server up that has not pinged for eleven, so the server is the first.
 */
const IMPATIENT = ['--ping-interval', '3', '--ping-timeout', '8'];
const USERS = 10;

story('who stops reading hangs and goes on; who answers no ping is closed by the server and comes back', async (world) => {
  const lab = await world.lab({ args: IMPATIENT });
  const page = await world.page(lab.url);
  // Everybody says something once a second, and marks as read what anybody says.
  const talk = { room_size: USERS, send_min_ms: 1_000, send_max_ms: 1_000, reaction_share: 0, history_pages: 0 };
  await swarm.start(page, chatPlan(lab, crowd(USERS, 120), talk, { settle_s: 1, graceful_stop_s: 5 }));
  const counted = async () => {
    const { messages, reads } = await lab.counts();
    return { messages: messages.accepted, marks: reads.marks };
  };
  const joins = async () => (await lab.counts()).events_in.joinRoom?.count ?? 0;
  const closed = async () => (await lab.counts()).connections.closed;
  const usually = (now) => near(now.messages, USERS, 0.25) && near(now.marks, USERS * USERS, 0.2);
  await until('all users to talk', async () => usually(await during(1, counted)), { within: 20_000, every: 1 });
  const { turn, press } = deskOf(page);
  await at.desk(page).scrollIntoViewIfNeeded();

  await turn('Share of users', 50);
  await turn('Stop reading for', 6);
  await press('50 % stop reading for 6 s');
  const began = performance.now();
  // Everybody has a moment of its own within each second.
  await until('half of them to be silent', async () => near((await during(1, counted)).messages, USERS / 2, 0.25), { within: 2_500, every: 1 });
  const hung = await during(2, counted);
  assert.ok(performance.now() - began < 6_000, 'the server was asked while they hung');
  assert.ok(near(hung.messages, USERS / 2, 0.25), `half of the users send: ${hung.messages} messages a second`);
  // Half of the users mark half of the messages.
  assert.ok(near(hung.marks, (USERS * USERS) / 4, 0.25), `nobody marks what it does not read: ${hung.marks} a second`);
  await until('all users to talk again', async () => usually(await during(1, counted)), { every: 1 });

  const before = await joins();
  await turn('Share of users', 30);
  await press('30 % stop answering pings');
  // Those who hung have answered late: nobody of them is among the closed.
  await until('three of ten to be closed', async () => (await closed())['ping timeout'] === 3, { within: 20_000 });
  await until('them to be back', async () => (await joins()) === before + 3);
  await until('all users to talk again', async () => usually(await during(1, counted)), { every: 1 });
  assert.deepEqual(await closed(), { 'ping timeout': 3 });

  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  // One row for each phase in which somebody was.
  const told = {};
  for (const { by, reason, count } of report.disconnects) if (reason) told[`${by}: ${reason}`] = (told[`${by}: ${reason}`] ?? 0) + count;
  assert.deepEqual(told, { 'user: stopped answering pings for the tester': 3 });
  assert.ok(report.disconnects.every(({ by }) => by === 'user'), JSON.stringify(report.disconnects));
  assert.deepEqual([report.delivery.missing, report.delivery.duplicated], [0, 0]);
});
