// Serves a folder under a sub-path and nothing else, as a static host would.
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createReadStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { extname, join, normalize } from 'node:path';

import { portOf } from './process.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Answers with the folder's address, with a certificate `{key, cert}` by https; requests outside `path` get 404 and are remembered in `strays`. */
export async function serveFolder(folder, path = '/', tls) {
  const strays = [];
  const create = tls ? (answer) => createSecureServer(tls, answer) : createServer;
  const server = create((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = pathname.startsWith(path) && fileAt(join(folder, normalize(`/${pathname.slice(path.length)}`)));
    if (!file) {
      strays.push(pathname);
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${portOf(server)}${path}`,
    strays,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function fileAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() ? fileAt(join(path, 'index.html')) : stat && path;
}
