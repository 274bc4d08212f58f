// What the server loses, doubles and swaps is found, all of it and nothing else.
import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

story('5 % lost, 3 % doubled, 2 % swapped by the server: the ledger says exactly that', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const faults = { lose_share: 0.05, duplicate_share: 0.03, reorder_share: 0.02 };
  const behaviour = { room_size: 20, send_min_ms: 1_000, send_max_ms: 2_000, read: 'none', reaction_share: 0 };
  const report = await swarm.play(page, chatPlan(lab, crowd(100, 30), behaviour, { lab: faults }));
  const { messages } = await lab.counts();
  // A sender whose own copy was lost waits for it in vain, and says so; nothing else may go wrong.
  checks.noErrors(report, { except: ({ operation, code }) => operation === 'message' && code === 'echo timeout' });
  checks.bothSidesAgree({
    sent: [report.delivery.sent, messages.accepted],
    arrived: [report.delivery.arrived, messages.sent],
    missing: [report.delivery.missing, messages.lost],
    duplicated: [report.delivery.duplicated, messages.duplicated],
    reordered: [report.delivery.reordered, messages.reordered],
  });
  checks.between('share lost', messages.lost / messages.deliveries, 0.04, 0.06);
  checks.between('share doubled', messages.duplicated / messages.sent, 0.02, 0.04);
  checks.between('share swapped', messages.reordered / messages.sent, 0.01, 0.03);
});
