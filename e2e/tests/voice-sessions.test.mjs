// Sessions that exist already are gone on with: their ids come from a file, and the service stands under another path.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { each, ofTurns, speakers, voicePlan } from '../lib/voice.mjs';

const N = 3;

story('guests go on with the sessions in a file', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const ids = [];
  for (let n = 0; n < N; n += 1) ids.push(await newSession(lab.url));
  const guests = {
    ...speakers(lab, 'guests', 'voice-guest', each(N, 25), { turns: 1, session: '${account.session_id}', ws_prefix: '/ws' }),
    accounts: { source: 'csv', columns: ['session_id'] },
  };
  const plan = voicePlan('sessions', [guests]);
  const few = await swarm.check(page, plan, ['session_id\n' + ids[0]]);
  assert.equal(few.ok, false, 'one row does not serve three users');
  const report = await swarm.play(page, plan, { files: [['session_id', ...ids].join('\n')] });
  checks.noErrors(report);
  const { voice } = await lab.counts();
  assert.equal(voice.now.sessions, N, 'nobody made a new one');
  checks.bothSidesAgree({
    greetings: [metric(report, 'greeting.first_audio').count, voice.turns['0'].begun],
    answers: [metric(report, 'answer.first_audio').count, ofTurns(voice, 'begun')],
  });
});

async function newSession(url) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1/chat/sessions`, { method: 'POST', body: '{}', headers });
  return (await response.json()).session_id;
}
