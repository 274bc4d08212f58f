// What the page relies on when several browsers play one run, asked of both kinds of broker with somebody else's client.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

import mqtt from 'mqtt';
import { WebSocket } from 'ws';

import { story } from '../lib/story.mjs';
import { until } from '../lib/wait.mjs';

const BROKERS = {
  mosquitto: async (world) => (await world.mosquitto()).url,
  'the built-in broker': async (world) => (await world.roomLab()).broker,
};

for (const [name, start] of Object.entries(BROKERS)) {
  story(`${name} speaks MQTT 3.1.1 under the subprotocol mqtt`, async (world) => {
    const url = await start(world);
    const socket = new WebSocket(url, ['mqtt']);
    await once(socket, 'open');
    assert.equal(socket.protocol, 'mqtt');
    socket.terminate();
    await client(world, url);
  });

  story(`${name} keeps the last retained message for whoever comes late, until an empty one clears it`, async (world) => {
    const url = await start(world);
    const conductor = await client(world, url);
    for (const text of ['old plan', 'plan']) await conductor.publishAsync('plan', text, { qos: 1, retain: true });
    const late = await client(world, url);
    await late.subscribeAsync('plan', { qos: 1 });
    await heard(late, 1);
    assert.deepEqual(late.heard, [{ topic: 'plan', text: 'plan', retain: true }]);

    await conductor.publishAsync('plan', '', { qos: 1, retain: true });
    const later = await client(world, url);
    await later.subscribeAsync('plan', { qos: 1 });
    await conductor.publishAsync('plan', 'not retained', { qos: 1 });
    await heard(later, 1);
    assert.deepEqual(later.heard, [{ topic: 'plan', text: 'not retained', retain: false }]);
  });

  story(`${name} shows 250 browsers to whoever comes late`, async (world) => {
    const url = await start(world);
    const browsers = await client(world, url);
    const topics = Array.from({ length: 250 }, (_, n) => `here/${n}`);
    await Promise.all(topics.map((topic) => browsers.publishAsync(topic, 'yes', { qos: 1, retain: true })));
    const late = await client(world, url);
    await late.subscribeAsync('here/+', { qos: 1 });
    await heard(late, topics.length);
    assert.deepEqual(late.heard.map(({ topic }) => topic).sort(), topics.sort());
  });

  story(`${name} publishes the last will of a socket that breaks, and of none that says goodbye`, async (world) => {
    const url = await start(world);
    const conductor = await client(world, url);
    await conductor.subscribeAsync('gone/+', { qos: 1 });
    const polite = await client(world, url, { will: will('gone/polite', 'polite') });
    await polite.endAsync();
    const abrupt = await client(world, url, { will: will('gone/abrupt', 'abrupt') });
    abrupt.stream.destroy();
    await heard(conductor, 1);
    assert.deepEqual(conductor.heard, [{ topic: 'gone/abrupt', text: 'abrupt', retain: false }]);
    const late = await client(world, url);
    await late.subscribeAsync('gone/+', { qos: 1 });
    await heard(late, 1);
    assert.deepEqual(late.heard, [{ topic: 'gone/abrupt', text: 'abrupt', retain: true }]);
  });

  story(`${name} lets a browser that comes back take over its name, and keeps the new will`, async (world) => {
    const url = await start(world);
    const conductor = await client(world, url);
    await conductor.subscribeAsync('gone', { qos: 1 });
    await client(world, url, { clientId: 'laptop', will: will('gone', 'first') });
    const second = await client(world, url, { clientId: 'laptop', will: will('gone', 'second') });
    await heard(conductor, 1);
    second.stream.destroy();
    await heard(conductor, 2);
    assert.deepEqual(conductor.heard.map(({ text }) => text), ['first', 'second']);
  });

  story(`${name} notices a browser that is sent messages and says nothing any more`, async (world) => {
    const url = await start(world);
    const conductor = await client(world, url);
    await conductor.subscribeAsync('gone', { qos: 1 });
    const never = { set: () => 0, clear() {} };
    const silent = await client(world, url, { keepalive: 1, timerVariant: never, will: will('gone', 'silent') });
    await silent.subscribeAsync('tick', { qos: 0 });
    const isGone = async () => {
      await conductor.publishAsync('tick', 'tock', { qos: 1 });
      return conductor.heard.length > 0;
    };
    await until('the last will', isGone, { within: 15_000, every: 100 });
    assert.deepEqual(conductor.heard, [{ topic: 'gone', text: 'silent', retain: false }]);
  });

  story(`${name} delivers 200 KiB, whole and once`, async (world) => {
    const url = await start(world);
    const [conductor, generator] = [await client(world, url), await client(world, url)];
    await conductor.subscribeAsync('snapshot', { qos: 1 });
    const snapshot = randomBytes(150 << 10).toString('base64');
    assert.equal(snapshot.length, 200 << 10);
    await generator.publishAsync('snapshot', snapshot, { qos: 1 });
    await generator.publishAsync('snapshot', 'end', { qos: 1 });
    await heard(conductor, 2);
    assert.deepEqual(conductor.heard.map(({ text }) => text === snapshot || text), [true, 'end']);
  });
}

