// Ports of this machine that somebody listens on and remembers who came: what shows that nobody was sent anywhere.
import { once } from 'node:events';
import { createServer } from 'node:net';

import { portOf } from './process.mjs';

/**
 * Holds so many ports. Whoever comes is noted down with the origin that its browser gives, and answered with `answer(origin)`, which
 * any page may read.
 * @param {number} count
 * @param {(origin: string) => string} [answer]
 */
export async function holdDoors(count, answer = () => 'nothing') {
  const doors = await Promise.all(Array.from({ length: count }, () => door(answer)));
  return {
    ports: doors.map(({ port }) => port),
    urls: doors.map(({ port }) => `http://127.0.0.1:${port}`),
    /** Everybody who came: the port, and what was said there first. */
    visits: () => doors.flatMap(({ port, visits }) => visits.map(({ origin, line }) => ({ port, origin, line }))),
    /** The ports that were touched at all, even by a connection on which nothing was said. */
    touched: () => doors.filter(({ visits }) => visits.length > 0).map(({ port }) => port),
    /** Those that a page of this origin has sent something to. */
    touchedBy: (origin) => doors.filter(({ visits }) => visits.some((visit) => visit.origin === origin)).map(({ port }) => port),
    stop: () => doors.forEach(({ stop }) => stop()),
  };
}

async function door(answer) {
  /** @type {{origin?: string, line?: string}[]} */
  const visits = [];
  const sockets = new Set();
  const server = createServer((socket) => {
    /** @type {{origin?: string, line?: string}} */
    const visit = {};
    visits.push(visit);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let said = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      said += chunk;
      if (!said.includes('\r\n\r\n')) return;
      visit.line = said.slice(0, said.indexOf('\r\n'));
      visit.origin = /^origin: *(\S+)/im.exec(said)?.[1];
      const body = answer(visit.origin ?? 'nobody');
      const head = ['HTTP/1.1 500 No', 'access-control-allow-origin: *', 'access-control-allow-headers: *', 'content-type: application/json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
      socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { port: portOf(server), visits, stop };
}
