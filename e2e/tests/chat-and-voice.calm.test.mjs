// Chat and voice at the same time: both are measured, and the browser is no bottleneck for either.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { counter, knownLag, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { presetForLab } from '../lib/targets.mjs';
import { ofTurns } from '../lib/voice.mjs';

const SECONDS = 45;

story('100 people chat while 30 speak', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const preset = presetForLab(await swarm.presetPlan(page, 'chat-voice'), lab.url);
  const populations = preset.populations.map((one) => ({ ...one, load: { ...one.load, duration_s: SECONDS } }));
  const report = await swarm.play(page, { ...preset, settle_s: 1, populations });
  const counts = await lab.counts();
  const [trip, first] = ['message.round_trip', 'answer.first_audio.from_stopped'].map((name) => metric(report, name));
  console.log(
    `round trip p50 ${trip.p50.toFixed(1)}, p99 ${trip.p99.toFixed(1)} ms over ${trip.count}; ` +
      `first audio from speech.stopped p50 ${first.p50.toFixed(1)}, p99 ${first.p99.toFixed(1)} ms over ${first.count}; ` +
      `pacing error of audio p99 ${metric(report, 'audio.pacing.error').p99.toFixed(1)} ms; ` +
      `worker lag p50 ${knownLag(report, 'p50').toFixed(2)}, p99 ${knownLag(report, 'p99').toFixed(1)} ms`,
  );
  checks.noErrors(report);
  assert.equal(report.delivery.missing, 0);
  checks.bothSidesAgree({
    'messages sent': [report.delivery.sent, counts.messages.accepted],
    'turns heard to their end': [metric(report, 'speak.speech_stopped').count, ofTurns(counts.voice, 'stopped')],
    'chunks heard': [
      counter(report, 'audio.chunks.in'),
      Object.values(counts.voice.turns).reduce((sum, turn) => sum + turn.chunks, 0),
    ],
  });
  // What the charts of either are drawn from.
  for (const name of ['message.round_trip', 'answer.first_audio']) {
    assert.ok(report.series.metrics[name].count.some((count) => count > 0), `${name} has no series`);
  }
  for (const name of ['users.active', 'users.speaking', 'users.listening']) {
    assert.ok(report.series.values[name].some((value) => value > 0), `${name} has no series`);
  }
  checks.between('worker lag p99, ms', knownLag(report, 'p99'), 0, checks.end({ promised: 50, anywhere: 250 }));
});
