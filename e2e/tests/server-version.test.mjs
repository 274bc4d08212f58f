// The other known version of the chat server, which sends everybody his own message twice.
import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

story('a second copy to the sender is a duplicate and no message', async (world) => {
  const lab = await world.lab({ args: ['--server-version', 'v2'] });
  const page = await world.page(lab.url);
  const behaviour = { room_size: 10, send_min_ms: 500, send_max_ms: 1_000, read: 'seen', reaction_share: 0.05 };
  const report = await swarm.play(page, chatPlan(lab, crowd(20, 8), behaviour));
  const { messages, reads } = await lab.counts();
  checks.noErrors(report);
  checks.bothSidesAgree({
    sent: [report.delivery.sent, messages.accepted],
    arrived: [report.delivery.arrived, messages.sent],
    'second copies': [report.delivery.own_copies, messages.own_copies],
    'a copy of each': [report.delivery.own_copies, report.delivery.sent],
    'round trips': [metric(report, 'message.round_trip').count, report.delivery.sent],
    'read receipts': [metric(report, 'read').count, reads.marks],
  });
  checks.sampledDeliveries(report);
  checks.between('missing', report.delivery.missing, 0, 0);
});

story('a second copy to the sender that the plan knows of is nothing to speak of', async (world) => {
  const lab = await world.lab({ args: ['--server-version', 'v2'] });
  const page = await world.page(lab.url);
  const behaviour = { room_size: 10, send_min_ms: 500, send_max_ms: 1_000, read: 'none', reaction_share: 0, own_copies: 2 };
  const report = await swarm.play(page, chatPlan(lab, crowd(10, 5), behaviour));
  const { messages } = await lab.counts();
  checks.noErrors(report);
  checks.bothSidesAgree({ sent: [report.delivery.sent, messages.accepted], 'a copy of each': [messages.own_copies, messages.accepted] });
  const { own_copies, duplicated, missing } = report.delivery;
  checks.between('what is too much or too little', own_copies + duplicated + missing, 0, 0);
});
