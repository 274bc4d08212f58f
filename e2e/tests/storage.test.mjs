// A browser that keeps nothing says so while the run goes, and offers the report as a file at its end.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { launchChromium } from '../lib/chromium.mjs';
import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

function talk(lab, seconds, name) {
  const plan = planOf('ktb-chat', crowd(5, seconds), { name });
  plan.populations[0].variables = { target: lab.url, room_size: 5, send_min_ms: 300, send_max_ms: 600 };
  return plan;
}

/** A page in which this was done before anything of it ran. */
async function pageAfter(world, url, script) {
  const browser = world.use(await launchChromium({}));
  const context = await browser.newContext();
  await context.addInitScript(script);
  return world.pageIn(context, url);
}

const phase = (page, wanted) => until(`the run to be ${wanted}`, async () => (await swarm.status(page)).phase === wanted, { within: 60_000 });

/** The report that the page offers when it could not keep it. */
async function offered(page) {
  const button = page.getByRole('button', { name: 'Save its report' });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return JSON.parse(await readFile(await download.path(), 'utf8'));
}

story('a refused database is said while the run goes, the report is offered, and the screen is kept on', async (world) => {
  const lab = await world.lab();
  const page = await pageAfter(world, lab.url, () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied by the story', 'SecurityError');
    };
    window.wakes = { asked: 0, released: 0 };
    const sentinel = { release: async () => void (window.wakes.released += 1) };
    WakeLock.prototype.request = async () => {
      window.wakes.asked += 1;
      // The page does no more with it.
      return /** @type {any} */ (sentinel);
    };
  });
  await swarm.start(page, talk(lab, 4, 'unkept'));
  await phase(page, 'holding');
  const { not_kept: why } = await swarm.status(page);
  assert.match(why ?? '', /denied by the story/);
  await at.notice(page).getByText(/does not keep this run/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Save its report' }).isVisible(), false, 'it is not over yet');
  const awake = await page.evaluate(() => window.wakes);
  assert.ok(awake.asked >= 1 && awake.released < awake.asked, JSON.stringify(awake));
  await phase(page, 'done');
  const saved = await offered(page);
  assert.ok(saved.finished && saved.delivery.sent > 0);
  await until('the screen to be let go', () => page.evaluate(() => window.wakes.asked === window.wakes.released));
});

story('a disk that fills up and a page that is frozen in mid-run are said, and nothing is lost', async (world) => {
  const lab = await world.lab();
  const page = await pageAfter(world, lab.url, () => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...args) {
      if (window.isFull) throw new DOMException('full, says the story', 'QuotaExceededError');
      return put.apply(this, args);
    };
  });
  await swarm.start(page, talk(lab, 8, 'full'));
  await phase(page, 'holding');
  assert.equal((await swarm.status(page)).not_kept, undefined);
  await page.evaluate(() => void (window.isFull = true));
  await until('the page to say so', async () => /full/.test((await swarm.status(page)).not_kept ?? ''));
  // A headless browser freezes no page that is to be seen, whatever it is told: the story says what a browser says then.
  const says = (event) => page.evaluate((event) => void document.dispatchEvent(new Event(event)), event);
  await says('freeze');
  const { elapsed_s: frozenAt } = await swarm.status(page);
  await until('a second to pass', async () => (await swarm.status(page)).elapsed_s >= frozenAt + 1);
  await says('resume');
  await phase(page, 'done');
  await page.getByText(/is not kept in this browser/).first().waitFor();
  const saved = await offered(page);
  assert.ok(saved.delivery.sent > 0);
  const said = saved.annotations.map(({ text }) => text);
  assert.ok(said.some((text) => /had frozen this page for \d/.test(text)), said.join('\n'));
  await at.resultsTab(page).click();
  await page.getByText(/could not be kept/).filter({ visible: true }).first().waitFor();
});
