// Many browsers for the price of one process: contexts of one Chromium, each with sockets of its own, in one swarm.
// (What multiplies the limit on sockets are contexts, profiles and browsers; tabs and workers do not.)
import { launchChromium } from './chromium.mjs';
import { openSwarm, ready, swarmOf } from './gather.mjs';
import { openPage } from './swarm.mjs';
import { until } from './wait.mjs';

/**
 * Starts a browser with so many contexts, one page in each, all of them in one swarm; the first one conducts it. `close()` ends it.
 * @param {string} url
 * @param {string} broker
 * @param {number} contexts
 * @param {{args?: string[]}} [options]
 */
export async function launchSwarm(url, broker, contexts, { args } = {}) {
  const browser = await launchChromium({ args });
  try {
    // Whoever sits at a generator's page agrees to what he is asked.
    const open = async (address) => openPage(await browser.newContext(), address, { agrees: true });
    const conductor = await open(url);
    const invite = await openSwarm(conductor, broker);
    const generators = [];
    for (let n = 1; n < contexts; n += 1) generators.push(await joinSwarm(await open(`${url}/${invite}`)));
    await ready(conductor, contexts - 1, { within: 60_000 });
    return { conductor, generators, pages: [conductor, ...generators], close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function joinSwarm(page) {
  await until('the generator to be let in', async () => (await swarmOf(page)).connected, { within: 30_000 });
  return page;
}
