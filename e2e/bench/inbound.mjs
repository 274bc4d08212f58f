// Inbound frames: the engine beside a worker that only counts and beside the official client, in turns, in one Chromium,
// from one server with the same frames. Only the ratios mean something on another machine.
import { fileURLToPath } from 'node:url';

import { launchChromium } from '../lib/chromium.mjs';
import { DIST } from '../lib/paths.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import * as swarm from '../lib/swarm.mjs';
import { table } from '../lib/table.mjs';
import { startFloodServer } from '../servers/flood.mjs';
import { floodPlan } from './flood-plan.mjs';

/** @typedef {import('../lib/swarm.mjs').DrivenPage} Page */

const SOCKETS = 50;
const FRAMES = 3_000;
const ROUNDS = 3;
/** Shares of the ceiling that the engine with its ledger is asked to take for so long, and the one at which its verdict must hold. */
const SHARES = [0.3, 0.45, 0.6, 0.75];
const PACED_S = 12;
const LEEWAY_S = 4;
const VALID_AT = 0.6;

/** Speeds to compare, and what the project promises of them, at the least. */
const RATIOS = [
  { of: 'engine, events counted', to: 'bare worker', target: 0.85 },
  { of: 'engine, delivery ledger', to: 'bare worker', target: 0.9 },
  // The same run with somebody who watches one of its users on the page.
  { of: 'engine, one user watched', to: 'engine, delivery ledger', target: 0.95 },
  { of: 'engine, events counted', to: 'socket.io-client in a page', target: 1.3 },
  { of: 'engine, delivery ledger', to: 'socket.io-client in a page' },
  // No client can be faster than this one on this machine.
  { of: 'bare worker', to: 'socket.io-client in a page' },
  { of: 'engine, events counted', to: 'socket.io-client in a worker' },
  { of: 'engine, delivery ledger', to: 'socket.io-client in a worker' },
];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const flood = await startFloodServer({
  folder: here('pages'),
  library: here('../node_modules/socket.io-client/dist/socket.io.min.js'),
});
const dist = await serveFolder(DIST);
const browser = await launchChromium();
try {
  const context = await browser.newContext();
  const open = async (name) => {
    const page = await context.newPage();
    await page.goto(`${flood.url}/${name}.html`);
    return page;
  };
  const [workersPage, clientPage] = [await open('workers'), await open('client')];
  const workers = await workersPage.evaluate(() => Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)));
  const app = await swarm.openPage(context, dist.url);
  const cpu = await cpuMeter(browser);
  const contestants = {
    'bare worker': baseline(workersPage, { kind: 'bare', workers }),
    'socket.io-client in a page': baseline(clientPage, {}),
    'socket.io-client in a worker': baseline(workersPage, { kind: 'client', workers }),
    'engine, events counted': engine(app, { ledger: false }),
    'engine, delivery ledger': engine(app, { ledger: true }),
    'engine, one user watched': engine(app, { ledger: true, watched: true }),
  };
  const rounds = await inTurns(contestants, cpu);
  const missed = print(rounds, workers);
  const ceiling = summed(rounds.map((round) => round['engine, delivery ledger'].rate)).middle;
  missed.push(...(await validity(app, ceiling)));
  if (missed.length) {
    console.error(`missed its target: ${missed.join('; ')}`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  dist.stop();
  flood.stop();
}

/** A page with functions `connect` and `disconnect`. */
function baseline(page, options) {
  return {
    start: () => page.evaluate((options) => window.connect(options), { ...options, sockets: SOCKETS, frames: FRAMES }),
    stop: () => page.evaluate(() => window.disconnect()),
  };
}

/**
 * @param {Page} page
 * @param {{ledger: boolean, watched?: boolean}} options
 */
function engine(page, { watched = false, ...options }) {
  return {
    async start() {
      await swarm.start(page, floodPlan(flood.url, { ...options, sockets: SOCKETS }));
      await swarm.phase(page, 'holding');
      if (watched) await watchOne(page);
    },
    async stop() {
      await swarm.stop(page);
      await swarm.phase(page, 'done');
    },
  };
}

/** As a person does it: its frames and its conversation are drawn while they come. */
async function watchOne(page) {
  const card = page.getByRole('region', { name: 'See one user' });
  await card.getByLabel('User', { exact: true }).fill('1');
  await card.getByRole('button', { name: 'Watch', exact: true }).click();
  await card.getByRole('status').filter({ hasText: 'Watching' }).waitFor();
  await card.scrollIntoViewIfNeeded();
}

/** Every contestant once a round; the first round, in which everything is compiled, does not count. */
async function inTurns(contestants, cpu) {
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const results = {};
    for (const [name, contestant] of Object.entries(contestants)) results[name] = await measure(contestant, cpu);
    if (round > 0) rounds.push(results);
  }
  return rounds;
}

async function measure({ start, stop }, cpu) {
  const { begun, over } = flood.flood({ sockets: SOCKETS, frames: FRAMES });
  await start();
  await begun;
  const before = await cpu();
  const rate = await over;
  const result = { rate, cost: (await cpu()) - before };
  await stop();
  return result;
}

/**
 * Up to which share of the ceiling a run that is told everything in time is judged.
 * @param {Page} page
 */
async function validity(page, ceiling) {
  const missed = [];
  for (const share of SHARES) {
    const rate = share * ceiling;
    const { over } = flood.flood({ sockets: SOCKETS, frames: Math.round((rate * PACED_S) / SOCKETS), rate });
    await swarm.start(page, floodPlan(flood.url, { ledger: true, sockets: SOCKETS, seconds: PACED_S + LEEWAY_S }));
    const heard = await over;
    // It is played to its end: a run that is stopped by hand is not judged.
    await swarm.phase(page, 'done');
    const { verdict } = await swarm.report(page);
    const why = verdict.reasons.map(({ text }) => text).join('; ');
    console.log(`${(rate / 1_000).toFixed(1)} thousand frames a second (${share} of the ceiling) for ${PACED_S} s: ${verdict.outcome}, ${(heard / rate).toFixed(2)} of them in time. ${why}`);
    if (share <= VALID_AT && verdict.outcome === 'invalid') missed.push(`the verdict is not valid at ${share} of the ceiling`);
  }
  return missed;
}

/** Processor seconds of all of the browser's processes so far. */
async function cpuMeter(browser) {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + (cpuTime ?? 0), 0);
  };
}

/** Prints the ratios and hands over which of them are not what is promised. */
function print(rounds, workers) {
  const missed = [];
  const rows = RATIOS.map(({ of, to, target }) => {
    const speed = summed(rounds.map((round) => round[of].rate / round[to].rate));
    const cost = summed(rounds.map((round) => round[of].cost / round[to].cost));
    const verdict = target && (speed.middle >= target ? 'reached' : 'missed');
    if (verdict === 'missed') missed.push(`${of} : ${to} is ${speed.middle.toFixed(2)}, not ${target}`);
    return [`${of} : ${to}`, speed.text, target ?? '', verdict ?? '', cost.text];
  });
  console.log(`${SOCKETS} sockets, ${FRAMES} frames each, ${workers} load worker(s), ${ROUNDS} rounds in turns`);
  console.log(table(['', 'frames/s, median (range)', 'target', '', "browser's CPU per frame"], rows));
  const bare = rounds.map((round) => (round['bare worker'].rate / 1_000).toFixed(1)).join(', ');
  console.log(`(the bare worker had ${bare} thousand frames a second in these rounds)`);
  return missed;
}

function summed(ratios) {
  const sorted = ratios.toSorted((a, b) => a - b);
  const [low, middle, high] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return { middle, text: `${middle.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})` };
}
