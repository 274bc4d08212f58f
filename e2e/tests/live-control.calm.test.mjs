// A tester steers a run from its desk; the server's counts say that each knob and button does what it says.
import assert from 'node:assert/strict';

import { deskOf, during, near } from '../lib/desk.mjs';
import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 20;
/** Messages a second while each user sends twice a second. */
const DOUBLED = 2 * USERS;

story('every knob and button of the desk does what it says, by the server’s own counts', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const plan = planOf('ktb-chat', crowd(USERS, 150), { settle_s: 1, graceful_stop_s: 5 });
  // Each user sends exactly once a second, so that rates can be told within a few per cent.
  plan.populations[0].variables = {
    target: lab.url, room_size: 10, send_min_ms: 1_000, send_max_ms: 1_000, reaction_share: 0, read: 'none', history_pages: 0,
  };
  await swarm.start(page, plan);
  const desk = at.desk(page);
  const accepted = async () => (await lab.counts()).messages.accepted;
  const joins = async () => (await lab.counts()).events_in.joinRoom?.count ?? 0;
  const present = async () => (await lab.counts()).now.authenticated;
  /** Messages a second that the server accepted, from now for so long. */
  const rate = async (seconds) => (await during(seconds, async () => ({ accepted: await accepted() }))).accepted;
  const { press, turn } = deskOf(page);
  /** An action passes over who is not active yet, and the page hears of that up to a quarter of a second later: two looks in a row. */
  const allActive = async (users) => {
    const looks = [];
    await until(`${users} users to be active`, async () => {
      looks.push((await swarm.status(page)).users.active);
      return looks.length > 1 && looks.slice(-2).every((active) => active === users);
    }, { every: 300 });
  };
  await until('all users to be there', async () => (await joins()) === USERS);
  await until('all users to send', async () => near(await rate(1), USERS, 0.15), { every: 1 });
  await desk.scrollIntoViewIfNeeded();

  await turn('Message interval', 500);
  await until('the rate to have doubled', async () => near(await rate(1), DOUBLED, 0.15), { within: 2_500, every: 1 });
  const doubled = await rate(5);
  assert.ok(near(doubled, DOUBLED, 0.05), `${doubled} messages a second`);

  await press('Pause sending');
  await until('nobody to send', async () => (await rate(0.5)) === 0, { within: 2_000, every: 1 });
  assert.equal(await rate(1.5), 0);
  await press('Resume sending');
  await until('everybody to send again', async () => near(await rate(1), DOUBLED, 0.15), { within: 3_000, every: 1 });

  await allActive(USERS);
  const [joined, closed] = [await joins(), closes(await lab.counts())];
  await press('Drop 30 % of connections');
  await until('six of twenty to have come back', async () => (await joins()) === joined + 6, { within: 10_000 });
  assert.equal(closes(await lab.counts()) - closed, 6);

  await turn('Users', 30);
  await until('thirty users', async () => (await present()) === 30, { within: 10_000 });
  await turn('Users', 10);
  await until('ten users', async () => (await present()) === 10, { within: 10_000 });

  // Hardly anybody sends by itself any more, so that what is sent on demand can be counted.
  await turn('Message interval', 10_000);
  await until('hardly anybody to send', async () => (await rate(1)) <= 3, { within: 5_000, every: 1 });
  await sendsMore('Everyone sends now', 10, 6);
  await sendsMore('Burst: 5 messages each', 50, 6);
  async function sendsMore(button, expected, slack) {
    await allActive(10);
    const before = await accepted();
    await press(button);
    await new Promise((done) => setTimeout(done, 1_500));
    const more = (await accepted()) - before;
    assert.ok(more >= expected && more <= expected + slack, `${button}: ${more} messages`);
  }

  for (const [button, comeBack] of [
    ['Reconnect storm: 30 %', 3],
    ['Expire tokens of 30 %', 3],
    ['30 % leave and rejoin', 3],
    ['All join one room', 10],
  ]) {
    await allActive(10);
    const before = await joins();
    await press(button);
    await until(`${button}: ${comeBack} joins`, async () => (await joins()) === before + comeBack, { within: 10_000 });
  }
  const rooms = Object.values((await lab.counts()).rooms).map((room) => room.members).filter((members) => members > 0);
  assert.deepEqual(rooms, [10], 'all are in one room');

  await page.getByLabel('Note', { exact: true }).fill('restarted node 2');
  await page.getByRole('button', { name: 'Add note' }).click();
  await until('the note in the list', () => at.happenings(page).getByText('restarted node 2').isVisible());
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  assert.deepEqual([report.delivery.missing, report.delivery.duplicated], [0, 0]);
  // One row for each phase in which somebody was.
  const left = (wanted) => report.disconnects.filter(({ by, reason }) => by === 'user' && reason === wanted).reduce((sum, { count }) => sum + count, 0);
  assert.equal(left('dropped by the tester'), 6);
  assert.equal(left('reconnect storm by the tester'), 3);
  assert.equal(left('came with an expired token for the tester'), 3);
  assert.deepEqual(report.disconnects.filter(({ by }) => by !== 'user'), []);
  const told = report.annotations.filter(({ kind }) => kind === 'action');
  assert.deepEqual(told.map(({ at_s }) => at_s), report.plan.actions.map(({ at_s }) => at_s));
  assert.deepEqual(report.annotations.filter(({ kind }) => kind === 'note').map(({ text }) => text), ['restarted node 2']);

  // The session is a plan now.
  await desk.getByRole('button', { name: 'Open this session as a plan' }).click();
  await until('the plan page', () => at.startButton(page).isVisible());
  if (!(await at.jsonEditor(page).isVisible())) await at.advanced(page).click();
  const recorded = JSON.parse(await at.jsonEditor(page).inputValue());
  assert.deepEqual(recorded.actions, report.plan.actions);
  assert.deepEqual(await swarm.check(page, recorded), { ok: true, problems: [] });
  await page.getByLabel('Factor of action 1', { exact: true }).fill('0.25');
  await until('the plan to hold it', async () => JSON.parse(await at.jsonEditor(page).inputValue()).actions[0].factor === 0.25);
});

const closes = (counts) => Object.values(counts.connections.closed).reduce((all, count) => all + count, 0);
