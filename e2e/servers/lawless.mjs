// A server that keeps to nothing: it sends requests elsewhere, answers without end, and says more than anybody asked for. And a listener
// that only counts, for whoever must not be reached.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';

import { portOf } from '../lib/process.mjs';

const ALLOW = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' };
const OPEN = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

/** Counts who comes: connections, requests, and WebSockets at the same time. Whoever comes to `/bye` is sent away at once. */
export async function startListener() {
  /** @type {{connections: number, requests: string[], sockets: number, most: number}} */
  const heard = { connections: 0, requests: [], sockets: 0, most: 0 };
  const http = createServer((request, response) => {
    heard.requests.push(`${request.method} ${request.headers.host} ${request.url}`);
    response.writeHead(200, ALLOW).end('{}');
  });
  http.on('connection', () => (heard.connections += 1));
  new WebSocketServer({ server: http }).on('connection', (socket, request) => {
    heard.requests.push(`WS ${request.headers.host} ${request.url}`);
    heard.sockets += 1;
    heard.most = Math.max(heard.most, heard.sockets);
    socket.on('close', () => (heard.sockets -= 1));
    if (request.url?.startsWith('/bye')) socket.close();
  });
  return { heard, ...(await served(http)) };
}

/**
 * `/redirect?to=` answers 307; `/endless` never ends; `/next?to=` tells an address; as a WebSocket `/large` sends four frames of
 * `megabytes`, `/flood` pings and speaks before anybody is let in, then lets in, `/torrent` does both in the other order. Behind all
 * that `/large` and `/torrent` ask whether it has come through; `seen` has who answered.
 */
export async function startLawlessServer({ megabytes = 4, flood = 20_000 } = {}) {
  const seen = { endless: 0, cut: 0, pongs: 0, through: 0 };
  const http = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
    if (request.method === 'OPTIONS') return response.writeHead(204, ALLOW).end();
    if (pathname === '/redirect') return response.writeHead(307, { ...ALLOW, location: searchParams.get('to') ?? '' }).end();
    if (pathname === '/endless') return withoutEnd(response, seen);
    return response.writeHead(200, { ...ALLOW, 'content-type': 'application/json' }).end(JSON.stringify({ next: searchParams.get('to') }));
  });
  new WebSocketServer({ server: http }).on('connection', (socket, request) => {
    const [, kind] = /^\/(large|flood|torrent)/.exec(request.url ?? '') ?? [];
    const pour = () => {
      for (let n = 0; n < flood; n += 1) socket.send(n % 2 ? '2' : '42["much"]');
    };
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '3') seen.pongs += 1;
      if (text === '431[]' || text.includes('"through"')) seen.through += 1;
      if (!text.startsWith('40')) return;
      socket.send('40{"sid":"b"}');
      if (kind !== 'torrent') return;
      pour();
      socket.send('421["last"]');
    });
    if (kind === 'large') {
      for (let n = 0; n < 4; n += 1) socket.send(Buffer.alloc(megabytes * 1_000_000), { binary: n % 2 === 0 });
      socket.send('{"type":"last"}');
    } else if (kind) {
      socket.send(OPEN);
      if (kind === 'flood') pour();
    }
  });
  return { seen, ...(await served(http)) };
}

function withoutEnd(response, seen) {
  seen.endless += 1;
  response.writeHead(200, ALLOW);
  const chunk = Buffer.alloc(65_536, 'x');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more).on('close', () => (seen.cut += 1));
  more();
}

async function served(http) {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const port = portOf(http);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
}
