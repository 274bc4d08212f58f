// The report's counts equal the server's to the last message.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { planOf, rampThenHold } from '../lib/plans.mjs';
import { counter, metric, metricOf } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const ROOMS = 10;
const ROOM = 20;

story('200 users in 10 rooms for 30 s: the report counts what the lab counted', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  // A message every 5 s, read and now and then reacted to by 19 others: as much as two cores carry with both sides on them.
  const behaviour = { room_size: ROOM, send_min_ms: 4_000, send_max_ms: 6_000, read_batch: 10, read_flush_ms: 2_000 };
  // A population is a room, so that the report tells rooms apart.
  const plan = planOf('ktb-chat', rampThenHold(ROOM, 10, 30));
  const [population] = plan.populations;
  population.variables = { target: lab.url, ...behaviour };
  plan.populations = Array.from({ length: ROOMS }, (_, n) => ({ ...population, name: `room ${n + 1}` }));
  const report = await swarm.play(page, plan);
  const counts = await lab.counts({ users: true });
  checks.noErrors(report);
  checks.bothSidesAgree({
    'messages sent': [report.delivery.sent, counts.messages.accepted],
    'complete messages': [metric(report, 'message.completion.last').count, counts.messages.accepted],
    'messages delivered': [report.delivery.arrived, counts.messages.sent],
    'read receipts sent': [checks.events(report, 'out', 'markMessagesAsRead'), counts.reads.marks],
    'read receipts answered': [metric(report, 'read').count, counts.reads.marks],
    'read broadcasts': [checks.events(report, 'in', 'messagesRead'), counts.events_out.messagesRead.frames],
    'reactions sent': [checks.events(report, 'out', 'messageReaction'), counts.reactions.added + counts.reactions.removed],
    'reaction broadcasts': [
      checks.events(report, 'in', 'messageReactionUpdate'),
      counts.events_out.messageReactionUpdate.frames,
    ],
  });
  assert.equal(counter(report, 'message.incomplete'), 0);
  const { due, delivered, missing, duplicated, reordered } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated, reordered }, { delivered: due, missing: 0, duplicated: 0, reordered: 0 });
  for (const { name } of plan.populations) sameInRoom(name, report, counts);
});

/** What a room's members sent and got, each message to each member, by both sides. */
function sameInRoom(name, report, counts) {
  const ours = (metric) => metricOf(report, name, metric).count;
  const account = `-${name.replace(' ', '-')}-`;
  const members = Object.entries(counts.users).filter(([email, got]) => email.includes(account) && got > 0);
  assert.equal(members.length, ROOM, name);
  const got = members.map(([, messages]) => messages);
  const sum = got.reduce((all, messages) => all + messages, 0);
  // Each room has its own number of deliveries, so it is found by that; its messages then are its own, too.
  const theirs = Object.values(counts.rooms).filter((room) => room.deliveries === sum);
  checks.bothSidesAgree({
    [`${name}: messages`]: [ours('message.round_trip'), theirs.find(({ messages }) => messages === ours('message.round_trip'))?.messages],
    [`${name}: complete messages`]: [ours('message.completion.last'), ours('message.round_trip')],
  });
  // What came before a member was known to be in is no sample.
  checks.between(`${name}: got by its members`, ours('message.fanout'), sum - report.delivery.extra, sum);
  const incomplete = report.counters.filter((entry) => entry.name === 'message.incomplete' && entry.tags.population === name);
  assert.deepEqual(incomplete.map(({ count }) => count), [0], name);
}
