// What a run concludes is true, in the long forms that no test has time for: ten healthy runs are PASS; a server that stands still for 15
// and for 40 s is slow by that, and loses nothing; the clean times of a browser that is held to a part of its time are those of native
// clients in the same rooms. The figures are those of this machine; what must hold everywhere is said at the end.
import { execFileSync } from 'node:child_process';

import { io } from 'socket.io-client';

import { launchChromium } from '../lib/chromium.mjs';
import { startLab } from '../lib/lab.mjs';
import { chatPlan, crowd, officialScenario, planOf } from '../lib/plans.mjs';
import { startWire } from '../lib/proxy.mjs';
import { metric } from '../lib/report.mjs';
import * as swarm from '../lib/swarm.mjs';
import { presetForLab } from '../lib/targets.mjs';
import { until } from '../lib/wait.mjs';
import { startOfficialServer } from '../servers/official.mjs';

const promises = {};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const figures = ({ count, p50, p95, p99 }) => `${count} samples, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;

const lab = await startLab({ args: ['--exit-after', '1500'] });
const browser = await launchChromium();
const open = async () => swarm.openPage(await browser.newContext(), lab.url);
try {
  await healthyRuns();
  for (const seconds of [15, 40]) await standingStill(seconds);
  for (const share of [1, 0.6, 0.25, 0.15]) await heldBrowser(share);
} finally {
  await browser.close();
  await lab.stop();
}
const broken = Object.entries(promises).filter(([, holds]) => !holds);
for (const [promise, holds] of Object.entries(promises)) console.log(`${holds ? 'holds ' : 'BROKEN'}  ${promise}`);
process.exit(broken.length ? 1 : 0);

async function healthyRuns() {
  const page = await open();
  const { plans } = await swarm.presets(page);
  // Those that the lab speaks with.
  const ids = plans.map(({ id }) => id).filter((id) => id !== 'socketio-basic');
  for (let run = 0; run < 10; run += 1) {
    const id = ids[run % ids.length];
    const plan = presetForLab(await swarm.presetPlan(page, id), lab.url);
    for (const population of plan.populations) population.load = crowd(5, 15);
    const report = await swarm.play(page, { ...plan, search: undefined, warmup_s: 0, actions: [] });
    console.log(`healthy run ${run + 1}, ${id}: ${report.verdict.outcome} ${report.verdict.sentence}`);
    promises[`healthy run ${run + 1}, ${id}, is PASS`] = report.verdict.outcome === 'pass';
  }
  await page.close();
}

async function standingStill(seconds) {
  const page = await open();
  await lab.reset();
  const behaviour = { room_size: 5, send_min_ms: 400, send_max_ms: 600, read: 'none', reaction_share: 0, file_share: 0 };
  await swarm.start(page, chatPlan(lab, crowd(20, seconds + 25), behaviour, { settle_s: 3 }));
  await until('everybody to talk', async () => (await lab.counts()).messages.accepted >= 200, { within: 30_000 });
  lab.pause();
  await pause(seconds * 1_000);
  lab.resume();
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const trip = metric(report, 'message.round_trip');
  const { delivery } = report;
  console.log(`${seconds} s of silence: ${figures(trip)}, max ${trip.max.toFixed(0)} ms; ${JSON.stringify(delivery)}`);
  const said = `after ${seconds} s of silence`;
  promises[`${said} nothing is missing`] = delivery.missing === 0 && delivery.unconfirmed === 0;
  promises[`${said} every message is a sample`] = trip.count === delivery.accepted && !trip.censored;
  promises[`${said} the slowest took that long`] = Math.abs(trip.max - seconds * 1_000) < 2_500;
  await page.close();
}

/** A renderer that runs for this share of each second, and four native clients in its users' rooms. */
async function heldBrowser(share) {
  const server = await startOfficialServer();
  // What the server says comes 6 ms later, so that times are more than a clock's tick.
  const wire = await startWire(Number(new URL(server.url).port), { delay_ms: 6 });
  const url = `http://127.0.0.1:${wire.port}`;
  const page = await open();
  const seconds = 30;
  await swarm.start(page, planOf(officialScenario(url, { rooms: 4, interval_ms: [800, 1_200] }), crowd(20, seconds), { settle_s: 2 }));
  const natives = await Promise.all([0, 1, 2, 3].map((room) => nativeClient(url, `room ${room}`)));
  const held = hold(share);
  await pause(seconds * 1_000);
  await held.release();
  const native = statistics(natives.flatMap(({ close }) => close()));
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const trip = metric(report, 'message.round_trip');
  const clean = trip.clean ? trip.clean.stats : trip;
  console.log(`held to ${share * 100} % of a second: native ${figures(native)}`);
  console.log(`  all ${figures(trip)}; clean ${clean ? figures(clean) : 'none'}; ${report.verdict.outcome}`);
  if (share === 1) promises['unstarved, 95 % of the samples are clean'] = clean.count >= 0.95 * trip.count;
  if (share >= 0.6) {
    promises[`at ${share * 100} % the clean p50 is within 5 ms of the native one`] = Math.abs(clean.p50 - native.p50) <= 5;
    promises[`at ${share * 100} % the clean p95 is within 20 % (or 5 ms) of the native one`] =
      Math.abs(clean.p95 - native.p95) <= Math.max(5, 0.2 * native.p95);
  }
  await page.close();
  await wire.stop();
  await server.stop();
}

async function nativeClient(url, room) {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  const sent = new Map();
  const times = [];
  socket.on('message', ({ text }) => {
    if (!sent.has(text)) return;
    times.push(performance.now() - sent.get(text));
    sent.delete(text);
  });
  await new Promise((resolve) => socket.on('connect', () => resolve(undefined)));
  await socket.emitWithAck('join', room);
  let number = 0;
  const timer = setInterval(() => {
    const text = `${room} native ${(number += 1)}`;
    sent.set(text, performance.now());
    socket.emit('message', { room, text }, () => {});
  }, 200);
  const close = () => {
    clearInterval(timer);
    socket.close();
    return times;
  };
  return { close };
}

/** Stops and continues all renderers, once a second. */
function hold(share) {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const renderers = lines.filter((line) => line.includes('--type=renderer')).map((line) => Number.parseInt(line, 10));
  const all = (signal) => renderers.forEach((pid) => alive(() => process.kill(pid, signal)));
  let isHeld = share < 1;
  const over = (async () => {
    while (isHeld) {
      all('SIGSTOP');
      await pause(1_000 * (1 - share));
      all('SIGCONT');
      await pause(1_000 * share);
    }
  })();
  return {
    async release() {
      isHeld = false;
      await over;
    },
  };
}

function alive(call) {
  try {
    call();
  } catch (error) {
    // A renderer that has gone meanwhile needs no signal.
    if (error.code !== 'ESRCH') throw error;
  }
}

function statistics(times) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.max(0, Math.ceil(share * times.length) - 1)];
  return { count: times.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
