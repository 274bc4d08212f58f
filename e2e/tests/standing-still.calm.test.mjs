// A server that stands still: what it is asked meanwhile takes as long as that, and is lost by nobody.
import assert from 'node:assert/strict';

import { chatPlan, crowd } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { errorCounts } from '../lib/voice.mjs';
import { until } from '../lib/wait.mjs';

// Calm, because its times are judged: beside other stories a slow machine stands still for more than a fifth of them.
story('a server that stands still for 9 s is slow for all that it was asked, and loses nothing', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const behaviour = { room_size: 5, send_min_ms: 400, send_max_ms: 600, read: 'none', reaction_share: 0, file_share: 0, answer_timeout_s: 3 };
  const thresholds = ['message.round_trip p95 < 4 s', 'message.round_trip p50 < 3 s', 'delivery.missing == 0'];
  // Seconds are asked for: a busy machine may be late by a tenth of them.
  const verdict = { lag_ms: 1_000, pacing_ms: 1_000 };
  await swarm.start(page, chatPlan(lab, crowd(10, 24), behaviour, { thresholds, settle_s: 3, verdict }));
  await until('everybody to talk', async () => (await lab.counts()).messages.accepted >= 60, { within: 30_000 });
  const { elapsed_s } = await swarm.status(page);
  lab.pause();
  await until('9 s of the run to pass', async () => (await swarm.status(page)).elapsed_s >= elapsed_s + 9, { within: 30_000 });
  lab.resume();
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const { messages } = await lab.counts();
  const { delivery } = report;
  assert.deepEqual([delivery.sent, delivery.missing, delivery.unconfirmed], [messages.accepted, 0, 0], JSON.stringify(delivery));
  // Every echo is a sample, in time or late; each that was late has failed once.
  const trip = metric(report, 'message.round_trip');
  assert.deepEqual([trip.count, trip.censored], [delivery.accepted, undefined], JSON.stringify(errorCounts(report)));
  assert.ok(trip.max > 8_500 && trip.max < 11_000, `${trip.max}`);
  assert.ok(trip.p95 > 6_000, `${trip.p95}`);
  const operation = report.operations.find(({ name }) => name === 'message');
  assert.equal(operation.succeeded + operation.failed, delivery.sent, JSON.stringify(operation));
  assert.ok(operation.failed > 50, `${operation.failed}`);
  assert.deepEqual(report.thresholds.map(({ outcome }) => outcome).slice(0, 3), ['fail', 'pass', 'pass'], JSON.stringify(report.thresholds));
});
