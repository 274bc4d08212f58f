// 8 x 250 users: eight contexts of one Chromium in one swarm, as many users as they have sockets. All of them connect, both sides count
// the same, and all of them leave. The figures are those of this machine; what must hold everywhere is said at the end.
import { startMosquitto } from '../lib/broker.mjs';
import { launchSwarm } from '../lib/contexts.mjs';
import { startLab } from '../lib/lab.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const CONTEXTS = number('CONTEXTS', 8);
const USERS = number('USERS', 250) * CONTEXTS;
const RAMP_S = number('RAMP_S', USERS / 20);
const HOLD_S = number('HOLD_S', 30);
const QUIET = { room_size: 20, send_min_ms: 40_000, send_max_ms: 60_000, read: 'none', reaction_share: 0, list_rooms: false };

const broker = await startMosquitto();
const lab = await startLab({ args: ['--exit-after', '1500'] });
let world;
try {
  world = await launchSwarm(lab.url, broker.url, CONTEXTS);
  console.error(`${CONTEXTS} contexts are in one swarm`);
  const { conductor } = world;
  const began = performance.now();
  const plan = chatPlan(lab, rampThenHold(USERS, RAMP_S, RAMP_S + HOLD_S + 120), QUIET);
  await swarm.start(conductor, plan);
  let [most, told] = [0, 0];
  let all;
  await until('everybody to be connected', async () => {
    const { users, phase, elapsed_s } = await swarm.status(conductor);
    most = Math.max(most, users.connected);
    if (elapsed_s > told + 10) console.error(`${(told = elapsed_s).toFixed(0)} s: ${users.connected} connected`);
    if (most >= USERS) all ??= elapsed_s;
    return phase === 'done' || (all !== undefined && elapsed_s > all + HOLD_S) || elapsed_s > 2 * RAMP_S + 100;
  }, { within: 1_200_000, every: 250 });
  const stopped = performance.now();
  await swarm.stop(conductor);
  await until('the run to be over', async () => (await swarm.status(conductor)).phase === 'done', { within: 300_000, every: 250 });
  print(await swarm.report(conductor), await lab.counts(), { most, all, leave_s: (performance.now() - stopped) / 1_000, took_s: (performance.now() - began) / 1_000 });
} finally {
  await world?.close();
  await lab.stop();
  await broker.stop();
}

function print(report, counts, { most, all, leave_s, took_s }) {
  const counter = (name) => report.counters.filter((entry) => entry.name === name).reduce((sum, { count }) => sum + count, 0);
  const { sent, arrived, due, delivered, missing } = report.delivery;
  console.log(`${CONTEXTS} contexts of one Chromium, ${USERS} users, ${RAMP_S} s of ramp; ${took_s.toFixed(0)} s in all`);
  console.log(`connected at the same time: ${most} of ${USERS}${all === undefined ? '' : `, all of them after ${all.toFixed(1)} s`}`);
  console.log(`messages: ${sent} sent here, ${counts.messages.accepted} taken by the lab; ${arrived} arrived here, ${counts.messages.sent} delivered by the lab; ${due} owed, ${delivered} delivered, ${missing} missing`);
  console.log(`left in ${leave_s.toFixed(1)} s (settling included), not left in time: ${counter('generator.not_left')}, not sent: ${counter('generator.not_sent')}`);
  console.log(`users at the end: ${JSON.stringify(report.users)}`);
  console.log(`errors: ${JSON.stringify(report.errors.map(({ operation, code, count }) => `${operation} ${code} x${count}`))}`);
  console.log(`verdict: ${report.verdict.outcome} ${JSON.stringify(report.verdict.reasons.map(({ text }) => text))}`);
  const promises = {
    'everybody was connected at the same time': most === USERS,
    'both sides count the same messages': sent === counts.messages.accepted && arrived === counts.messages.sent,
    'nothing is missing': missing === 0 && due === delivered,
    'everybody left': counter('generator.not_left') === 0,
    'no browser called itself full': !report.verdict.reasons.some(({ what }) => what === 'browser_full'),
  };
  const missed = Object.keys(promises).filter((name) => !promises[name]);
  if (missed.length) {
    console.error(`missed: ${missed.join('; ')}`);
    process.exitCode = 1;
  }
}
