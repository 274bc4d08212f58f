// What a run concludes is true: a server that fails is no PASS, whatever the generator did; and what the generator did is no FAIL.
import assert from 'node:assert/strict';

import * as at from '../lib/locators.mjs';
import { chatPlan, crowd } from '../lib/plans.mjs';
import { startWire } from '../lib/proxy.mjs';
import { counter, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';
import { closes, each, errorCounts, speakers, voicePlan } from '../lib/voice.mjs';

const finished = async (page) => {
  await swarm.phase(page, 'done');
  return swarm.report(page);
};

const outcomes = (report) => Object.fromEntries(report.thresholds.map(({ expression, outcome }) => [expression, outcome]));

story('a voice service that is killed while everybody thinks is a FAIL that says how it ended', async (world) => {
  const lab = await world.lab();
  const wire = world.use(await startWire(new URL(lab.url).port));
  const page = await world.page(lab.url);
  const target = { url: `http://127.0.0.1:${wire.port}` };
  const thinking = { think_min_ms: 60_000, think_max_ms: 60_000 };
  await swarm.start(page, voicePlan('killed', [speakers(target, 'guests', 'voice-guest', each(4, 60), thinking)]));
  await until('everybody to have been greeted', async () => (await lab.counts()).voice.turns['0']?.completed === 4, { within: 30_000 });
  await wire.stop();
  const report = await finished(page);
  assert.equal(report.verdict.outcome, 'fail', JSON.stringify(report.verdict));
  assert.match(report.verdict.sentence, /^Ended at 0:\d\d of 1:0\d: 4 of 4 users failed; the most frequent error is connect lost: closed 1006 \(4\)\./);
  assert.equal(report.users.failed, 4);
  // One loss is one error.
  assert.equal(Object.values(errorCounts(report)).reduce((sum, count) => sum + count, 0), 4);
  assert.deepEqual([...new Set(closes(report).map(([, code]) => code))], [1006]);
  assert.equal(outcomes(report)['users.failed == 0'], 'fail');
  assert.match(await at.stateChip(page).innerText(), /^Done · FAIL$/);
  await at.verdict(page, 'FAIL').waitFor();
});

story('5 % lost on a starved browser is a FAIL by counts, and its latency is not judged', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const plan = chatPlan(lab, crowd(10, 8), { room_size: 5, send_min_ms: 300, send_max_ms: 600, read: 'none', reaction_share: 0 }, {
    lab: { lose_share: 0.05 },
    thresholds: ['delivery.missing == 0', 'message.round_trip p50 < 40 ms'],
    settle_s: 2,
    verdict: { behind_ms: 5_000 },
  });
  const report = await swarm.play(page, plan, { permission: { starve_ms: 500 } });
  const { messages } = await lab.counts();
  assert.equal(report.verdict.outcome, 'fail', JSON.stringify(report.verdict));
  assert.equal(report.delivery.missing, messages.lost, 'as many as the lab says');
  const { missing, due } = report.delivery;
  const grouped = (count) => count.toLocaleString('en-US');
  assert.ok(
    report.verdict.sentence.startsWith(`${grouped(missing)} of ${grouped(due)} deliveries missing. The generators were the bottleneck: `),
    report.verdict.sentence,
  );
  assert.deepEqual(
    [outcomes(report)['delivery.missing == 0'], outcomes(report)['message.round_trip p50 < 40 ms']],
    ['fail', 'invalid'],
  );
  const junit = await swarm.reportAs(page, 'junit');
  assert.match(junit, /failures="1" errors="1"/);
});

story('who never got through a slow log-in is counted, by whose doing it was', async (world) => {
  const lab = await world.lab();
  // All that the server says comes 0.7 s later.
  const wire = world.use(await startWire(new URL(lab.url).port, { delay_ms: 700 }));
  const page = await world.page(lab.url);
  const plan = chatPlan({ url: `http://127.0.0.1:${wire.port}` }, crowd(80, 12), { room_size: 80, send_min_ms: 1_000, send_max_ms: 2_000 }, { settle_s: 2 });
  const report = await swarm.play(page, plan);
  const { users } = report;
  const unreached = users.unprepared + users.unconnected + users.unjoined;
  assert.ok(unreached > 10 && users.held_up > 0, JSON.stringify(users));
  assert.equal(report.verdict.outcome, 'invalid', JSON.stringify(report.verdict));
  const said = report.verdict.sentence;
  assert.ok(said.includes(`${unreached} of 80 users never got to their work`), said);
  // A server's slowness fills the browser's connections, and the time of a request says so.
  const took = /waited too long for the browser, which has 6 connections per host, and a log-in took (\d+\.\d) s/.exec(said);
  const parts = ['rest.register', 'rest.login'].map((name) => metric(report, name).p50 / 1_000);
  assert.ok(Number(took?.[1]) > parts[0] + parts[1] - 0.1, `${said}: ${parts}`);
  assert.equal(report.verdict.reasons.some(({ text }) => text.includes('6 connections per host')), false, 'it is said once');
  // Whoever has begun goes first: all that were let in have joined, but for those under way.
  const joined = metric(report, 'join').count;
  assert.ok(joined >= 5, `${joined} joined`);
  // Some were let in only after the end.
  const late = unreached + joined - 80;
  assert.ok(late >= 0 && late <= users.unjoined, `${late} of ${users.unjoined}`);
  await at.verdict(page, report.verdict.outcome.toUpperCase()).waitFor();
});

story('a server that comes back without its sessions has everybody log in again', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const behaviour = { room_size: 10, send_min_ms: 300, send_max_ms: 600 };
  const plan = chatPlan(lab, crowd(10, 14), behaviour, { thresholds: ['disconnects <= 10', 'errors[message] rate < 20 %'], settle_s: 2 });
  await swarm.start(page, plan);
  await swarm.everybody(page, 10);
  await lab.restart({ down_ms: 300, forget_sessions: true });
  const report = await finished(page);
  assert.equal(report.users.failed, 0, JSON.stringify(report.errors));
  assert.equal(report.users.replaced, 0);
  // Each came twice: the first time with a session that nobody knew any more.
  const refused = Object.entries(errorCounts(report)).filter(([what]) => what.startsWith('connect Invalid session'));
  assert.equal(refused.reduce((sum, [, count]) => sum + count, 0), 10, JSON.stringify(errorCounts(report)));
  assert.ok(metric(report, 'rest.login').count >= 20, 'twice each');
  assert.equal(report.thresholds.find(({ expression }) => expression === 'run.played == 100 %').outcome, 'pass');
  assert.ok(counter(report, 'reconnects') >= 10);
});
