// What a plan asks of the lab: its faults come with the run, are found in it, and go with it.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { counter, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const behaviour = { room_size: 10, send_min_ms: 500, send_max_ms: 1_000, read: 'none', reaction_share: 0 };

/** Every switch is at 0, empty or false. */
const isFaultless = async (lab) => Object.values(await lab.faults()).every((value) => !value);
const faultsAreGone = (lab) => until('the faults to be switched off', () => isFaultless(lab));

const total = (entries) => entries.reduce((sum, { count }) => sum + count, 0);

story('refused handshakes, errors and doubles of the plan are counted as the lab counts them', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const faults = { refuse_share: 0.3, error_share: 0.2, error_code: 'SERVER_BUSY', duplicate_share: 0.1 };
  const users = 20;
  await swarm.start(page, chatPlan(lab, crowd(users, 180), behaviour, { lab: faults }));
  // Whoever connects when the run ends never learns that he was refused.
  await swarm.everybody(page, users, { within: 60_000 });
  await until('each fault', async () => {
    const { faults, messages } = await lab.counts();
    return faults.handshakes_refused && faults.errors_injected && messages.duplicated;
  });
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const [report, counts] = [await swarm.report(page), await lab.counts()];
  const busy = report.errors.filter(({ code }) => code === 'SERVER_BUSY');
  const refused = report.errors.filter(({ operation, code }) => operation === 'connect' && code === 'closed 1006');
  checks.noErrors(report, { except: (error) => busy.includes(error) || refused.includes(error) });
  assert.deepEqual([...new Set(busy.map(({ operation }) => operation))], ['message']);
  assert.ok(busy.every(({ sample }) => sample.includes('SERVER_BUSY')), 'a sample says what the server said');
  checks.bothSidesAgree({
    errors: [total(busy), counts.faults.errors_injected],
    rejected: [report.delivery.rejected, counts.faults.errors_injected],
    refused: [total(refused), counts.faults.handshakes_refused],
  });
  // Every frame came, doubles included.
  assert.equal(checks.events(report, 'in', 'message'), counts.events_out.message.frames);
  // A copy of what was sent before its member had entered may be a history that is told: it is none.
  const doubled = report.delivery.duplicated + report.delivery.own_copies;
  const { duplicated } = counts.messages;
  assert.ok(doubled <= duplicated && doubled >= duplicated - report.delivery.extra, `${doubled} of ${duplicated}`);
  await faultsAreGone(lab);
});

story('a restart of the plan cuts everybody off, and everybody comes back', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const users = 10;
  const faults = { latency_ms: 1, restart_at_s: 8, restart_down_ms: 3_000 };
  await swarm.start(page, chatPlan(lab, crowd(users, 180), behaviour, { lab: faults }));
  const active = async () => (await swarm.status(page)).users.active;
  await swarm.everybody(page, users);
  await until('everybody to notice the restart', async () => (await active()) === 0, { within: 30_000 });
  await swarm.everybody(page, users);
  assert.ok(!(await isFaultless(lab)), 'the faults last as long as the run');
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const cut = report.disconnects.filter(({ by, phase }) => by === 'server' && phase === 'active');
  checks.bothSidesAgree({
    'connections cut': [total(cut), users],
    'connections made': [metric(report, 'connect').count, 2 * users],
  });
  assert.ok(counter(report, 'reconnects') >= users);
  await faultsAreGone(lab);
});
