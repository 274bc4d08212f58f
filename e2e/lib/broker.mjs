// MQTT brokers over WebSocket: Mosquitto as everybody has it, and the one inside the lab.
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { startLab } from './lab.mjs';
import { mosquittoProgram } from './paths.mjs';
import { freePort, start } from './process.mjs';
import { fatal, until } from './wait.mjs';

const folders = new Set();
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * Starts a Mosquitto that keeps nothing on disk. Everybody may come in, unless there are `users`.
 * @param {{port?: number, users?: Record<string, string>}} [options] `users`: passwords by name
 * @returns `url` for `new WebSocket(url, ['mqtt'])`, `port`, `output()`, `stop()`, `down()` and `up()`: it is away, forgets
 * everything and listens at the same address again; `restart()` is both
 */
export async function startMosquitto({ port, users } = {}) {
  port ??= await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'tabswarm-mosquitto-'));
  folders.add(folder);
  const config = join(folder, 'mosquitto.conf');
  if (users) await writeFile(join(folder, 'passwords'), passwordFile(users), { mode: 0o600 });
  await writeFile(config, configuration({ folder, port, users }));
  let broker;
  const launch = async () => {
    broker = start(mosquittoProgram(), ['-c', config]);
    await listening(broker, port);
  };
  const stop = async () => {
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  };
  try {
    await launch();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `ws://127.0.0.1:${port}/`,
    port,
    output: () => broker.output(),
    stop,
    down: () => broker.stop(),
    up: launch,
    async restart() {
      await broker.stop();
      await launch();
    },
  };
}

/**
 * Starts a lab with a room.
 * @param {{port?: number, args?: string[]}} [options]
 * @returns what `startLab` does, and `broker` (a WebSocket URL), `conductLink`, `joinLink`
 */
export async function startRoomLab({ args = [], ...options } = {}) {
  const lab = await startLab({ ...options, args: ['--room', '--broker-port', '0', ...args] });
  try {
    const response = await fetch(`${lab.url}/lab/room`);
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
    const { broker } = await response.json();
    const link = (role) => until(`the ${role} link`, () => lab.output().match(`\\S+/#${role}=\\S+`)?.[0]);
    return { ...lab, broker, conductLink: await link('conduct'), joinLink: await link('join') };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** Until a connection is accepted. */
async function listening(broker, port) {
  try {
    await until(`mosquitto to listen on port ${port}`, async () => {
      if (broker.hasEnded()) throw fatal('mosquitto ended at once');
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket.destroy();
    });
  } catch (error) {
    await broker.stop();
    throw new Error(`${error.message}\n${broker.output()}`);
  }
}

function configuration({ folder, port, users }) {
  return [
    'persistence false',
    users ? `password_file ${join(folder, 'passwords')}` : 'allow_anonymous true',
    // Started as root it would become a user who may not look into our folder.
    ...(process.getuid?.() === 0 ? [`user ${userInfo().username}`] : []),
    // Debian's 2.0.11 gives up if nobody listens but WebSockets.
    `listener 0 ${join(folder, 'socket')}`,
    `listener ${port} 127.0.0.1`,
    'protocol websockets',
    // Else it takes the address for any.
    'socket_domain ipv4',
    '',
  ].join('\n');
}

/** As `mosquitto_passwd` writes it: PBKDF2 with SHA-512. */
function passwordFile(users) {
  const line = ([name, password]) => {
    const salt = randomBytes(12);
    const hash = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512');
    return `${name}:$7$${ITERATIONS}$${salt.toString('base64')}$${hash.toString('base64')}\n`;
  };
  return Object.entries(users).map(line).join('');
}

const ITERATIONS = 101;
