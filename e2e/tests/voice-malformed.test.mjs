// What makes no sense is a counted error, and the conversation goes on.
import assert from 'node:assert/strict';

import { counter, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { each, speakers, voicePlan } from '../lib/voice.mjs';

const N = 5;

story('answers that make no sense are counted errors', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const guests = speakers(lab, 'guests', 'voice-guest', each(N, 25), { turns: 1 });
  const report = await swarm.play(page, voicePlan('malformed', [guests], { lab: { voice: { malformed_share: 1 } } }));
  const errors = report.errors.map(({ operation, code, count }) => [operation, code, count]).sort();
  assert.deepEqual(errors, [
    ['audio', 'bad base64', N],
    ['audio', 'no audio field', N],
    ['audio', 'odd byte count', N],
    ['frame', 'binary frame', N],
    // An array, a bare string, and what is no JSON at all.
    ['frame', 'invalid', 3 * N],
  ]);
  assert.equal(counter(report, 'frames.invalid'), 7 * N);
  assert.equal(metric(report, 'answer.first_audio').count, N);
  assert.equal(counter(report, 'turns.answered'), N);
});
