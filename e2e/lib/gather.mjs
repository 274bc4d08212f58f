// Several browsers that become one swarm.
import assert from 'node:assert/strict';

import * as checks from './checks.mjs';
import * as at from './locators.mjs';
import * as swarm from './swarm.mjs';
import { until } from './wait.mjs';

/** A few users who say something once a second, so that their missing would show at once. */
export const LIVELY = { room_size: 10, send_min_ms: 900, send_max_ms: 1_100, read: 'none', reaction_share: 0, list_rooms: false };

/** The swarm that the page is in; fails while it is in none. @param {import('playwright-core').Page} page */
export async function swarmOf(page) {
  const swarm = await page.evaluate(() => window.tabswarm.swarm());
  if (!swarm) throw new Error('the page is in no swarm');
  return swarm;
}

/** Opens a swarm as a person does: the page conducts it from then on. Answers with the fragment that invites others. */
export async function openSwarm(page, broker, { name = 'conductor' } = {}) {
  await at.swarmTab(page).click();
  await at.brokerField(page).fill(broker);
  await at.browserName(page).fill(name);
  await at.openSwarmButton(page).click();
  return until('the broker to let the conductor in', async () => {
    const { connected, invite } = await swarmOf(page);
    return connected && invite;
  });
}

/** A browser process of its own follows the link; whoever sits there agrees to what he is asked, unless the story says otherwise. */
export async function join(world, url, invite, options) {
  const page = await world.page(`${url}/${invite}`, { agrees: true, ...options });
  await until('the generator to be let in', async () => (await swarmOf(page)).connected);
  return page;
}

/** Waits until the conductor has so many browsers besides its own that would play. */
export async function ready(page, count, { within = 30_000 } = {}) {
  const present = async () => (await swarmOf(page)).browsers.filter(({ away, consent }) => !away && consent === 'Given');
  await until(`${count} browsers to be ready`, async () => (await present()).length === count, { within });
}

/** A conductor and so many generators, each a browser of its own. */
export async function gather(world, url, broker, generators) {
  const conductor = await world.page(url);
  const invite = await openSwarm(conductor, broker);
  const others = [];
  for (let n = 0; n < generators; n += 1) others.push(await join(world, url, invite));
  await ready(conductor, generators);
  return { conductor, generators: others, invite };
}

export const over = (page) =>
  until('the run to be over', async () => (await swarm.status(page)).phase === 'done', { within: 90_000 });

/** What both sides counted, to the last message. */
export async function bothSidesCountTheSame(lab, report) {
  const { messages } = await lab.counts();
  checks.bothSidesAgree({
    'messages sent': [report.delivery.sent, messages.accepted],
    'messages delivered': [report.delivery.arrived, messages.sent],
    'messages sent by all browsers': [report.browsers.reduce((sum, { sent }) => sum + sent, 0), messages.accepted],
  });
  const { due, delivered, missing, duplicated } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated }, { delivered: due, missing: 0, duplicated: 0 });
  checks.sampledDeliveries(report);
}
