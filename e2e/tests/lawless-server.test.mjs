// A server that is under load decides neither where load goes nor how much a browser has to take.
import assert from 'node:assert/strict';

import { DIST } from '../lib/paths.mjs';
import { crowd, group, planOf } from '../lib/plans.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';
import { startLawlessServer, startListener } from '../servers/lawless.mjs';

/** Names that are not this machine's, which this browser finds here all the same. */
const args = ['--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.test. 127.0.0.1'];

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

  // This machine's second listener was never named, and nobody asked about it. Each step is played, whatever became of the last one.
  const before = [
    ask('rest.get', to(`${other.url}/get`), { required: false }),
    ask('rest.post', to(`${other.url}/post`), { method: 'POST', json: { secret: 1 }, required: false }),
    ask('rest.endless', `${server.url}/endless`, { required: false }),
  ];
  const refusing = planOf(plain(`${server.url}/ws`, { before }), crowd(3, 4), { ...short, answer_limit_mib: 1 });
  const refused = await swarm.play(page, refusing);
  assert.deepEqual(codes(refused), { 'rest.get redirected': 3, 'rest.post redirected': 3, 'rest.endless body_too_large': 3 });
  assert.deepEqual(other.heard, { connections: 0, requests: [], sockets: 0, most: 0 });
  await until('endless answers to be cut', () => server.seen.cut === server.seen.endless);

  // Whoever follows is checked where it ends.
  const following = planOf(plain(`${server.url}/ws`, {
    before: [ask('rest.named', to(`http://named.test:${other.port}/a`)), ask('rest.strange', to(`http://strange.test:${other.port}/b`))],
  }), group(1, 2), short);
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
  /**
   * @param {string} address
   * @param {string[]} hosts
   * @param {{users?: number, seconds?: number, reconnect?: string | object, load?: (users: number, seconds: number) => object}} [options]
   */
  const made = (address, hosts, { users = 2, seconds = 3, reconnect = 'none', load = crowd } = {}) => {
    const scenario = plain('${next}', { variables: { next: null }, before: [told(address)], connect: { url: '${next}', reconnect } });
    const plan = planOf(scenario, load(users, seconds), short);
    plan.populations[0].hosts = hosts;
    return plan;
  };
  const allowed = (caps) => ({ allow: ['named.test', 'strange.test'], caps: { users: 2, rate: 100, minutes: 1, ...caps } });
  const saysReached = ({ log }, limit) =>
    assert.ok(log.lines.some(({ text }) => text.includes(`its limit on ${limit} is reached`)), JSON.stringify(log));
  await assert.rejects(swarm.start(page, made('ws://named.test/', [])), /the host of connect is made up while the run goes/);
  const beyond = made('ws://named.test/', ['named.test'], { users: 8 });
  await assert.rejects(swarm.start(page, beyond, undefined, allowed()), /named\.test would get 8 users at a time, and this browser's limit is 2/);

  // A run that begins within the caps gets no further, however many users are asked for and however the address is written.
  const address = `ws://NAMED.test.:${other.port}`;
  await swarm.start(page, made(`${address}/x`, ['named.test'], { seconds: 5 }), undefined, allowed());
  await until('both users to be there', () => other.heard.sockets === 2);
  await swarm.act(page, { do: 'users', users: 8 });
  await swarm.phase(page, 'done');
  const capped = await swarm.report(page);
  assert.equal(other.heard.most, 2, JSON.stringify(codes(capped)));
  saysReached(capped, 'users at a time');

  // Who is sent away comes back no faster than the cap says: without one these two would be back 20 times a second.
  const before = other.heard.requests.length;
  const reconnect = { initial_ms: 50, max_ms: 50, jitter: 0, attempts: 1_000 };
  const paced = await swarm.play(page, made(`${address}/bye`, ['named.test'], { reconnect }), { permission: allowed({ rate: 2 }) });
  const known = other.heard.requests.length;
  assert.ok(known - before >= 4 && known - before <= 10, `${known - before} connections in 3 s, 2 of them a second`);
  saysReached(paced, 'new users within a second');

  const strange = await swarm.play(page, made(`ws://named.test@strange.test:${other.port}/x`, ['named.test'], { load: group }), { permission: allowed() });
  assert.deepEqual(codes(strange), { 'connect not_allowed': 2 });
  assert.equal(other.heard.requests.length, known);
});
