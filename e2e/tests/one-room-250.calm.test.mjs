// As many users as one Chromium carries, all in one room, beside a page that stays smooth.
import * as checks from '../lib/checks.mjs';
import { DIST } from '../lib/paths.mjs';
import { officialScenario, planOf, rampThenHold } from '../lib/plans.mjs';
import { knownLag, metric } from '../lib/report.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { startOfficialServer } from '../servers/official.mjs';

const USERS = 250;
/** A machine whose empty page has so many frames a second is quiet enough to show sixty. */
const QUIET = 55;
/** Of sixty: nine tenths. */
const LEAST = checks.end({ promised: 54, anywhere: 40 });
/** Of what an empty page has beside it. */
const SHARE = checks.end({ promised: 0.9, anywhere: 0.7 });

story('250 users in one room, a message each per 20 s: 60 frames a second', async (world) => {
  const server = world.use(await startOfficialServer());
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  const scenario = officialScenario(server.url, { interval_ms: [20_000, 20_000] });
  await swarm.start(page, planOf(scenario, rampThenHold(USERS, 10, 60), { settle_s: 1 }));
  await swarm.everybody(page, USERS);
  // What the machine can do at this moment: an empty page in a window of its own, counted over the same seconds.
  const browser = /** @type {import('playwright-core').Browser} */ (page.context().browser());
  const empty = await (await browser.newContext()).newPage();
  const [frames, possible] = await Promise.all([framesOver(page, 12_000), framesOver(empty, 12_000)]);
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  console.log(
    `${frames.perSecond.toFixed(1)} frames a second (an empty page: ${possible.perSecond.toFixed(1)}), the longest took ${frames.longest.toFixed(0)} ms; ` +
      `worker lag p99 ${knownLag(report, 'p99').toFixed(1)} ms; round trip p50 ${metric(report, 'message.round_trip').p50.toFixed(1)} ms`,
  );
  checks.noErrors(report);
  checks.bothSidesAgree({
    sent: [report.delivery.sent, server.counts.received.message],
    arrived: [report.delivery.arrived, server.counts.sent.message],
  });
  // Sixty on a quiet machine. On a busy one the empty page has fewer, too, and ours must keep up with it.
  checks.between("our page's share of an empty page's frames", frames.perSecond / possible.perSecond, SHARE, 1.1 / SHARE);
  if (possible.perSecond >= QUIET) checks.between("our page's frames a second", frames.perSecond, LEAST, Infinity);
});

/** Counts animation frames inside the page over a time. */
function framesOver(page, milliseconds) {
  return page.evaluate(
    (milliseconds) =>
      new Promise((resolve) => {
        const times = [];
        const onFrame = (now) => {
          times.push(now);
          if (now - times[0] < milliseconds) return requestAnimationFrame(onFrame);
          const gaps = times.slice(1).map((time, n) => time - times[n]);
          resolve({ perSecond: (gaps.length * 1_000) / (now - times[0]), longest: Math.max(...gaps) });
        };
        requestAnimationFrame(onFrame);
      }),
    milliseconds,
  );
}
