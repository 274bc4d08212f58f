// What a tester of a voice service does by hand: gives the users something of their own to say, listens to one of them,
// and looks where conversations ended.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import * as at from '../lib/locators.mjs';
import { metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { editJson, seeState } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';
import { toneFile } from '../lib/wav.mjs';

const SIZE = { viewport: { width: 1280, height: 900 } };

/** The plan of some voice guests, typed into the editor. */
const guests = (lab, users, variables = {}) => ({
  version: 1,
  name: 'voice by hand',
  populations: [
    {
      name: 'guests',
      scenario: 'voice-guest',
      variables: { target: lab.url, think_min_ms: 100, think_max_ms: 300, ...variables },
      load: { model: 'closed', start: users, stages: [{ duration_s: 180, target: users }] },
    },
  ],
});

const shown = (plan) => () => JSON.stringify(plan);

story('users say a clip that was dropped into the page, and one of them is listened to', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await editJson(page, shown(guests(lab, 3, { turns: 1_000 })));
  await at.clipFiles(page).setInputFiles([
    { name: 'my tone.wav', mimeType: 'audio/wav', buffer: toneFile({ seconds: 1.5, rate: 44_100, channels: 2 }) },
    { name: 'noise.mp3', mimeType: 'audio/mpeg', buffer: Buffer.from('no audio at all') },
  ]);
  await at.clip(page, 'my tone').waitFor();
  assert.match(await at.clip(page, 'my tone').innerText(), /1\.5.s/);
  await until('the bad file to be named', async () => /noise\.mp3 was not read/.test(await at.notice(page).innerText()));
  // Only the own one is said.
  for (const name of ['order', 'weather', 'weekend']) await at.clipTick(page, name).uncheck();
  const plan = JSON.parse(await at.jsonEditor(page).inputValue());
  assert.deepEqual(plan.populations[0].variables.utterances, ['my tone']);

  await at.startButton(page).click();
  await seeState(page, /ramping|holding/i);
  await at.hearCard(page).getByRole('button', { name: 'Any user' }).click();
  await until('both to have been heard', async () => {
    const seen = await at.hearCard(page).getByRole('img').getAttribute('aria-label');
    return /service: [1-9]/.test(seen) && /user: [1-9]/.test(seen);
  }, { within: 40_000 });
  const events = at.hearCard(page).getByRole('list', { name: /protocol events/i });
  await until('the protocol', async () => /speech\.started[^]*audio\.done/.test(await events.innerText()), { within: 30_000 });
  // The one that is heard says what a person has it say, and how long its answer took is shown.
  const card = at.seeCard(page);
  await card.getByLabel('User', { exact: true }).fill(await at.hearCard(page).getByLabel('User', { exact: true }).inputValue());
  await page.keyboard.press('Enter');
  await card.getByRole('button', { name: 'Take over' }).click();
  await card.getByRole('button', { name: 'Give it back to its script' }).waitFor();
  await card.getByLabel('Clip', { exact: true }).selectOption('my tone');
  // What its script has begun to say it says to the end.
  await until('it to have the word', async () => !/speaking/.test(await card.locator('.facts').innerText()), { within: 20_000 });
  await card.getByRole('button', { name: 'Speak', exact: true }).click();
  await card.getByRole('log').getByText(/answer: first audio after [\d.]+.m?s/).waitFor();
  await card.getByRole('button', { name: 'Give it back to its script' }).click();
  await at.hearCard(page).getByRole('button', { name: 'Stop listening' }).click();
  const count = await events.getByRole('listitem').count();
  const before = (await swarm.report(page)).counters.find((entry) => entry.name === 'turns.answered').count;
  await until('two more turns', async () => {
    const now = (await swarm.report(page)).counters.find((entry) => entry.name === 'turns.answered').count;
    return now >= before + 2;
  }, { within: 40_000 });
  assert.equal(await events.getByRole('listitem').count(), count, 'nothing is heard after the stop');

  await at.stopButton(page).click();
  await seeState(page, /done|finished/i);
  const report = await swarm.report(page);
  // Chunks are whole: 1.5 s of speech take nine of them.
  checks.between('milliseconds of speech', metric(report, 'speak').p50, 1_500, 1_900);
  const { voice } = await lab.counts();
  assert.ok(voice.turns['1'].started >= 3, 'the service heard it');
});

story('closes and silence stand in the cell of their phase', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await lab.setVoice({ early_close_share: 1, early_close_code: 4004, early_close_phase: 'waiting' });
  await editJson(page, shown(guests(lab, 2)));
  await at.startButton(page).click();
  const closes = page.getByRole('region', { name: 'Closes by phase, table' });
  await until('the close', async () => (await closes.getByRole('row', { name: /^4004/ }).count()) === 1, { within: 40_000 });
  const heads = await closes.getByRole('columnheader').allInnerTexts();
  const cell = closes.getByRole('row', { name: /^4004/ }).getByRole('cell');
  const waiting = cell.nth(heads.indexOf('waiting') - 1).getByRole('button', { name: /^2\b/ });
  await until('both', async () => (await waiting.count()) === 1, { within: 20_000 });
  assert.equal(await cell.nth(heads.indexOf('Population') - 1).innerText(), 'guests');
  assert.equal(await cell.nth(heads.indexOf('listening') - 1).innerText(), '0');

  await until('the end', async () => (await swarm.status(page)).users.failed === 2);
  await at.stopButton(page).click();
  await seeState(page, /done|finished/i);
  await lab.setVoice({ silent_greeting_share: 1 });
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await editJson(page, shown(guests(lab, 2, { greeting_timeout_s: 1 })));
  await at.startButton(page).click();
  const silence = page.getByRole('region', { name: 'Silence by phase, table' });
  const row = silence.getByRole('row', { name: /^no greeting/ });
  await until('silence', async () => (await row.count()) === 1 && /^2\b/.test(await row.getByRole('cell').nth(2).innerText()), { within: 40_000 });
});

story('a recording from the own microphone becomes a clip', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, { ...SIZE, args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
  await editJson(page, shown(guests(lab, 1)));
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  const timer = page.getByRole('timer');
  // Long enough to be seen while it is played.
  await until('some seconds', async () => (await timer.innerText()) >= '0:03');
  await page.getByRole('button', { name: 'Stop recording' }).click();
  await at.clip(page, 'recording').waitFor();
  await page.getByRole('button', { name: 'Play recording' }).click();
  await page.getByRole('button', { name: 'Stop recording' }).waitFor();
  await page.getByRole('button', { name: 'Play recording' }).waitFor();
  await page.getByRole('button', { name: 'Rename recording' }).click();
  await page.getByRole('textbox', { name: /New name/ }).fill('beeps');
  await page.keyboard.press('Enter');
  await at.clip(page, 'beeps').waitFor();
  await page.getByRole('button', { name: 'Remove beeps' }).click();
  await until('it to be gone', async () => (await at.clip(page, 'beeps').count()) === 0);
  assert.equal((await swarm.check(page, JSON.parse(await at.jsonEditor(page).inputValue()))).ok, true);
});

story('a refused microphone is said in words', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await editJson(page, shown(guests(lab, 1)));
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await until('the reason', async () => /microphone/i.test(await at.notice(page).innerText()));
  await page.getByRole('button', { name: 'Record', exact: true }).waitFor();
});
