// The report's counts equal the server's to the last message.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

story('200 users in 10 rooms for 30 s: the report counts what the lab counted', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  // A message every 5 s, read and now and then reacted to by 19 others: as much as two cores carry with both sides on them.
  const behaviour = { room_size: 20, send_min_ms: 4_000, send_max_ms: 6_000, read_batch: 10, read_flush_ms: 2_000 };
  const report = await swarm.play(page, chatPlan(lab, rampThenHold(200, 10, 30), behaviour));
  const counts = await lab.counts();
  checks.noErrors(report);
  checks.bothSidesAgree({
    'messages sent': [report.delivery.sent, counts.messages.accepted],
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
  const { due, delivered, missing, duplicated, reordered } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated, reordered }, { delivered: due, missing: 0, duplicated: 0, reordered: 0 });
});
