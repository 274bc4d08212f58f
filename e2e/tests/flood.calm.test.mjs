// A server that sends more than a browser can take. Next to others it would leave them nothing of the machine.
import assert from 'node:assert/strict';

import { DIST } from '../lib/paths.mjs';
import { crowd, group, planOf } from '../lib/plans.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';
import { startLawlessServer } from '../servers/lawless.mjs';

const plain = (url, rest) => ({ version: 1, name: 'plain', protocol: 'websocket', connect: { url, reconnect: 'none' }, flow: [], ...rest });
const codes = (report) => Object.fromEntries(report.errors.map(({ operation, code, count }) => [`${operation} ${code}`, count]));
const short = { settle_s: 0, graceful_stop_s: 1 };

story('large frames are a word in the result, and a flood makes no worker break', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const server = world.use(await startLawlessServer({ megabytes: 12 }));
  const page = await world.page(host.url);
  const ws = server.url.replace('http', 'ws');
  const named = (name, users, scenario) => ({ name, load: group(users, 200), scenario: plain(`${ws}/${name}`, { name, ...scenario }) });
  const socketio = (name) => ({ protocol: 'socketio', connect: { url: ws, path: `/${name}`, reconnect: 'none' } });
  const large = named('large', 1, { on: [{ event: 'last', steps: [{ emit: { event: 'through' } }] }] });
  const populations = [large, named('flood', 4, socketio('flood')), named('torrent', 2, socketio('torrent'))];
  await swarm.start(page, { ...planOf({}, crowd(1, 1), short), populations });
  await until('all that was sent to be heard', () => server.seen.through === 3, { within: 150_000 });
  await swarm.stop(page);
  await swarm.phase(page, 'done');
  const report = await swarm.report(page);
  const told = JSON.stringify([report.errors, report.disconnects]);
  assert.deepEqual(codes(report), { 'frame too large': 4, 'frame invalid': 4 }, told);
  const sample = (wanted) => report.errors.find(({ code }) => code === wanted).sample;
  assert.match(sample('too large'), /^a frame of 12 MB, of which nothing was read/);
  // Who speaks without end before it lets anybody in is hung up on, once for each user.
  assert.match(sample('invalid'), /^event before the namespace was granted, beyond 1000 of them/);
  const lost = report.disconnects.filter(({ by }) => by !== 'user');
  assert.deepEqual(lost.map(({ population, reason, count }) => [population, reason, count]), [['flood', 'flooded before the connect answer', 4]], told);
  assert.ok(server.seen.pongs > 0);
  assert.equal(report.problem ?? null, null);
  // On a slow machine a flooded worker may be late with a hand-over, and is heard again; nothing else is said of one.
  const ofWorkers = report.log.lines.map(({ text }) => text).filter((text) => /worker/i.test(text));
  const late = / is silent since [\d.]+ s: its \d+ users are not counted$| is heard again after [\d.]+ s$/;
  assert.deepEqual(ofWorkers.filter((text) => !late.test(text)), []);
  const [silent, heard] = [/ is silent since /, / is heard again /].map((of) => ofWorkers.filter((text) => of.test(text)).length);
  assert.equal(heard, silent, 'whoever was silent was heard again');
});
