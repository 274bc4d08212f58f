// Speaks just enough Socket.IO to connect, then floods: when the wanted number of sockets is ready, each gets the same
// frames as fast as it takes them, and the time runs until every client has answered the last frame.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { WebSocketServer } from 'ws';

import { portOf } from '../lib/process.mjs';
import { floodFrames } from './flood-frames.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
const OPEN = JSON.stringify({ sid: 'flood', upgrades: [], pingInterval: 600_000, pingTimeout: 600_000 });
const CHUNK_BYTES = 64 * 1024;

/** @param {{folder: string, library: string}} options what it serves beside the flood: pages, and the official client */
export async function startFloodServer({ folder, library }) {
  let round;
  const http = createServer(async ({ url }, response) => {
    const path = new URL(url ?? '', 'http://localhost').pathname;
    const content = await readFile(path === '/socket.io.js' ? library : join(folder, path)).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(content);
  });
  const sockets = new WebSocketServer({ server: http, path: '/socket.io/', perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.send(`0${OPEN}`);
    socket.on('message', (data) => round?.hear(socket, data.toString()));
    socket.on('error', (error) => round?.fail(error));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(http)}`,
    /**
     * Floods as soon as so many sockets are ready. `begun` settles then, `over` gives the frames per second over all of
     * them when the last one has had its last frame. With a `rate` it sends so many a second over all of them, and no faster.
     * @param {{sockets: number, frames: number, rate?: number}} flood
     */
    flood({ sockets: count, frames, rate }) {
      round = new Round(count, frames, rate);
      return { begun: round.begun, over: round.over };
    },
    stop() {
      sockets.clients.forEach((socket) => socket.terminate());
      http.closeAllConnections();
      http.close();
    },
  };
}

class Round {
  ready = new Set();
  done = 0;
  startedAt = 0;
  onBegin;
  onEnd;
  fail;

  constructor(count, frames, rate) {
    this.count = count;
    this.frames = frames;
    this.rate = rate;
    /** @type {Promise<void>} */
    this.begun = new Promise((resolve) => (this.onBegin = resolve));
    /** @type {Promise<number>} */
    this.over = new Promise((resolve, reject) => Object.assign(this, { onEnd: resolve, fail: reject }));
  }

  /** A client says `40` to connect, `hello` when it listens, `done` when the last frame has reached it. */
  hear(socket, text) {
    if (text.startsWith('40')) return socket.send('40{"sid":"flood"}');
    const [, id, event] = /^42(\d*)\["(\w+)"/.exec(text) ?? [];
    if (id) socket.send(`43${id}[]`);
    if (event === 'hello') {
      this.ready.add(socket);
      if (this.ready.size === this.count) this.begin(text);
    } else if (event === 'done') {
      this.done += 1;
      if (this.done === this.count) this.finish();
    }
  }

  begin(hello) {
    const bytes = floodFrames(this.frames, hello);
    this.onBegin();
    this.startedAt = performance.now();
    if (this.rate) return this.pace(bytes);
    for (const socket of this.ready) pour(bytes, socket);
  }

  /** The same, in small portions: of every socket's frames the part whose time has come. */
  pace(bytes) {
    const seconds = (this.count * this.frames) / this.rate;
    let at = 0;
    const timer = setInterval(() => {
      const share = Math.min(1, (performance.now() - this.startedAt) / 1_000 / seconds);
      const to = Math.round(bytes.length * share);
      for (const socket of this.ready) if (!socket._socket.destroyed) socket._socket.write(bytes.subarray(at, to));
      at = to;
      if (share === 1) clearInterval(timer);
    }, 5);
  }

  finish() {
    const seconds = (performance.now() - this.startedAt) / 1_000;
    this.onEnd((this.count * this.frames) / seconds);
  }
}

/** Writes ready-made frames past the library, which would build each frame anew for each socket. */
function pour(bytes, socket) {
  const tcp = socket._socket;
  let at = 0;
  const more = () => {
    while (at < bytes.length && !tcp.destroyed) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      at += chunk.length;
      if (!tcp.write(chunk)) {
        tcp.once('drain', more);
        return;
      }
    }
  };
  more();
}
