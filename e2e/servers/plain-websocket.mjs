// A chat server without Socket.IO: JSON text frames told apart by their field `type`.
import { once } from 'node:events';

import { WebSocketServer } from 'ws';

import { portOf } from '../lib/process.mjs';

/** `join` {room} is answered with `joined`; `say` {room, text} goes to the whole room as `said`. */
export async function startPlainServer() {
  const counts = { connections: 0, received: {}, sent: {} };
  const rooms = new Map();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const send = (socket, frame) => {
    counts.sent[frame.type] = (counts.sent[frame.type] ?? 0) + 1;
    socket.send(JSON.stringify(frame));
  };
  server.on('connection', (socket) => {
    counts.connections += 1;
    socket.on('close', () => rooms.forEach((members) => members.delete(socket)));
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      counts.received[frame.type] = (counts.received[frame.type] ?? 0) + 1;
      if (frame.type === 'join') {
        if (!rooms.has(frame.room)) rooms.set(frame.room, new Set());
        rooms.get(frame.room).add(socket);
        send(socket, { type: 'joined', room: frame.room });
      } else if (frame.type === 'say') {
        for (const member of rooms.get(frame.room) ?? []) send(member, { ...frame, type: 'said' });
      }
    });
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${portOf(server)}`,
    counts,
    stop() {
      server.clients.forEach((client) => client.terminate());
      server.close();
    },
  };
}
