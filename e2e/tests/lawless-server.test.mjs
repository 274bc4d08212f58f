// A server that is under load decides neither where load goes nor how much a browser has to take.
import assert from 'node:assert/strict';

import { DIST } from '../lib/paths.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';
import { startLawlessServer, startListener } from '../servers/lawless.mjs';

/** Names that are not this machine's, which this browser finds here all the same. */
const args = ['--host-resolver-rules=MAP *.test 127.0.0.1'];

const ask = (operation, url, rest = {}) => ({ http: { operation, url, timeout_s: 5, ...rest } });
const plain = (url, rest) => ({ version: 1, name: 'plain', protocol: 'websocket', connect: { url, reconnect: 'none' }, flow: [], ...rest });
const codes = (report) => Object.fromEntries(report.errors.map(({ operation, code, count }) => [`${operation} ${code}`, count]));
const short = { settle_s: 0, graceful_stop_s: 1 };

story('redirects, made-up addresses and answers without end go no further than was agreed', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const server = world.use(await startLawlessServer());
  const other = world.use(await startListener());
  const page = await world.page(host.url, { args });
  const to = (address) => `${server.url}/redirect?to=${encodeURIComponent(address)}`;

  // This machine's second listener was never named, and nobody asked about it.
  const before = [
    ask('rest.get', to(`${other.url}/get`)),
    ask('rest.post', to(`${other.url}/post`), { method: 'POST', json: { secret: 1 } }),
    ask('rest.endless', `${server.url}/endless`),
  ];
  const refusing = planOf(plain(`${server.url}/ws`, { before }), crowd(3, 4), { ...short, answer_limit_mib: 1 });
  const refused = await swarm.play(page, refusing);
  assert.deepEqual(codes(refused), { 'rest.get redirected': 3, 'rest.post redirected': 3, 'rest.endless body_too_large': 3 });
  assert.deepEqual(other.heard, { connections: 0, requests: [], sockets: 0, most: 0 });
  await until('endless answers to be cut', () => server.seen.cut === server.seen.endless);

  // Whoever follows is checked where it ends.
  const following = planOf(plain(`${server.url}/ws`, {
    before: [ask('rest.named', to(`http://named.test:${other.port}/a`)), ask('rest.strange', to(`http://strange.test:${other.port}/b`))],
  }), crowd(1, 2), short);
  Object.assign(following.populations[0], { redirects: 'follow', hosts: ['named.test'] });
  await assert.rejects(swarm.start(page, following), /load on named\.test has not been allowed/);
  const followed = await swarm.play(page, following, { permission: { allow: ['named.test', 'strange.test'] } });
  assert.deepEqual(codes(followed), { 'rest.strange redirect_not_allowed': 1 });
});

story('caps belong to the host that is dialled, and who was not named is not', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const server = world.use(await startLawlessServer());
  const other = world.use(await startListener());
  const page = await world.page(host.url, { args });
  const told = (address) => ask('rest.next', `${server.url}/next?to=${encodeURIComponent(address)}`, { save: { next: '/next' } });
  const made = (address, hosts) => {
    const plan = planOf(plain('${next}', { variables: { next: null }, before: [told(address)] }), crowd(8, 3), short);
    plan.populations[0].hosts = hosts;
    return plan;
  };
  await assert.rejects(swarm.start(page, made('ws://named.test/', [])), /the host of connect is made up while the run goes/);

  const permission = { allow: ['named.test', 'strange.test'], caps: { users: 2, rate: 100, minutes: 1 } };
  const address = `ws://me@NAMED.test.:${other.port}/x`;
  const capped = await swarm.play(page, made(address, ['named.test']), { permission });
  assert.equal(other.heard.most, 2, JSON.stringify(codes(capped)));
  const known = other.heard.requests.length;
  const strange = await swarm.play(page, made(`ws://named.test@strange.test:${other.port}/x`, ['named.test']), { permission });
  assert.deepEqual(Object.keys(codes(strange)), ['connect not_allowed']);
  assert.equal(other.heard.requests.length, known);
});

story('large frames are a word in the result, and a flood makes no worker break', async (world) => {
  const host = world.use(await serveFolder(DIST));
  const server = world.use(await startLawlessServer({ megabytes: 12 }));
  const page = await world.page(host.url);
  const ws = server.url.replace('http', 'ws');
  const large = { name: 'large', load: crowd(1, 5), scenario: plain(`${ws}/large`, {}) };
  const flood = { name: 'flood', load: crowd(4, 5), scenario: { version: 1, name: 'flood', protocol: 'socketio', connect: { url: ws, path: '/flood', reconnect: 'none' }, flow: [] } };
  const report = await swarm.play(page, { ...planOf({}, crowd(1, 1), short), populations: [large, flood] });
  const found = codes(report);
  assert.equal(found['frame too large'], 4, JSON.stringify(report.errors));
  assert.match(report.errors.find(({ code }) => code === 'too large').sample, /^a frame of 12 MB, of which nothing was read/);
  const early = report.errors.filter(({ sample }) => /before the namespace was granted/.test(sample));
  assert.ok(early.length > 0, JSON.stringify(report.errors));
  assert.ok(server.seen.pongs > 0);
  assert.doesNotMatch(JSON.stringify(report.log), /worker/i);
});
