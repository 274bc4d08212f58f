// Whoever has the link to join is no friend by that: who says what cannot be is put out and named, and the others count on.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import { gather, LIVELY, ready, swarmOf } from '../lib/gather.mjs';
import { joinAsLiar, LIES } from '../lib/hostile-member.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 12;
const members = Object.keys(LIES);

story('members who lie are put out and named, forge and invent nothing, and the run of the others is exact', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { conductor, invite } = await gather(world, lab.url, broker.url, 1);
  const liars = members.map(() => world.use(joinAsLiar(invite)));
  await ready(conductor, 1 + liars.length);
  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 1, 120), LIVELY));
  await swarm.everybody(conductor, USERS, { within: 40_000 });

  const refused = async () => (await swarmOf(conductor)).traffic.refused;
  const { forged } = await refused();
  liars[0].lie('beacon');
  liars[0].lie('crowd');
  await until('the forged beacon to be refused', async () => (await refused()).forged > forged, { within: 30_000 });
  // They are there for the conductor like anybody else, but never more than it has room for.
  await until('the invented ones to be known', async () => (await swarmOf(conductor)).browsers.length > 1_000, { within: 30_000 });
  assert.equal((await swarm.status(conductor)).problem ?? null, null);

  const log = async () => (await swarm.report(conductor)).log.lines.map(({ text }) => text).filter((text) => / was put out after /.test(text));
  for (const [place, lie] of members.entries()) {
    liars[place].lie(lie);
    const said = await until(`the one who lies about \`${lie}\` to be put out`, async () => (await log())[place], { within: 40_000 });
    assert.match(said, /^liar/);
    assert.match(said, LIES[lie]);
  }
  const { elapsed_s } = await swarm.status(conductor);
  await until('the run to go on', async () => (await swarm.status(conductor)).elapsed_s >= elapsed_s + 3);
  await swarm.stop(conductor);
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 90_000 });
  const report = await swarm.report(conductor);
  assert.match(report.problem, /^liar.* was put out after /);
  const { messages } = await lab.counts();
  assert.ok(messages.accepted > 0);
  assert.deepEqual([report.delivery.sent, report.delivery.arrived], [messages.accepted, messages.sent]);
  const { due, delivered, missing, duplicated } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated }, { delivered: due, missing: 0, duplicated: 0 });
});
