// A service that sends an answer faster than it plays is listened to all the same, as long as it plays.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { counter, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { each, speakers, voicePlan } from '../lib/voice.mjs';

const N = 5;

story('answers that come early are heard to their end', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const guests = speakers(lab, 'guests', 'voice-guest', each(N, 30), { turns: 1 });
  const report = await swarm.play(page, voicePlan('ahead', [guests], { lab: { voice: { speed: 20 } } }));
  checks.noErrors(report);
  assert.equal(counter(report, 'turns.answered'), N);
  const audio_s = counter(report, 'audio.received_ms') / 1_000;
  const { real_time_factor } = report.listeners.all;
  const listened_s = report.series.values['users.listening'].reduce((sum, users) => sum + (users ?? 0), 0);
  console.log(
    `${audio_s.toFixed(1)} s of audio came ${real_time_factor.toFixed(1)} times faster than it plays, and was listened to for about ${listened_s} s`,
  );
  checks.between('real-time factor', real_time_factor, 10, 25);
  // Seen once a second for each user.
  checks.between('seconds listened', listened_s, 0.75 * audio_s, 1.25 * audio_s);
  assert.equal(metric(report, 'answer.audio_length').count, N);
});
