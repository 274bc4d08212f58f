/*
 * The tabswarm plan "websocket-json" as a k6 script. No extension is needed.
 *
 * Run it:  k6 run <this file>
 * It needs a k6 that has the module k6/websockets; with an older one import from k6/experimental/websockets.
 * Every setting below can be given anew: k6 run -e TARGET=https://... <this file>
 *
 * What it does as tabswarm does: set-up, REST, handshake, rooms, messages, timers, reactions, error rules, reconnects,
 * times and counts under the same names (k6 allows no dots: message.round_trip is message_round_trip).
 *
 * What it does not do:
 * - No delivery ledger: VUs share no memory, so nobody knows which member of a room missed, doubled or reordered a
 *   message. Each user measures its own messages' way to the server and back (round_trip), not the fan-out to
 *   others.
 * - Not the threshold `delivery.missing == 0`: it needs the delivery ledger.
 * - What the plan's settings rule out (a switch that is off, a share of 0) is not in the script: no setting brings
 *   it back.
 * - Handshakes are not queued: k6 opens as many at a time as the load asks for.
 * - Times are whole milliseconds of k6's clock, and no sample is checked for a busy generator: watch k6's own CPU.
 * - Chance is drawn anew in every run: the plan's seed has no meaning here.
 */
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { clearTimeout, setTimeout } from 'k6/timers';

// --------------------------------------------------------- Load and thresholds

// Stages: seconds, and the number of users (or arrivals) that they lead to.
const chatLoad = {
  start: 0,
  stages: [{ seconds: 5, target: 20 }, { seconds: 25, target: 20 }],
  seconds: 30,
  users: 20,
  warmup: 0,
  settle: 3,
};

export const options = {
  scenarios: {
    chat: {
      executor: 'ramping-vus',
      exec: 'chatIteration',
      startVUs: chatLoad.start,
      stages: chatLoad.stages.map(({ seconds, target }) => ({ duration: `${seconds}s`, target })),
      gracefulRampDown: '23s',
      gracefulStop: '23s',
    },
  },
  thresholds: { errors_rate: ['rate<0.01'], message_round_trip: ['p(95)<300'] },
  setupTimeout: '300s',
};

// ------------------------------------------------------------ What is measured

// By operation: from sending to the answer, to the acknowledgement (.ack), to the own broadcast (.round_trip).
const times = Object.fromEntries(['connect', 'connect.websocket', 'join', 'message.round_trip', 'message.round_trip.intended'].map((name) => [name, new Trend(metric(name), true)]));
const counters = Object.fromEntries([
  'bytes.in',
  'bytes.out',
  'events.in.joined',
  'events.in.left',
  'events.in.message',
  'events.out.join',
  'events.out.leave',
  'events.out.message',
  'frames.in',
  'frames.out',
  'http.requests',
  'reconnects',
].map((name) => [name, new Counter(metric(name))]));
// Tagged with the event's name, whether the scenario names it or not.
const eventsIn = new Counter('events_in');
// Tagged with operation and code.
const errors = new Counter('errors');
// Failed attempts per attempt, tagged with the operation.
const errorsRate = new Rate('errors_rate');
// Connections that were lost and nobody planned it, tagged with the close code.
const disconnects = new Counter('disconnects');

// ------------------------------------------------------- The population "chat"

const settings = {};
// Characters of a message.
settings.message_size = env('MESSAGE_SIZE', 100);
// Messages a user sends before it falls silent. 0: no end.
settings.messages = env('MESSAGES', 0);
// Users in one room.
settings.room_size = env('ROOM_SIZE', 10);
// Most time between two messages of a user, in milliseconds.
settings.send_max_ms = env('SEND_MAX_MS', 3000);
// Least time between two messages of a user, in milliseconds.
settings.send_min_ms = env('SEND_MIN_MS', 1000);
// WebSocket address.
settings.target = env('TARGET', 'ws://127.0.0.1:8080');
const chatAccount = (n, run) => ({});

/** What a user of the population "chat" does. */
const chat = {
  name: 'chat',
  account: chatAccount,
  variables: ['room'],
  shared: [],
  defaults: (user, v) => {
    v.room = `room-${text(Math.floor(quotient(user.index, settings.room_size)))}`;
  },
  before: async (task, user, v) => {},
  link: () => PlainWebSocket,
  connect: (user, v) => {
    return { url: settings.target, query: {}, eventField: 'type', protocols: [], timeout_s: 20 };
  },
  reconnect: { initial_ms: 1000, max_ms: 5000, jitter: 0.5, attempts: Infinity },
  flow: async (task, user, v) => {
    await task.emit({
      event: 'join',
      args: [{ room: v.room }],
      answer: { event: 'joined', where: { '/room': equals(v.room) } },
      timeout_s: 10,
      required: true,
    });
  },
  rejoin: async (task, user, v) => {
    await task.emit({
      event: 'join',
      args: [{ room: v.room }],
      answer: { event: 'joined', where: { '/room': equals(v.room) } },
      timeout_s: 10,
      required: true,
    });
  },
  finish: async (task, user, v) => {
    await task.emit({ event: 'leave', args: [{ room: v.room }], timeout_s: 10 });
  },
  afterFlow: 'stay',
  every: [
    {
      name: 'send',
      interval: (user, v) => between(settings.send_min_ms, settings.send_max_ms),
      times: (user, v) => settings.messages > 0 ? settings.messages : null,
      steps: async (task, user, v) => {
        await task.emit({
          event: 'message',
          args: (tag) => [{ room: v.room, text: `${tag} ${filler(settings.message_size - len(tag) - 1)}` }],
          message: v.room,
          timeout_s: 10,
        });
      },
    },
  ],
  on: [],
  errors: [],
  delivery: { event: 'message' },
};

// --------------------------------------------------------------- What k6 calls

export async function setup() {
  const run = runId();
  const shared = {
  };
  return { run, shared };
}

export async function chatIteration(data) {
  await play(chat, chatLoad, data);
}

// What follows is crates/app/src/k6/runtime, of which this script takes:
// function metric(name)
// function turn(load, n)
// async function play(script, load, data)
// function sleepFor(milliseconds)
// async function playOnce(script, run, users)
// function runId()
// class User
// class Task
// function isOpen({ message, answer, byAnswer, ack })
// function part(args, from)
// function fromAnswer(answer, parsed, from)
// function parse(body)
// function save(v, saves, find)
// function push(v, name, value, max)
// function matches(where, args)
// function choose(weights)
// function tag(user)
// function webSocketScheme(address)
// function closeCode(code, trouble)
// function parameters(entries)
// class PlainWebSocket
// function num(value)
// function text(value)
// function joined(url)
// function same(left, right)
// function quotient(left, right)
// function at(list, n)
// function last(list)
// function len(value)
// function contains(whole, part)
// function filler(count)
// function pointer(value, path)
// function env(name, fallback)
