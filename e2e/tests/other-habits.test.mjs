// Ordinary servers have habits of their own: they say no in an acknowledgement, send a message to all but its sender, collect messages,
// play a history again. Each is in order, and none of it is a loss.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const USERS = 20;
const QUIET = { room_size: 10, send_min_ms: 400, send_max_ms: 800, read: 'none', reaction_share: 0, history_pages: 0 };

/** What the page and the lab counted of users who talk for some seconds on a server with these faults. */
async function played(world, faults, variables = {}) {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const plan = chatPlan(lab, crowd(USERS, 6), { ...QUIET, ...variables }, { lab: faults });
  const report = await swarm.play(page, plan);
  return { report, counts: await lab.counts() };
}

/** Both sides count the same, and nothing is missing. */
function nothingIsLost({ report: { delivery }, counts: { messages } }) {
  checks.bothSidesAgree({
    taken: [delivery.accepted + delivery.unconfirmed, messages.accepted],
    arrived: [delivery.arrived, messages.sent],
  });
  assert.deepEqual([delivery.missing, delivery.duplicated, delivery.own_copies, delivery.abandoned], [0, 0, 0, 0]);
  assert.ok(delivery.due > 0 && delivery.due === delivery.delivered, 'a count of nothing proves nothing');
}

story('an acknowledgement that says no is a refusal with its code, and nobody misses what was refused', async (world) => {
  const run = await played(world, { rules: { answering_acks: true }, error_share: 0.2, error_code: 'MESSAGE_ERROR' });
  nothingIsLost(run);
  const { report, counts } = run;
  const { outcomes } = counts.events_in.chatMessage;
  const refused = report.errors.filter(({ operation, code }) => operation === 'message' && code === 'MESSAGE_ERROR');
  checks.bothSidesAgree({
    refused: [report.delivery.rejected, outcomes['injected error']],
    errors: [refused.reduce((sum, { count }) => sum + count, 0), outcomes['injected error']],
    sent: [report.delivery.sent, outcomes.accepted + outcomes['injected error']],
  });
  checks.noErrors(report, { except: (error) => refused.includes(error) });
});

story('a server that sends a message to the others alone owes its sender nothing', async (world) => {
  const run = await played(world, { rules: { no_sender_copy: true } }, { own_copies: 0 });
  nothingIsLost(run);
  checks.noErrors(run.report);
  // Nobody hears an echo, so there is no round trip to speak of.
  assert.deepEqual(run.report.metrics.filter(({ name }) => name.startsWith('message.round_trip')), []);
});

story('messages that come as a list are each found', async (world) => {
  const run = await played(world, { rules: { batch_ms: 300 } });
  nothingIsLost(run);
  checks.noErrors(run.report);
  const frames = checks.events(run.report, 'in', 'message');
  assert.ok(frames < run.report.delivery.arrived / 2, `${frames} frames brought ${run.report.delivery.arrived} messages`);
});

story('a history that is played again on joining is no time of delivery', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  // Everybody comes one after the other into one room in which there is much talk.
  const load = { model: 'closed', stages: [{ duration_s: 6, target: USERS }, { duration_s: 3, target: USERS }] };
  const plan = chatPlan(lab, load, { ...QUIET, room_size: USERS }, { lab: { rules: { join_history: 30 } } });
  const report = await swarm.play(page, plan);
  const { messages, messages_replayed } = await lab.counts().then(({ faults, ...counts }) => ({ ...counts, ...faults }));
  assert.ok(messages_replayed > USERS, `${messages_replayed} messages were played again`);
  checks.noErrors(report);
  checks.bothSidesAgree({ sent: [report.delivery.sent, messages.accepted] });
  assert.deepEqual([report.delivery.missing, report.delivery.late], [0, 0]);
  const fanout = metric(report, 'message.fanout');
  // Half a second is more than this server takes, and much less than the age of what it plays again.
  assert.ok(fanout.max < checks.end({ promised: 250, anywhere: 900 }), `the slowest took ${fanout.max} ms`);
});
