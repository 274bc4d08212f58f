// A wire between a browser and a server that can be long, and can be cut without anybody being told.
import { once } from 'node:events';
import { createServer, connect } from 'node:net';

import { portOf } from './process.mjs';

/**
 * Passes everything on to a port of this machine; what the server says arrives `delay_ms` later. `cut()`: nothing gets through any
 * more; `mend()`: what waited does.
 */
export async function startWire(port, { delay_ms = 0 } = {}) {
  const sockets = new Set();
  let isCut = false;
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    const far = connect(port, '127.0.0.1');
    const ends = [near, far];
    near.pipe(far);
    const later = (what) => setTimeout(() => near.destroyed || what(), delay_ms);
    far.on('data', (chunk) => later(() => near.write(chunk)));
    far.on('end', () => later(() => near.end()));
    for (const end of ends) {
      sockets.add(end);
      end.on('error', () => ends.forEach((other) => other.destroy()));
      end.on('close', () => sockets.delete(end));
      if (isCut) end.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    /** How many ever came. */
    connections: () => connections,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Passes everything on to a port of this machine, but for WebSocket handshakes: while it `hold()`s, they wait, until `release()`.
 * `held()`: how many have had to wait.
 */
export async function startHandshakeHold(port) {
  const sockets = new Set();
  const waiting = [];
  let [holds, count] = [false, 0];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const ends = [near, far];
    for (const end of ends) {
      sockets.add(end);
      end.on('error', () => ends.forEach((other) => other.destroy()));
      end.on('close', () => sockets.delete(end));
    }
    far.pipe(near);
    near.once('data', (request) => {
      const go = () => {
        far.write(request);
        near.pipe(far);
      };
      // A handshake comes on a connection of its own, in one piece.
      if (!holds || !/^upgrade: websocket/im.test(request.toString('latin1'))) return go();
      near.pause();
      count += 1;
      waiting.push(go);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    held: () => count,
    hold: () => (holds = true),
    release() {
      holds = false;
      for (const go of waiting.splice(0)) go();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
