// A member of a swarm that means harm: it has the link to join, plays a part without any users, and lies when a story says so.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import WebSocket from 'ws';

import { memberProgram } from './paths.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** What it can say of its part that cannot be, each with the words in which it is put out. */
export const LIES = {
  at: /was made at [\d.]+ s of the run, which is not as old/,
  sent: /more than 1000000000 messages are sent/,
  missing: /-4 messages are missing/,
  names: /it has 15000 counters/,
  sample: /4294967295 microseconds of a sample/,
  nils: /cannot be read/,
};

/**
 * Joins by the link, and says yes to whatever is offered. What it says is the program's own (`examples/hostile_member.rs`); here is its
 * socket.
 * @returns `lie(what)`: one of {@link LIES}, `beacon` (the conductor's, forged) or `crowd` (1,100 invented members), and `stop()`
 */
export function joinAsLiar(invite) {
  const child = spawn(memberProgram(), [invite], { stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  child.on('close', () => running.delete(child));
  const say = (line) => child.stdin.writable && child.stdin.write(`${line}\n`);
  child.stdin.on('error', () => {});
  let socket;
  const open = (url) => {
    const opened = (socket = new WebSocket(url, 'mqtt'));
    opened.on('open', () => say('opened'));
    opened.on('message', (data) => say(`bytes ${data.toString('hex')}`));
    opened.on('error', () => {});
    opened.on('close', () => opened === socket && say('closed'));
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, rest] = line.split(' ');
    if (word === 'open') open(rest);
    else if (word === 'close') socket?.close();
    else if (socket?.readyState === WebSocket.OPEN) socket.send(Buffer.from(rest, 'hex'));
  });
  const ticks = setInterval(() => say('tick'), 250);
  return {
    lie: (what) => say(`lie ${what}`),
    stop() {
      clearInterval(ticks);
      socket?.terminate();
      child.kill('SIGKILL');
    },
  };
}
