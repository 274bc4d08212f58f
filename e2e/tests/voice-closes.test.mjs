// Every way in which the service ends a conversation is told apart by its code, where it happened, and to whom.
import assert from 'node:assert/strict';

import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { closes, each, speakers, voicePlan } from '../lib/voice.mjs';

const N = 3;

story('conversations that the service does not allow', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const users = (name, scenario, variables) => speakers(lab, name, scenario, each(N, 5), { turns: 0, ...variables });
  const owned = await sessionOfAMember(lab.url);
  const refused = await swarm.play(
    page,
    voicePlan('refused', [
      users('guests of nobody', 'voice-guest', { session: 'unknown' }),
      users('guests of a member', 'voice-guest', { session: owned }),
      users('other members', 'voice-member', { session: owned }),
      users('refused', 'voice-member', { show_text: 'maybe' }),
      // A browser ends a handshake that does not confirm the subprotocol it asked for, and this service does not.
      users('unconfirmed', 'voice-member', { token_in: 'protocol' }),
    ]),
  );
  assert.deepEqual(closes(refused), [
    ['guests of a member', 4003, 'before_greeting', N],
    ['guests of nobody', 4004, 'before_greeting', N],
    ['other members', 4003, 'before_greeting', N],
    ['refused', 1006, 'connecting', N],
    ['unconfirmed', 1006, 'connecting', N],
  ]);
  await lab.setVoice({ no_key: true });
  const unconfigured = await swarm.play(
    page,
    voicePlan('no key', [users('guests', 'voice-guest'), users('members', 'voice-member'), dialogues(lab)]),
  );
  assert.deepEqual(closes(unconfigured), [
    ['dialogues', 1011, 'before_greeting', N],
    ['guests', 1008, 'before_greeting', N],
    ['members', 1008, 'before_greeting', N],
  ]);
});

story('conversations that the service ends, wherever they are', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const variables = { turns: 1, length_s: 0.7, think_min_ms: 100, think_max_ms: 200 };
  const populations = ['guest', 'member'].map((role) => speakers(lab, `${role}s`, `voice-${role}`, each(N, 12), variables));
  const endings = [
    ['before_greeting', 1011, 'before_greeting'],
    ['speaking', 1009, 'speaking'],
    ['waiting', 1012, 'awaiting_answer'],
    ['listening', 1006, 'listening'],
    ['after_report', 1001, 'after_report'],
  ];
  for (const [early_close_phase, code, phase] of endings) {
    const voice = { early_close_share: 1, early_close_code: code, early_close_phase };
    const report = await swarm.play(page, voicePlan(early_close_phase, populations, { lab: { voice } }));
    // After the report both sides close, and it depends on the network who is first.
    const ended = report.disconnects.map((end) => [end.population, end.code, end.phase, end.count]).sort();
    assert.deepEqual(ended, [
      ['guests', code, phase, N],
      ['members', code, phase, N],
    ]);
  }
});

const dialogues = (lab) => speakers(lab, 'dialogues', 'voice-scenario', each(N, 5), {});

/** Somebody signs up and makes a session. */
async function sessionOfAMember(url) {
  const call = async (path, init) => {
    const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', ...init });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const json = (body, headers = {}) => ({ body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  await call('/auth/signup', json({ login_id: 'owner', nickname: 'owner', password: 'secret' }));
  const form = new URLSearchParams({ grant_type: 'password', username: 'owner', password: 'secret' });
  const { access_token } = await call('/auth/login', { body: form });
  return (await call('/chat/sessions', json({}, { authorization: `Bearer ${access_token}` }))).session_id;
}