story('mosquitto comes back at the same address, and asks for a password if it has one', async (world) => {
  const broker = await world.mosquitto({ users: { conductor: 'secret' } });
  const known = { username: 'conductor', password: 'secret' };
  await client(world, broker.url, known);
  await assert.rejects(client(world, broker.url), /not authori[sz]ed/i);
  await assert.rejects(client(world, broker.url, { ...known, password: 'wrong' }), /not authori[sz]ed/i);
  await broker.restart();
  await client(world, broker.url, known);
});

story('a room hands out its links, and tells its keys to nobody else', async (world) => {
  const lab = await world.roomLab();
  const [conduct, join] = [new URL(lab.conductLink), new URL(lab.joinLink)];
  const fragment = (link) => new URLSearchParams(link.hash.slice(1));
  const keys = [fragment(conduct).get('conduct'), fragment(join).get('join'), fragment(join).get('by')].map(String);
  for (const key of keys) assert.match(key, /^[\w-]{43}$/);
  assert.equal(new Set(keys).size, 3, 'who joins does not conduct');
  for (const link of [conduct, join]) {
    assert.equal(link.origin, lab.url);
    assert.equal(fragment(link).get('broker'), lab.broker);
  }
  for (const key of keys) assert.equal(lab.output().split(key).length, 2, 'a key is in its link, and nowhere else');
  const room = await fetch(`${lab.url}/lab/room`);
  assert.deepEqual(await room.json(), { broker: lab.broker });
  const plain = await world.lab();
  assert.equal((await fetch(`${plain.url}/lab/room`)).status, 404);
});

/** @typedef {{topic: string, text: string, retain: boolean}} Message */

/** A connected client that notes down what it hears. */
async function client(world, url, options = {}) {
  /** @type {Message[]} */
  const heard = [];
  const client = Object.assign(mqtt.connect(url, { protocolVersion: 4, clean: true, keepalive: 10, reconnectPeriod: 0, ...options }), { heard });
  world.use({ stop: () => client.end(true) });
  client.on('message', (topic, payload, { retain }) => heard.push({ topic, text: payload.toString(), retain }));
  // Its types do not say that it is one of Node's.
  const emitter = /** @type {import('node:events').EventEmitter} */ (/** @type {unknown} */ (client));
  const closed = once(emitter, 'close').then(() => Promise.reject(new Error(`${url} hung up`)));
  await Promise.race([once(emitter, 'connect'), closed]);
  // A connection that breaks later is part of a story.
  client.on('error', () => {});
  return client;
}

const will = (topic, payload) => ({ topic, payload, qos: 1, retain: true });

/** Mosquitto 2.0.11 reads a WebSocket 4 KiB at a time, ten times a second: 200 KiB take it five seconds. */
const heard = (client, count) => until(`${count} messages`, () => client.heard.length >= count, { within: 20_000 });
