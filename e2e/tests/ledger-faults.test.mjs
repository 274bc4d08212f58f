// What the server loses, doubles and swaps is found, all of it and nothing else.
import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 100;
const DELIVERIES = 8_000;

story('100 users in 10 rooms, 5 % lost, 3 % doubled, 2 % swapped by the server: the ledger says exactly that', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const faults = { lose_share: 0.05, duplicate_share: 0.03, reorder_share: 0.02 };
  const behaviour = { room_size: 10, send_min_ms: 1_500, send_max_ms: 2_300, read: 'none', reaction_share: 0 };
  // A slow machine may take its time: what has to be seen ends the run, not the clock.
  await swarm.start(page, chatPlan(lab, crowd(USERS, 300), behaviour));
  // While somebody's join is under way only the server knows whether a message was meant for him already: a loss there
  // is no loss to the ledger. So the faults begin when everybody has heard that he is in.
  await swarm.everybody(page, USERS, { within: 90_000 });
  const { messages: before } = await lab.counts();
  await lab.setFaults(faults);
  await until(
    `${DELIVERIES} deliveries`,
    async () => (await lab.counts()).messages.deliveries >= before.deliveries + DELIVERIES,
    { within: 90_000, every: 500 },
  );
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const { messages } = await lab.counts();
  // A sender whose own copy was lost waits for it in vain, and says so; nothing else may go wrong.
  checks.noErrors(report, { except: ({ operation, code }) => operation === 'message' && code === 'echo timeout' });
  checks.bothSidesAgree({
    sent: [report.delivery.sent, messages.accepted],
    arrived: [report.delivery.arrived, messages.sent],
    missing: [report.delivery.missing, messages.lost],
    duplicated: [report.delivery.duplicated + report.delivery.own_copies, messages.duplicated],
    reordered: [report.delivery.reordered, messages.reordered],
  });
  const share = (what) => messages[what] / (messages.deliveries - before.deliveries);
  checks.between('share lost', share('lost'), 0.04, 0.06);
  checks.between('share doubled', share('duplicated'), 0.02, 0.04);
  checks.between('share swapped', share('reordered'), 0.01, 0.03);
});
