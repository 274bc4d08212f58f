// Guests and members talk with the voice service; every turn is accounted for on both sides.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { counter, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';

const EACH = 10;
const TURNS = 2;

story('10 guests and 10 members, 2 turns each: every turn is accounted for on both sides', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const population = (name, scenario) => ({
    name,
    scenario,
    variables: { target: lab.url, turns: TURNS },
    load: { model: 'batch', users: EACH, size: 5, every_s: 1, hold_s: 60 },
  });
  const report = await swarm.play(page, {
    version: 1,
    name: 'voice',
    seed: 1,
    populations: [population('guests', 'voice-guest'), population('members', 'voice-member')],
  });
  const { voice } = await lab.counts();
  checks.noErrors(report);
  const answers = Object.entries(voice.turns).filter(([turn]) => turn !== '0');
  const ofAnswers = (what) => answers.reduce((sum, [, counts]) => sum + counts[what], 0);
  assert.equal(voice.turns['0'].begun, 2 * EACH, 'a greeting for everybody');
  assert.equal(ofAnswers('begun'), 2 * EACH * TURNS, 'an answer to every utterance');
  checks.bothSidesAgree({
    greetings: [metric(report, 'greeting.first_audio').count, voice.turns['0'].begun],
    'answers begun': [metric(report, 'answer.first_audio').count, ofAnswers('begun')],
    'ends of speech that were heard': [metric(report, 'speak.speech_stopped').count, ofAnswers('stopped')],
    'audio frames sent': [
      counter(report, 'events.out.input_audio_buffer.append'),
      voice.events_in['input_audio_buffer.append'].count,
    ],
    'reports at the end': [metric(report, 'report').count, 2 * EACH],
  });
});
