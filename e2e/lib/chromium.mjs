// A Chromium without a window, with a fresh profile, quiet on the network.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { chromiumProgram } from './paths.mjs';
import { freePort, start } from './process.mjs';
import { until } from './wait.mjs';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param {import('playwright-core').LaunchOptions} [options] */
export async function launchChromium({ args = [], ...options } = {}) {
  return chromium.launch({
    executablePath: chromiumProgram(),
    headless: true,
    args: [...QUIET, ...args],
    // Ctrl-C is ours: the run is stopped and reported before the browser goes.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...options,
  });
}

/**
 * A Chromium whose tabs are hidden when another one is in front and are throttled then, as a person's are. Playwright's
 * own way of launching keeps every page visible and awake.
 */
export async function launchThrottlingChromium() {
  const port = await freePort();
  const profile = await mkdtemp(join(tmpdir(), 'tabswarm-profile-'));
  const args = ['--headless', '--no-sandbox', `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`];
  const child = start(chromiumProgram(), [...QUIET, ...args, 'about:blank']);
  const address = `http://127.0.0.1:${port}`;
  await until('Chromium to take commands', async () => (await fetch(`${address}/json/version`)).ok);
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  return {
    context: browser.contexts()[0],
    async close() {
      await browser.close();
      await child.stop();
      // Its helpers may write for longer than that, and what stays behind hurts nobody.
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {});
    },
  };
}
