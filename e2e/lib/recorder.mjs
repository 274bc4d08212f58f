// A proxy that writes down what its clients say: requests, and the frames of each connection.
import { createServer, request } from 'node:http';
import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { portOf } from './process.mjs';

/** Stands before the server at `url`; `requests` are what was asked over HTTP, `connections` what each socket sent, in order. */
export async function startRecorder(url) {
  const target = new URL(url.replace(/^ws/, 'http'));
  /** @type {{requests: object[], connections: {path?: string, frames: string[]}[]}} */
  const seen = { requests: [], connections: [] };
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method, url: path } = incoming;
      if (method !== 'OPTIONS') seen.requests.push({ method, path, body: incoming.headers['content-type']?.startsWith('application/json') ? JSON.parse(body.toString()) : null });
      const headers = { ...incoming.headers, host: target.host };
      const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      onward.end(body);
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (incoming, wire, head) => {
    sockets.handleUpgrade(incoming, wire, head, (near) => {
      /** @type {string[]} */
      const frames = [];
      seen.connections.push({ path: incoming.url, frames });
      const far = new WebSocket(`ws://${target.host}${incoming.url}`);
      const held = [];
      const onward = (data, binary) => (far.readyState === WebSocket.OPEN ? far.send(data, { binary }) : held.push([data, binary]));
      near.on('message', (data, binary) => {
        frames.push(binary ? '(binary)' : data.toString());
        onward(data, binary);
      });
      far.on('open', () => held.splice(0).forEach(([data, binary]) => onward(data, binary)));
      far.on('message', (data, binary) => near.send(data, { binary }));
      const codes = (code) => (code >= 1_000 && ![1_005, 1_006].includes(code) ? code : 1_000);
      near.on('close', (code) => far.close(codes(code)));
      far.on('close', (code) => near.close(codes(code)));
      far.on('error', () => near.terminate());
      near.on('error', () => far.terminate());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${url.startsWith('ws') ? 'ws' : 'http'}://127.0.0.1:${portOf(server)}`,
    seen,
    stop() {
      sockets.clients.forEach((client) => client.terminate());
      server.closeAllConnections();
      server.close();
    },
  };
}

const LONGEST_WORDS = 20;

/** The same text for what is different in every run: the run's id, tags, what the server gave out. Lengths stay. */
export function normalised(text) {
  const names = new Map();
  const named = (found) => {
    if (!names.has(found)) names.set(found, `<${names.size + 1}>`);
    return names.get(found);
  };
  return text
    .replace(/\bSwarm [0-9a-z]{3} /g, 'Swarm <run> ')
    .replace(/~[0-9a-z]{3}-[0-9a-z.-]+~([^"\n]*)/g, (message, rest) =>
      // A filler makes up for a tag that is shorter or longer.
      rest.length > LONGEST_WORDS ? `<message of ${message.length}>` : `<tag>${rest}`,
    )
    .replace(/\bts-[0-9a-z]{3}-/g, 'ts-<run>-')
    .replace(/\bts [0-9a-z]{3} /g, 'ts <run> ')
    .replace(/eyJ[\w.-]+/g, '<jwt>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>')
    .replace(/\b[0-9a-f]{24,32}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, named);
}
