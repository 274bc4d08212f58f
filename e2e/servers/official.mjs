// The protocol authors' own server: what it and our users say to each other is the proof that we speak Socket.IO.
//
// Main namespace: `join` (room) is acknowledged; `message` {room, text} goes to the whole room, its sender included, and
// is acknowledged, and so are `read` {room, ids} and `react` {room, id, emoji}, which it hears as `wasRead` and `reactions`;
// `blob` is answered with two binary attachments, `upload` takes binary ones, `ping me` makes the server ask for an
// acknowledgement of its `ping`. `/members` lets in who brings the token `let-me-in`.
import { createServer } from 'node:http';
import { once } from 'node:events';

import { Server } from 'socket.io';

import { portOf } from '../lib/process.mjs';

export const TOKEN = 'let-me-in';
export const REFUSAL = 'you are not on the list';

/** Starts the server; `counts` is what it received and sent, by event, for as long as it exists. */
export async function startOfficialServer({ port = 0 } = {}) {
  const counts = { connections: 0, disconnections: 0, refused: 0, received: {}, sent: {}, acks: 0, acked: 0, ids: 0, uploads: [] };
  /** @type {Awaited<ReturnType<typeof listen>> | undefined} */
  let listening = await listen(port, counts);
  const address = listening.port;
  return {
    url: `http://127.0.0.1:${address}`,
    counts,
    /** Cuts every connection and refuses new ones, like a server that is being redeployed. */
    async stop() {
      await listening?.close();
      listening = undefined;
    },
    async startAgain() {
      listening = await listen(address, counts);
    },
  };
}

async function listen(port, counts) {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'], pingInterval: 2_000, pingTimeout: 20_000 });
  serveRooms(io.of('/'), counts);
  io.of('/members').use((socket, next) => {
    if (socket.handshake.auth.token === TOKEN) return next();
    counts.refused += 1;
    next(new Error(REFUSAL));
  });
  serveRooms(io.of('/members'), counts);
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return { port: portOf(http), close: () => io.close() };
}

function serveRooms(namespace, counts) {
  const received = (event) => add(counts.received, event, 1);
  namespace.on('connection', (socket) => {
    counts.connections += 1;
    socket.on('disconnect', () => (counts.disconnections += 1));
    const acknowledge = (ack, answer) => {
      if (!ack) return;
      counts.acks += 1;
      ack(answer);
    };
    socket.on('join', (room, ack) => {
      received('join');
      socket.join(room);
      acknowledge(ack, { ok: true, members: namespace.adapter.rooms.get(room).size });
    });
    const tell = (room, event, what) => {
      add(counts.sent, event, namespace.adapter.rooms.get(room)?.size ?? 0);
      namespace.to(room).emit(event, what);
    };
    socket.on('message', ({ room, text }, ack) => {
      received('message');
      tell(room, 'message', { id: `m${counts.received.message}`, room, text, from: socket.id });
      acknowledge(ack, { ok: true });
    });
    socket.on('read', ({ room, ids }, ack) => {
      received('read');
      counts.ids += ids.length;
      tell(room, 'wasRead', { ids, by: socket.id });
      acknowledge(ack, { ok: true });
    });
    socket.on('react', ({ room, id, emoji }, ack) => {
      received('react');
      tell(room, 'reactions', { id, emoji, by: socket.id });
      acknowledge(ack, { ok: true });
    });
    socket.on('upload', (what, ack) => {
      received('upload');
      counts.uploads.push(what);
      acknowledge(ack, { ok: true });
    });
    socket.on('ping me', () => {
      received('ping me');
      add(counts.sent, 'ping', 1);
      socket.emit('ping', 'are you there?', () => (counts.acked += 1));
    });
    socket.on('blob', (ack) => {
      received('blob');
      add(counts.sent, 'blob', 1);
      socket.emit('blob', { first: Buffer.from([1, 2, 3]), second: [Buffer.alloc(1_000)] });
      acknowledge(typeof ack === 'function' ? ack : undefined, Buffer.from('binary ack'));
    });
  });
}

const add = (counts, event, n) => (counts[event] = (counts[event] ?? 0) + n);
