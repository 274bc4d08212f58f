// A person looks at one user, acts for it, and finds what was on the connection of those who had an error.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import * as checks from '../lib/checks.mjs';
import * as at from '../lib/locators.mjs';
import { ARTIFACTS } from '../lib/paths.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { chooseColours } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

/** Nobody marks as read: of a user whom nobody watches only the last 64 frames are kept. */
const behaviour = { room_size: 8, send_min_ms: 1_000, send_max_ms: 2_000, read: 'none', reaction_share: 0.2 };
const SIZE = { viewport: { width: 1280, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] };

story('one user is watched, taken over and given back, and an error leads to its transcript', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url, SIZE);
  await lab.setFaults({ error_share: 0.2, error_code: 'SERVER_BUSY' });
  await swarm.start(page, chatPlan(lab, crowd(8, 180), behaviour));
  // While a run begins, cards appear above this one, and what a pointer aims at moves.
  await swarm.everybody(page, 8);
  const card = at.seeCard(page);
  await card.getByLabel('User', { exact: true }).fill('3');
  await card.getByRole('button', { name: 'Watch', exact: true }).click();
  await card.getByRole('status').filter({ hasText: 'Watching' }).waitFor();
  const frames = card.getByRole('list', { name: /^Frames/ }).getByRole('listitem');
  await until('frames', async () => (await frames.count()) > 20, { within: 20_000 });
  const sent = async () => (await frames.allTextContents()).some((text) => text.includes('chatMessage'));
  await until('what it sent', sent, { within: 20_000 });
  await card.getByRole('searchbox', { name: 'Search' }).fill('joinRoomSuccess');
  await until('the search', async () => (await frames.count()) <= 2);
  // Its requests stand among its frames, without what nobody may know.
  await card.getByRole('searchbox', { name: 'Search' }).fill('/api/auth/login');
  await until('its login', async () => (await frames.count()) === 2);
  const [response, request] = await frames.allTextContents();
  assert.match(request, /⇢requestPOST http:\/\/\S+\/api\/auth\/login \{"email":"\*\*\*","password":"\*\*\*"\}$/);
  assert.match(response, /⇠response200 after [\d.]+ ms, POST http:\/\/\S+ \{.*"token":"\*\*\*"/);
  await card.getByRole('searchbox', { name: 'Search' }).fill('');

  await card.getByRole('button', { name: 'Take over' }).click();
  await card.getByRole('button', { name: 'Give it back to its script' }).waitFor();
  await mkdir(ARTIFACTS, { recursive: true });
  for (const colours of ['Light', 'Dark']) {
    await chooseColours(page, colours);
    await card.screenshot({ path: join(ARTIFACTS, `see-${colours.toLowerCase()}.png`) });
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await card.screenshot({ path: join(ARTIFACTS, 'see-narrow.png') });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
  await page.setViewportSize(SIZE.viewport);
  await lab.setFaults({});
  await card.getByLabel('Message', { exact: true }).fill('<b>typed by hand</b>');
  await page.keyboard.press('Enter');
  // Shown as text when the server has sent it back, with how long that took.
  const own = card.getByRole('list', { name: /^Messages/ }).getByRole('listitem').filter({ hasText: '<b>typed by hand</b>' });
  await own.first().waitFor();
  assert.equal(await own.locator('b').count(), 0);
  await card.getByRole('log').getByText(/own echo after/).first().waitFor();
  // Another one in the same room got it, and whoever was taken over has its script back.
  await card.getByLabel('User', { exact: true }).fill('4');
  await page.keyboard.press('Enter');
  await own.first().waitFor();
  assert.ok((await own.first().textContent()).includes('users 3'));
  await card.getByRole('button', { name: 'Take over' }).waitFor();
  // Nobody need know a number: one with errors, the slowest, anybody.
  for (const whom of ['One with errors', 'The slowest', 'Any user']) {
    await card.getByRole('button', { name: whom }).click();
    const number = await card.getByLabel('User', { exact: true }).inputValue();
    await card.getByRole('status').filter({ hasText: `Watching users ${number}.` }).waitFor();
  }
  await card.getByRole('button', { name: 'Copy' }).click();
  await at.notice(page).filter({ hasText: 'Frames copied.' }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\d:\d\d\.\d{3} [←→⇠⇢•!] /);
  await page.keyboard.press('F8');
  await at.notice(page).filter({ hasText: 'felt slow' }).waitFor();

  const errors = at.table(page, 'Errors');
  await errors.getByRole('button', { name: /show evidence/ }).first().click();
  const panel = at.evidencePanel(page);
  await panel.getByText('SERVER_BUSY').first().waitFor();
  assert.ok((await panel.getByRole('listitem').count()) > 2, 'frames around it');
  await page.screenshot({ path: join(ARTIFACTS, 'evidence.png') });
  await page.keyboard.press('Escape');

  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  assert.ok(report.evidence.some(({ cause }) => cause.error?.code === 'SERVER_BUSY'));
  assert.ok(report.evidence.some(({ cause }) => cause.slowest?.metric === 'message.round_trip'));
  assert.ok(report.annotations.some(({ text }) => text.startsWith('felt slow')));
  // No token and no address of anybody is in it.
  assert.doesNotMatch(JSON.stringify(report.evidence), /@|"token":"(?!\*)/);
  const counts = await lab.counts();
  // What was typed by hand counts like everything else, on both sides.
  checks.bothSidesAgree({
    accepted: [report.delivery.accepted, counts.messages.accepted],
    deliveries: [report.delivery.arrived, counts.messages.sent],
  });
});
