// A latency that the server adds is the latency that the report shows on top.
import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const ADDED_MS = 50;

story('50 ms added by the server are 50 ms in the median round trip', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const behaviour = { room_size: 5, send_min_ms: 500, send_max_ms: 1_000, read: 'none', reaction_share: 0 };
  const median = async (faults) => {
    const plan = chatPlan(lab, crowd(20, 9), behaviour, { warmup_s: 3, settle_s: 1, lab: faults });
    const report = await swarm.play(page, plan);
    checks.noErrors(report);
    return metric(report, 'message.round_trip').p50;
  };
  const plain = await median({});
  const delayed = await median({ latency_ms: ADDED_MS });
  console.log(`median round trip: ${plain.toFixed(2)} ms, with ${ADDED_MS} ms added ${delayed.toFixed(2)} ms`);
  // A machine that is busy meanwhile adds to it.
  checks.between('the difference in ms', delayed - plain, ADDED_MS - 5, ADDED_MS + 10);
});
