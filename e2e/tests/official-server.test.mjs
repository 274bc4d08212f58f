// Against the protocol authors' own server: what we say is what it hears, and the other way round.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { DIST } from '../lib/paths.mjs';
import { crowd, officialScenario, planOf } from '../lib/plans.mjs';
import { counter, metric } from '../lib/report.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';
import { REFUSAL, startOfficialServer, TOKEN } from '../servers/official.mjs';

/** A page from a host that knows nothing of the server, and the server. */
async function setUp(world) {
  const server = world.use(await startOfficialServer());
  const host = world.use(await serveFolder(DIST));
  return { server, page: await world.page(host.url) };
}

story('200 users in 10 rooms of the official server: both sides count the same', async (world) => {
  const { server, page } = await setUp(world);
  const scenario = officialScenario(server.url, { rooms: 10, interval_ms: [4_000, 6_000], talkative: true });
  const report = await swarm.play(page, planOf(scenario, crowd(200, 30)));
  const { counts } = server;
  checks.noErrors(report);
  checks.bothSidesAgree({
    joins: [checks.events(report, 'out', 'join'), counts.received.join],
    sent: [report.delivery.sent, counts.received.message],
    'messages in': [checks.events(report, 'in', 'message'), counts.sent.message],
    arrived: [report.delivery.arrived, counts.sent.message],
    'read receipts sent': [checks.events(report, 'out', 'read'), counts.received.read],
    'read receipts answered': [metric(report, 'read.ack').count, counts.received.read],
    'read broadcasts': [checks.events(report, 'in', 'wasRead'), counts.sent.wasRead],
    'reactions sent': [checks.events(report, 'out', 'react'), counts.received.react],
    'reactions answered': [metric(report, 'reaction.ack').count, counts.received.react],
    'reaction broadcasts': [checks.events(report, 'in', 'reactions'), counts.sent.reactions],
    acks: [['join', 'message', 'read', 'reaction'].reduce((sum, name) => sum + metric(report, `${name}.ack`).count, 0), counts.acks],
  });
  const { due, delivered, missing, duplicated, reordered } = report.delivery;
  assert.deepEqual({ delivered, missing, duplicated, reordered }, { delivered: due, missing: 0, duplicated: 0, reordered: 0 });
});

story('binary events and acknowledgements with attachments', async (world) => {
  const { server, page } = await setUp(world);
  const scenario = {
    version: 1,
    name: 'binary',
    protocol: 'socketio',
    connect: { url: server.url },
    flow: [{ emit: { event: 'blob', args: [], ack: true, operation: 'blob', answer: { event: 'blob' } } }],
  };
  const report = await swarm.play(page, planOf(scenario, crowd(5, 3)));
  checks.noErrors(report);
  checks.bothSidesAgree({
    asked: [checks.events(report, 'out', 'blob'), server.counts.received.blob],
    answered: [checks.events(report, 'in', 'blob'), server.counts.sent.blob],
    'answers measured': [metric(report, 'blob').count, server.counts.sent.blob],
    'acks measured': [metric(report, 'blob.ack').count, server.counts.acks],
  });
});

story('binary events of ours arrive byte by byte, and what the server wants acknowledged is', async (world) => {
  const { server, page } = await setUp(world);
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, n) => n % 256));
  const what = { name: 'photo ${user.index}', parts: [{ $binary: bytes.toString('base64') }, { $binary: '' }] };
  const scenario = {
    version: 1,
    name: 'upload',
    protocol: 'socketio',
    connect: { url: server.url },
    flow: [
      { emit: { event: 'upload', args: [what], ack: true, operation: 'upload' } },
      { emit: { event: 'ping me', operation: 'ping', answer: { event: 'ping' } } },
    ],
  };
  const users = 5;
  const report = await swarm.play(page, planOf(scenario, crowd(users, 3)));
  checks.noErrors(report);
  const { counts } = server;
  checks.bothSidesAgree({
    uploads: [checks.events(report, 'out', 'upload'), counts.uploads.length],
    'uploads answered': [metric(report, 'upload.ack').count, counts.uploads.length],
    'asked and acknowledged': [checks.events(report, 'in', 'ping'), counts.acked],
  });
  const names = counts.uploads.map(({ name }) => name).sort();
  assert.deepEqual(names, Array.from({ length: users }, (_, n) => `photo ${n}`));
  for (const { parts } of counts.uploads) assert.deepEqual(parts, [bytes, Buffer.alloc(0)]);
});

story('a namespace lets in who brings the token', async (world) => {
  const { server, page } = await setUp(world);
  const scenario = officialScenario(server.url, { namespace: '/members', auth: { token: TOKEN } });
  const report = await swarm.play(page, planOf(scenario, crowd(5, 4)));
  checks.noErrors(report);
  checks.bothSidesAgree({
    connections: [metric(report, 'connect').count, server.counts.connections],
    messages: [checks.events(report, 'in', 'message'), server.counts.sent.message],
  });
});

story('a refused token is an error that says why', async (world) => {
  const { server, page } = await setUp(world);
  const scenario = officialScenario(server.url, { namespace: '/members', auth: { token: 'guess' } });
  const report = await swarm.play(page, planOf(scenario, crowd(5, 3)));
  assert.equal(server.counts.connections, 0);
  const refused = report.errors.filter((error) => error.operation === 'connect' && error.sample.includes(REFUSAL));
  checks.bothSidesAgree({ refused: [refused.reduce((sum, error) => sum + error.count, 0), server.counts.refused] });
});

story('a server that stops mid-run is left, found again, and not talked to twice', async (world) => {
  const { server, page } = await setUp(world);
  const users = 20;
  const scenario = officialScenario(server.url, { rooms: 2, interval_ms: [500, 500] });
  await swarm.start(page, planOf(scenario, crowd(users, 120)));
  const active = () => swarm.status(page).then((status) => status.users.active);
  await swarm.everybody(page, users);
  await server.stop();
  await until('everybody to notice', async () => (await active()) === 0);
  await server.startAgain();
  await swarm.everybody(page, users);
  const rate = await messagesPerSecond(page, server, 5);
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const lost = (phases) => lostConnections(report, phases);
  checks.bothSidesAgree({
    connections: [metric(report, 'connect').count, server.counts.connections],
    'lost connections': [lost(['flow', 'active']), users],
    // Some may have tried while nobody listened; every try is counted, and every one that failed.
    'tries to come back': [counter(report, 'reconnects'), users + lost(['connecting'])],
  });
  // Two a second each; a sender that came back doubled would say twice as much.
  checks.between('messages a second', rate, users * 2 * 0.5, users * 2 * 1.5);
});

/** Over a window of the run's own time. */
async function messagesPerSecond(page, server, seconds) {
  const from = (await swarm.status(page)).elapsed_s;
  const before = server.counts.received.message;
  let now = from;
  await until(`${seconds} s to pass`, async () => (now = (await swarm.status(page)).elapsed_s) >= from + seconds);
  return (server.counts.received.message - before) / (now - from);
}

const lostConnections = (report, phases) =>
  report.disconnects
    .filter(({ by, phase }) => by === 'server' && phases.includes(phase))
    .reduce((sum, { count }) => sum + count, 0);
