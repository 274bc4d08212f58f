// A file of ours as whoever got it sees it: from disk, in a browser without a network.
import { pathToFileURL } from 'node:url';

import { launchChromium } from './chromium.mjs';

/** `problems` has what went wrong in the page: errors, what its own policy has refused, and whatever it asked for. */
export async function openFromDisk(world, file, options) {
  const browser = world.use(await launchChromium());
  const context = await browser.newContext({ ...options, offline: true, colorScheme: 'light' });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  // A browser reports there what the page's own policy has refused.
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => request.url().startsWith('file:') || problems.push(`asked for ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  return Object.assign(page, { problems });
}
