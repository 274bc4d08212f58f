// Child processes that end with us.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * Starts a program in a process group of its own: Ctrl-C in the terminal reaches us, and we decide in which order
 * things stop. Its output is kept and shown when something goes wrong.
 */
export function start(program, args, { env = {} } = {}) {
  const child = spawn(program, args, {
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-20_000));
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const failed = new Promise((resolve) => child.once('error', resolve));
  const ended = Promise.race([once(child, 'close'), failed]).finally(() => running.delete(child));
  return {
    pid: child.pid,
    output: () => output,
    hasEnded: () => !running.has(child),
    exitCode: () => child.exitCode,
    ended,
    kill: (signal) => child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      const giveUp = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(giveUp);
    },
  };
}

/**
 * The port that a server listens on.
 * @param {{address(): import('node:net').AddressInfo | string | null}} server
 */
export function portOf(server) {
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error(`the server listens on no port but ${address}`);
  return address.port;
}

/** A port that nobody listens on just now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
