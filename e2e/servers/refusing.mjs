// Servers that say no, each in its own way.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

import { portOf } from '../lib/process.mjs';

/** @param {import('node:http').Server | import('node:https').Server} server */
const served = async (server, scheme = 'http') => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `${scheme}://127.0.0.1:${portOf(server)}`, stop };
};

/** A certificate that nobody trusts. */
export function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'tabswarm-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  const read = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return read;
}

export const startTls = () => served(createSecureServer(selfSigned(), (_, response) => response.end()), 'https');

/** Takes every connection and never says a word. */
export async function startSilent() {
  const open = new Set();
  const server = createTcpServer((socket) => open.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    open.forEach((socket) => socket.destroy());
    server.close();
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, stop };
}

/** Lets nobody in, as behind a firewall: it has stopped taking connections, and the place where they wait is full. */
export async function startUnreachable() {
  const listen = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(listen, { eval: true });
  const [port] = await once(worker, 'message');
  const waiting = [];
  // The kernel takes one more than it was told to keep; every further one is dropped without a word.
  for (let n = 0; n < 2; n += 1) {
    waiting.push(connect(port, '127.0.0.1').on('error', () => {}));
    await once(waiting[n], 'connect');
  }
  const stop = async () => {
    waiting.forEach((socket) => socket.destroy());
    await worker.terminate();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Answers what it is asked, to whoever asks, without a word about other origins. */
export const startWithoutCors = () => served(createServer((_, response) => response.end('{}')));

/** A Socket.IO server that lets in no page of another origin. */
export async function startChoosy() {
  const http = createServer();
  new Server(http, { cors: { origin: '*' }, allowRequest: (_, decide) => decide('this origin is not welcome', false) });
  return served(http);
}

/** A Socket.IO server that nobody may log in to. */
export async function startLocked() {
  const http = createServer();
  new Server(http).use((_, next) => next(new Error('your token has expired')));
  return served(http);
}

/** Engine.IO 3, as Socket.IO 2 speaks it: the server answers version 4 with an error, and lengths stand before packets. */
export async function startOld() {
  const open = (version) => `0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":5000,"version":${version}}`;
  const http = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (/EIO=3/.test(request.url ?? '')) return response.end(`${open(3).length}:${open(3)}`);
    response.statusCode = 400;
    return response.end('{"code":5,"message":"Unsupported protocol version"}');
  });
  const sockets = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (!/EIO=3/.test(request.url ?? '')) return socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    return sockets.handleUpgrade(request, socket, head, (client) => client.send(open(3)));
  });
  return served(http);
}
