// Frames that are not as the scenario says, a history that is not as it was delivered: each fault of the server is found and named.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { counter } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const USERS = 6;
const STEADY = { room_size: USERS, send_min_ms: 400, send_max_ms: 600, read: 'seen', reaction_share: 0, probe_pages: 10 };

story('a server that breaks its contract and forgets is told so', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const faults = {
    breach_missing_share: 0.1,
    breach_type_share: 0.1,
    breach_unknown_share: 0.1,
    history_lose_share: 0.1,
    history_duplicate_share: 0.1,
    history_reorder_share: 0.6,
    read_stuck_share: 0.1,
  };
  const rest = { lab: faults, contract_every: 1, consistency_users: USERS, settle_s: 1, thresholds: ['consistency.missing count == 0'] };
  const report = await swarm.play(page, chatPlan(lab, crowd(USERS, 6), STEADY, rest));
  const found = report.contract.map(({ event, path, expected, found }) => [event, path, expected, found].join(' '));
  assert.ok(found.includes('message room string nothing'), found.join('\n'));
  assert.ok(found.includes('message timestamp integer string'), found.join('\n'));
  assert.ok(found.includes('debugTrace   '), found.join('\n'));
  assert.equal(report.contract.find(({ event }) => event === 'debugTrace').count, (await lab.counts()).events_out.debugTrace.frames);
  for (const name of ['missing', 'duplicated', 'out_of_order', 'stuck_unread']) {
    assert.ok(counter(report, `consistency.${name}`) > 0, `consistency.${name} is 0`);
  }
  assert.equal(report.thresholds[0].outcome, 'fail');
  await at.region(page, 'Contract').getByText('debugTrace').waitFor();
  await at.region(page, 'Consistency').getByText(/differences between the history and what was delivered/).waitFor();
});

story('a server that keeps its word is not accused', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const plan = chatPlan(lab, crowd(USERS, 5), STEADY, { contract_every: 1, consistency_users: USERS, settle_s: 1 });
  const report = await swarm.play(page, plan);
  assert.deepEqual(report.contract, []);
  assert.ok(counter(report, 'contract.checked') > 100);
  assert.equal(counter(report, 'consistency.users'), USERS);
  assert.ok(counter(report, 'consistency.compared') > 50);
  for (const name of ['missing', 'duplicated', 'out_of_order', 'stuck_unread']) assert.equal(counter(report, `consistency.${name}`), 0, name);
});
