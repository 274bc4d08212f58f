// 100 people talk with the voice service; every turn is accounted for on both sides, and what the service was told to do
// is what was measured.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { counter, knownLag, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { conversations, each, ofTurns, speakers, voicePlan } from '../lib/voice.mjs';

const EACH = 50;
const TURNS = 3;
const THINK_MS = 300;

story('50 guests and 50 members, 3 turns each: what was injected is what was heard', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  // Answers play almost a second behind: a stall of two starves their player, and hiccups of this machine do not.
  const variables = { turns: TURNS, player_buffer_ms: 1_000, think_min_ms: 3_000, think_max_ms: 4_000 };
  const population = (name, scenario) => speakers(lab, name, scenario, each(EACH, 90, 10), variables);
  const plan = voicePlan('voice', [population('guests', 'voice-guest'), population('members', 'voice-member')], {
    settle_s: 1,
    lab: { voice: { think_ms: THINK_MS, stall_share: 0.1, stall_ms: 2_000 } },
  });
  const report = await swarm.play(page, plan);
  const { voice } = await lab.counts();
  const from_stopped = metric(report, 'answer.first_audio.from_stopped');
  const stalled = ofTurns(voice, 'stalled');
  const underruns = metric(report, 'audio.underrun');
  console.log(
    `first audio from speech.stopped: p50 ${from_stopped.p50.toFixed(1)} ms, p99 ${from_stopped.p99.toFixed(1)} ms; ` +
      `${stalled} answers stalled, ${underruns.count} underruns of ${underruns.min.toFixed(0)} to ${underruns.max.toFixed(0)} ms; ` +
      `pacing error p99 ${metric(report, 'audio.pacing.error').p99.toFixed(1)} ms, worker lag p99 ${knownLag(report, 'p99').toFixed(1)} ms`,
  );
  checks.noErrors(report);
  assert.equal(voice.turns['0'].begun, 2 * EACH, 'a greeting for everybody');
  assert.equal(ofTurns(voice, 'begun'), 2 * EACH * TURNS, 'an answer to every utterance');
  assert.equal(counter(report, 'turns'), 2 * EACH * TURNS);
  checks.bothSidesAgree({
    ...conversations(report, voice),
    'reports at the end': [metric(report, 'report').count, 2 * EACH],
    'stalled answers': [counter(report, 'audio.answers.starved'), stalled],
    underruns: [underruns.count, stalled],
  });
  assert.equal(report.listeners.users, 2 * EACH);
  checks.between('p50 of first audio from speech.stopped, ms', from_stopped.p50, THINK_MS - 15, THINK_MS + 15);
});
