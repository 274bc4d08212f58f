// A broker that speaks just enough MQTT 3.1.1 for a swarm to meet at it, and says whatever a story wants it to say.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';

import { portOf } from './process.mjs';

/** A message of quality 2 without a number: no broker that knows MQTT says this. */
export const QUALITY_2_WITHOUT_A_NUMBER = Buffer.from([0x34, 0x0c, 0, 1, 0x74, 0, 0, ...Buffer.from('payload')]);

/** @typedef {{socket: import('ws').WebSocket, topics: Set<string>, rest: Buffer, will?: {topic: string, payload: Buffer}}} Client */

/**
 * @returns `url` for a swarm, `connections()` so far, `say(bytes)` to everybody who is connected, and `stop()`
 */
export async function startHostileBroker() {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
  const retained = new Map();
  const clients = new Set();
  let connections = 0;
  const publish = (topic, packet) => {
    for (const client of clients) if (client.topics.has(topic)) client.socket.send(packet);
  };
  sockets.on('connection', (socket) => {
    connections += 1;
    /** @type {Client} */
    const client = { socket, topics: new Set(), rest: Buffer.alloc(0), will: undefined };
    clients.add(client);
    socket.on('message', (data) => {
      client.rest = Buffer.concat([client.rest, /** @type {Buffer} */ (data)]);
      for (let packet; (packet = nextPacket(client)); ) answer(client, packet, retained, publish);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clients.delete(client);
      if (client.will) publish(client.will.topic, publishPacket(client.will.topic, client.will.payload));
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `ws://127.0.0.1:${portOf(http)}/`,
    connections: () => connections,
    say: (bytes) => clients.forEach(({ socket }) => socket.send(bytes)),
    stop() {
      sockets.clients.forEach((socket) => socket.terminate());
      http.close();
    },
  };
}

/** Takes one whole packet from what has come. */
function nextPacket(client) {
  const { rest } = client;
  let [length, place, shift] = [0, 1, 0];
  for (; ; shift += 7, place += 1) {
    if (place >= rest.length) return undefined;
    length |= (rest[place] & 0x7f) << shift;
    if (rest[place] < 0x80) break;
  }
  const end = place + 1 + length;
  if (rest.length < end) return undefined;
  client.rest = rest.subarray(end);
  return { kind: rest[0] >> 4, flags: rest[0] & 15, body: rest.subarray(place + 1, end) };
}

function answer(client, { kind, flags, body }, retained, publish) {
  const { socket } = client;
  if (kind === 1) {
    client.will = willOf(body);
    socket.send(Buffer.from([0x20, 2, 0, 0]));
  } else if (kind === 3) {
    const { text: topic, end } = textAt(body, 0);
    const payload = body.subarray(end);
    if (flags & 1) retained.set(topic, payload);
    publish(topic, publishPacket(topic, payload));
  } else if (kind === 8) {
    const topics = [];
    for (let at = 2; at < body.length; ) {
      const { text, end } = textAt(body, at);
      topics.push(text);
      at = end + 1;
    }
    topics.forEach((topic) => client.topics.add(topic));
    socket.send(Buffer.from([0x90, 2 + topics.length, body[0], body[1], ...topics.map(() => 0)]));
    for (const topic of topics) {
      const payload = retained.get(topic);
      if (payload?.length) socket.send(publishPacket(topic, payload, true));
    }
  } else if (kind === 12) {
    socket.send(Buffer.from([0xd0, 0]));
  }
}

function willOf(body) {
  const flags = body[7];
  if (!(flags & 4)) return undefined;
  const { text: topic, end } = textAt(body, textAt(body, 10).end);
  return { topic, payload: body.subarray(end + 2, end + 2 + body.readUInt16BE(end)) };
}

function textAt(body, at) {
  const end = at + 2 + body.readUInt16BE(at);
  return { text: String(body.subarray(at + 2, end)), end };
}

function publishPacket(topic, payload, isRetained = false) {
  const name = Buffer.from(topic);
  const length = [];
  for (let rest = 2 + name.length + payload.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  const head = Buffer.from([isRetained ? 0x31 : 0x30, ...length, name.length >> 8, name.length & 255]);
  return Buffer.concat([head, name, payload]);
}
