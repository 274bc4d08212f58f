// A server whose every word is markup that would run a script if a page took it for more than text.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';

import { portOf } from '../lib/process.mjs';

/** `where` tells what a page shows from what it does not. Close reasons hold 123 bytes. */
export const evil = (where) => `${where}<img src=x onerror="top.pwned='${where}'"><script>top.pwned=1</script>`;

/**
 * `GET` is answered 500 with markup; `/ws` talks JSON frames and closes then, `/stay` goes on, `/socket.io/` refuses the login of
 * even connections and lets the others in; what is said is answered with events, errors and closes that are markup.
 */
export async function startHostileServer() {
  const http = createServer((_, response) => {
    response.writeHead(500, { 'access-control-allow-origin': '*', 'content-type': 'text/html' });
    response.end(JSON.stringify({ message: evil('rest-message'), code: evil('rest-code'), error: evil('rest-error') }));
  });
  const sockets = new WebSocketServer({ server: http });
  let logins = 0;
  sockets.on('connection', (socket, request) => {
    const stays = request.url?.startsWith('/stay');
    const isPlain = stays || request.url?.startsWith('/ws');
    if (!isPlain) socket.send('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}');
    socket.on('message', (data) => {
      const text = String(data);
      if (isPlain) return talk(socket, stays);
      if (text.startsWith('40')) {
        logins += 1;
        if (logins % 2) return socket.send(`44${JSON.stringify({ message: evil('login'), data: { code: evil('login-code') } })}`);
        socket.send('40{"sid":"b"}');
        socket.send(`42${JSON.stringify([evil('sio-event'), { name: evil('sio-name') }])}`);
        socket.send(`42${JSON.stringify(['refused', { code: evil('sio-code'), message: evil('sio-message') }])}`);
        setTimeout(() => socket.close(4001, evil('sio-close').slice(0, 120)), 300);
      }
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(http)}`,
    stop() {
      sockets.clients.forEach((client) => client.terminate());
      http.closeAllConnections();
      http.close();
    },
  };
}

function talk(socket, stays) {
  socket.send(JSON.stringify({ type: evil('ws-event'), room: evil('ws-room'), name: evil('ws-name') }));
  socket.send(JSON.stringify({ type: 'refused', code: evil('ws-code'), message: evil('ws-message') }));
  socket.send(evil('no-json'));
  if (!stays) setTimeout(() => socket.close(4002, evil('ws-close').slice(0, 120)), 300);
}
