// A wire between a browser and a server that can be long, and can be cut without anybody being told.
import { createServer, connect } from 'node:net';

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
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
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
