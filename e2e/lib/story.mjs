// A test is a story about one user: what it opens is closed when it ends, and what it saw is kept when it fails.
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';

import { startMosquitto, startRoomLab } from './broker.mjs';
import { launchChromium } from './chromium.mjs';
import { startLab } from './lab.mjs';
import { ARTIFACTS } from './paths.mjs';
import { openPage, report } from './swarm.mjs';

/** No story takes longer; a lab that outlives a killed test ends by itself then. */
const LONGEST_S = 300;

// A test runner that is interrupted ends us by a signal; leaving through `exit` takes our child processes along.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** @typedef {import('playwright-core').BrowserContextOptions & {args?: string[], fairUse?: boolean, agrees?: boolean}} PageOptions */

/** @param {(world: World) => Promise<void>} tell */
export function story(title, tell) {
  test(title, { timeout: LONGEST_S * 1_000 }, async () => {
    const world = new World();
    try {
      await tell(world);
      for (const page of world.pages) {
        if (page.problems.length) throw new Error(`errors in the page: ${page.problems.join('\n')}`);
      }
    } catch (error) {
      await world.keep(title);
      // Whoever runs all stories may tell it once more, alone.
      if (process.env.TABSWARM_FAILED) await appendFile(process.env.TABSWARM_FAILED, `${process.argv[1]}\n`);
      throw error;
    } finally {
      await world.close();
    }
  });
}

class World {
  /** @type {import('./swarm.mjs').DrivenPage[]} */
  pages = [];
  #resources = [];

  /**
   * Closes or stops the resource when the story ends.
   * @template {{close(): unknown} | {stop(): unknown}} Resource
   * @param {Resource} resource
   */
  use(resource) {
    this.#resources.push(resource);
    return resource;
  }

  async lab(options = {}) {
    return this.use(await startLab(ending(options)));
  }

  /** A lab with a broker, and the links into its room. */
  async roomLab(options = {}) {
    return this.use(await startRoomLab(ending(options)));
  }

  async mosquitto(options) {
    return this.use(await startMosquitto(options));
  }

  /**
   * A page in a browser of its own.
   * @param {string} url
   * @param {PageOptions} [options]
   */
  async page(url, { args, fairUse, agrees, ...options } = {}) {
    const browser = this.use(await launchChromium({ args }));
    return this.pageIn(await browser.newContext(options), url, { fairUse, agrees });
  }

  /**
   * @param {import('playwright-core').BrowserContext} context
   * @param {string} url
   * @param {{fairUse?: boolean, agrees?: boolean}} [options]
   */
  async pageIn(context, url, options) {
    const page = await openPage(context, url, options);
    this.pages.push(page);
    return page;
  }

  /** Screenshots and reports for whoever has to find out what went wrong. */
  async keep(title) {
    const name = title.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();
    await mkdir(ARTIFACTS, { recursive: true });
    for (const [n, page] of this.pages.entries()) {
      const file = join(ARTIFACTS, `${name}-${n}`);
      await page.screenshot({ path: `${file}.png`, fullPage: true }).catch(() => {});
      const seen = await report(page).catch(() => undefined);
      if (seen) await writeFile(`${file}.json`, JSON.stringify(seen, null, 1));
    }
  }

  async close() {
    for (const resource of this.#resources.reverse()) {
      await (resource.close ?? resource.stop).call(resource);
    }
  }
}

const ending = (options) => ({ ...options, args: ['--exit-after', String(LONGEST_S), ...(options.args ?? [])] });
