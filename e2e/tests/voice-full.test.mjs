// A service that is full lets guests in and never says a word to them.
import assert from 'node:assert/strict';

import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { closes, each, errorCounts, speakers, voicePlan } from '../lib/voice.mjs';

const [CAP, BEYOND] = [30, 10];

story('a cap of 30 leaves 10 of 40 guests in silence', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  await lab.setVoice({ cap: CAP, full_silence_ms: 20_000 });
  const guests = (variables) =>
    voicePlan('full', [speakers(lab, 'guests', 'voice-guest', each(CAP + BEYOND, 30), { turns: 1, ...variables })]);
  // They give up before the service does.
  const silent = await swarm.play(page, guests({ greeting_timeout_s: 4 }));
  assert.deepEqual(errorCounts(silent), { 'greeting no greeting (before_greeting)': BEYOND });
  // Who heard none within 4 s is part of it: it takes more than that.
  const greeting = metric(silent, 'greeting.first_audio');
  assert.deepEqual([greeting.count, greeting.censored], [CAP + BEYOND, { count: BEYOND, from: 4_000 }]);
  assert.equal((await lab.counts()).voice.full, BEYOND);
  // The service gives up first.
  await lab.setVoice({ cap: CAP, full_silence_ms: 3_000 });
  const cut = await swarm.play(page, guests({ greeting_timeout_s: 20 }));
  // One loss is one error.
  assert.deepEqual(errorCounts(cut), { 'connect died without a frame (before_greeting)': BEYOND });
  assert.deepEqual(closes(cut), [['guests', 1006, 'before_greeting', BEYOND]]);
});
