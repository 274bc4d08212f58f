// A tester turns the mix, the sizes, the pauses, the turns and the arrivals of a run by hand; the server's counts follow, and stay there.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { deskOf, during, near } from '../lib/desk.mjs';
import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { ofTurns, speakers } from '../lib/voice.mjs';
import { until } from '../lib/wait.mjs';

const SECONDS = 120;
const QUIET = { list_rooms: false, history_pages: 0, reaction_share: 0 };

/** Users of the lab's plain WebSocket. */
const plain = (lab, rest) => ({
  version: 1,
  name: 'plain',
  protocol: { websocket: { event_field: 'type' } },
  connect: { url: `${lab.url.replace('http', 'ws')}/ws` },
  ...rest,
});

/** One population for each kind of knob. */
function plan(lab) {
  const chat = (name, users, variables) => ({
    name,
    scenario: 'ktb-chat',
    variables: { target: lab.url, ...QUIET, ...variables },
    load: crowd(users, SECONDS),
  });
  // Spread, so that they do not think in step.
  const thought = [{ think: { uniform_ms: [0, 2_000] } }, { emit: { event: 'ping', args: [{}] } }];
  return {
    ...planOf({}, {}, { settle_s: 1 }),
    populations: [
      // Each says something twice a second, and everybody marks it as read.
      chat('talkers', 5, { room_size: 5, send_min_ms: 500, send_max_ms: 500 }),
      // They say nothing within the story, and look at no history.
      chat('openers', 20, { room_size: 20, send_min_ms: 900_000, send_max_ms: 900_000, read: 'none' }),
      { name: 'thinkers', scenario: plain(lab, { flow: [{ repeat: 1_000, steps: thought }] }), load: crowd(40, SECONDS) },
      // They hear the greeting and leave, over and over.
      speakers(lab, 'speakers', 'voice-guest', crowd(2, SECONDS), { turns: 0, think_min_ms: 100, think_max_ms: 300 }),
      {
        name: 'arrivals',
        scenario: plain(lab, { flow: [{ emit: { event: 'join', args: [{ room: 'lobby' }] } }], after_flow: 'leave' }),
        load: { model: 'open', start_rate: 2, stages: [{ duration_s: SECONDS, target: 2 }], max_users: 50 },
      },
    ],
  };
}

story('mix, size, pauses, turns and arrivals follow the desk within seconds, by the server’s own counts', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  await swarm.start(page, plan(lab));
  const counted = async () => {
    const { messages, reads, reactions, events_in, events_out, rest } = await lab.counts();
    const uploads = Object.values(rest['POST /api/files/upload'] ?? {});
    return {
      messages: messages.accepted,
      marks: reads.marks,
      reactions: reactions.added,
      uploads: uploads.reduce((all, count) => all + count, 0),
      history: events_in.fetchPreviousMessages?.count ?? 0,
      thoughts: events_in['ws.ping']?.count ?? 0,
      arrivals: events_in['ws.join']?.count ?? 0,
      frames: events_out.message?.frames ?? 0,
      bytes: events_out.message?.bytes ?? 0,
    };
  };
  const size = ({ bytes, frames }) => bytes / frames;
  const joined = async () => (await lab.counts()).events_in.joinRoom?.count ?? 0;
  await until('all users to be there', async () => (await joined()) === 25, { within: 20_000 });
  await until('all talkers to talk', async () => near((await during(1, counted)).messages, 10, 0.15), { every: 1 });
  const usual = await during(3, counted);
  assert.ok(near(usual.marks, 50, 0.15) && near(usual.thoughts, 40, 0.2) && near(usual.arrivals, 2, 0.25), JSON.stringify(usual));
  assert.deepEqual([usual.reactions, usual.uploads, usual.history], [0, 0, 0]);

  const { steer, turn, slider } = deskOf(page);
  await at.desk(page).scrollIntoViewIfNeeded();
  /** The server sees it in one of the next seconds. */
  const shows = (what, seen, within = 2_500) =>
    until(what, async () => seen(await during(1, counted)), { within, every: 1 });

  await steer('talkers');
  await turn('Message size', 1_000);
  await shows('longer messages', (now) => size(now) > size(usual) + 600);
  const longer = await during(2, counted);
  assert.ok(near(size(longer) - size(usual), 900, 0.01), `${size(usual)} and then ${size(longer)} bytes a message`);
  await turn('Read share', 0.2);
  await shows('fewer marks', (now) => now.marks < usual.marks * 0.4);
  await turn('Reaction share', 1);
  await shows('reactions', (now) => now.reactions >= 4, 4_000);
  await turn('File share', 1);
  await shows('files', (now) => now.uploads >= 2);
  await steer('openers');
  await turn('History share', 1);
  await shows('looks at the history', (now) => now.history > 0);
  await steer('thinkers');
  await slider('Think time').press('PageUp');
  await shows('longer pauses', (now) => now.thoughts < 30);
  const turns = async () => (await lab.counts()).voice;
  assert.equal(ofTurns(await turns(), 'started'), 0);
  await steer('speakers');
  await turn('Turns', 2);
  await steer('arrivals');
  await turn('Arrivals', 6);
  await shows('more arrivals', (now) => near(now.arrivals, 6, 0.25));

  // Each of the openers looks once in this time.
  const now = await during(10, counted);
  const stays = {
    'messages a second': [now.messages, 10, 0.1],
    'marks for each message': [now.marks / now.messages, 5 * 0.2, 0.4],
    'reactions for each message': [now.reactions / now.messages, 1, 0.4],
    'files for each message': [now.uploads / now.messages, 1, 0.05],
    'looks at the history a second': [now.history, 20 / 10, 0.15],
    'thoughts a second': [now.thoughts, 20, 0.2],
    'arrivals a second': [now.arrivals, 6, 0.1],
  };
  for (const [what, [found, wanted, slack]] of Object.entries(stays)) {
    assert.ok(near(found, wanted, slack), `${what}: ${found}, not ${wanted}`);
  }

  // A script takes the same way, and is told all that is against it.
  await swarm.act(page, { do: 'think', factor: 0.5, population: 'thinkers' });
  await shows('shorter pauses', (seen) => seen.thoughts > 55, 4_000);
  await assert.rejects(swarm.act(page, { do: 'drop', share: 2, users: 3 }), /users: unknown field, expected .*`share`/s);
  await assert.rejects(swarm.act(page, { do: 'think', factor: 2, population: 'talker' }), /there is no population "talker"/);

  // A turn takes its time.
  const second = async () => (await turns()).turns['2']?.started;
  await until('users to speak twice', second, { within: 15_000 });
  assert.equal((await turns()).turns['3'], undefined);

  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  checks.noErrors(report);
  assert.deepEqual([report.delivery.missing, report.delivery.duplicated], [0, 0]);
  assert.equal(report.plan.actions.length, 9, 'what was done is a part of the plan');
  await assert.rejects(swarm.act(page, { do: 'pause' }), /only a run that is going on can be steered/);
});
