/*
 * The tabswarm plan "chat-voice" as a k6 script. No extension is needed.
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
 * - A message that arrives twice is reacted to twice: copies are not told apart.
 * - No contract check of inbound events, and no comparison of the server's history with what arrived.
 * - No voice: microphones, clips, answers and how they sound are left out; such steps are comments.
 * - Not the threshold `delivery.missing == 0`: it needs the delivery ledger.
 * - Not the threshold `answer.first_audio p95 < 4 s`: this script does not measure it.
 * - Not the threshold `audio.answers.starved count == 0`: this script does not count it.
 * - REST requests have k6's own limits (batches, connections), not one browser's.
 * - What the plan's settings rule out (a switch that is off, a share of 0) is not in the script: no setting brings
 *   it back.
 * - Handshakes are not queued: k6 opens as many at a time as the load asks for.
 * - Times are whole milliseconds of k6's clock, and no sample is checked for a busy generator: watch k6's own CPU.
 * - Chance is drawn anew in every run: the plan's seed has no meaning here.
 * - Where the load falls, users leave when k6 takes their VU away, half a step later than in tabswarm.
 */
import http from 'k6/http';
import exec from 'k6/execution';
import encoding from 'k6/encoding';
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { clearTimeout, setTimeout } from 'k6/timers';

// --------------------------------------------------------- Load and thresholds

// Stages: seconds, and the number of users (or arrivals) that they lead to.
const chatLoad = {
  start: 0,
  stages: [{ seconds: 18, target: 100 }, { seconds: 62.99999999999999, target: 100 }, { seconds: 9, target: 0 }],
  seconds: 90,
  users: 100,
  warmup: 5,
  settle: 3,
};
const guestsLoad = {
  start: 0,
  stages: [{ seconds: 18, target: 15 }, { seconds: 62.99999999999999, target: 15 }, { seconds: 9, target: 0 }],
  seconds: 90,
  users: 15,
  warmup: 5,
  settle: 3,
};
const membersLoad = {
  start: 0,
  stages: [{ seconds: 18, target: 15 }, { seconds: 62.99999999999999, target: 15 }, { seconds: 9, target: 0 }],
  seconds: 90,
  users: 15,
  warmup: 5,
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
    guests: {
      executor: 'ramping-vus',
      exec: 'guestsIteration',
      startVUs: guestsLoad.start,
      stages: guestsLoad.stages.map(({ seconds, target }) => ({ duration: `${seconds}s`, target })),
      gracefulRampDown: '23s',
      gracefulStop: '23s',
    },
    members: {
      executor: 'ramping-vus',
      exec: 'membersIteration',
      startVUs: membersLoad.start,
      stages: membersLoad.stages.map(({ seconds, target }) => ({ duration: `${seconds}s`, target })),
      gracefulRampDown: '23s',
      gracefulStop: '23s',
    },
  },
  thresholds: { errors_rate: ['rate<0.01'], message_round_trip: ['p(95)<300'] },
  setupTimeout: '300s',
};

// ------------------------------------------------------------ What is measured

// By operation: from sending to the answer, to the acknowledgement (.ack), to the own broadcast (.round_trip).
const times = Object.fromEntries([
  'connect',
  'connect.engineio',
  'connect.socketio',
  'connect.websocket',
  'history',
  'join',
  'join.ack',
  'leave.ack',
  'message.ack',
  'message.round_trip',
  'message.round_trip.intended',
  'probe',
  'reaction',
  'read',
  'report',
  'rest.login',
  'rest.logout',
  'rest.register',
  'rest.rooms.create',
  'rest.rooms.list',
  'rest.sessions.create',
  'rest.signup',
  'rest.upload',
].map((name) => [name, new Trend(metric(name), true)]));
const counters = Object.fromEntries([
  'bytes.in',
  'bytes.out',
  'events.in.aiMessageChunk',
  'events.in.aiMessageComplete',
  'events.in.aiMessageError',
  'events.in.aiMessageStart',
  'events.in.audio.delta',
  'events.in.audio.done',
  'events.in.disconnected',
  'events.in.duplicate_login',
  'events.in.error',
  'events.in.joinRoomError',
  'events.in.joinRoomSuccess',
  'events.in.message',
  'events.in.messageLoadStart',
  'events.in.messageReactionUpdate',
  'events.in.messagesRead',
  'events.in.participantsUpdate',
  'events.in.previousMessagesLoaded',
  'events.in.roomActivity',
  'events.in.roomCreated',
  'events.in.roomDeleted',
  'events.in.roomUpdated',
  'events.in.session_ended',
  'events.in.speech.started',
  'events.in.speech.stopped',
  'events.in.transcript.done',
  'events.in.user.transcript',
  'events.in.userLeft',
  'events.out.chatMessage',
  'events.out.disconnect',
  'events.out.fetchPreviousMessages',
  'events.out.joinRoom',
  'events.out.leaveRoom',
  'events.out.markMessagesAsRead',
  'events.out.messageReaction',
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

const chatSettings = {};
// The reaction.
chatSettings.emoji = env('EMOJI', '👍');
// Share of messages that upload a small image and send it.
chatSettings.file_share = env('FILE_SHARE', 0);
// Messages on one page.
chatSettings.history_limit = env('HISTORY_LIMIT', 30);
// Pages of earlier messages to fetch after joining, newest first, as far as there are any.
chatSettings.history_pages = env('HISTORY_PAGES', 1);
// Share of users that fetch the newest page of history every ten seconds, as pages do that are opened anew.
chatSettings.history_share = env('HISTORY_SHARE', 0);
// Name of the uploaded image.
chatSettings.image = env('IMAGE', 'swarm.png');
// Characters of a message. Filler text passes banned-word filters.
chatSettings.message_size = env('MESSAGE_SIZE', 100);
// Messages a user sends before it falls silent. 0: no end.
chatSettings.messages = env('MESSAGES', 0);
// Share of reactions that are taken back.
chatSettings.reaction_remove_share = env('REACTION_REMOVE_SHARE', 0.3);
// Reactions per message, spread over the other members of a room of `room_size`.
chatSettings.reaction_share = env('REACTION_SHARE', 0.1);
// What a user marks as read: nothing, what users wrote, or the server's own notices too.
chatSettings.read = env('READ', 'seen');
// Message ids in one read receipt.
chatSettings.read_batch = env('READ_BATCH', 10);
// A batch that is not full is sent after this time, in milliseconds.
chatSettings.read_flush_ms = env('READ_FLUSH_MS', 2000);
// Share of those messages that it really marks.
chatSettings.read_share = env('READ_SHARE', 1);
// Server for REST and sockets, when both have one address.
chatSettings.target = env('TARGET', 'http://127.0.0.1:4280');
// REST address, like http://host:5001.
chatSettings.rest = env('REST', chatSettings.target);
// Users in one room. At least the number of users: one room for all.
chatSettings.room_size = env('ROOM_SIZE', 10);
// Most time between two messages of a user, in milliseconds.
chatSettings.send_max_ms = env('SEND_MAX_MS', 3000);
// Least time between two messages of a user, in milliseconds.
chatSettings.send_min_ms = env('SEND_MIN_MS', 1000);
// Socket.IO address, like http://host:5002.
chatSettings.socket = env('SOCKET', chatSettings.target);
const chatAccount = (n, run) => ({ email: `ts-${run}-chat-${n}@tabswarm.test`, name: `Swarm ${run} chat ${n}`, password: `Tabswarm-${n}` });

/** What a user of the population "chat" does. */
const chat = {
  name: 'chat',
  account: chatAccount,
  variables: [
    'batch',
    'room_count',
    'room_index',
    'rooms',
    'unread',
    'file_id',
    'more',
    'oldest',
    'owner_session',
    'owner_token',
    'room',
    'session_id',
    'token',
    'user_id',
  ],
  shared: ['rooms', 'owner_session', 'owner_token'],
  defaults: (user, v) => {
    v.batch = [];
    v.room_count = Math.ceil(quotient(user.users, chatSettings.room_size));
    v.room_index = Math.floor(quotient(user.index, chatSettings.room_size));
    v.rooms = v.rooms ?? [];
    v.unread = [];
  },
  once: async (task, user, v) => {
    await task.http({
      operation: 'rest.register',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/register`,
      json: { email: user.account.email, name: user.account.name, password: user.account.password },
      expect: [200, 201, 409],
      errorCode: '/code',
      timeout_s: 30,
      required: true,
    });
    await task.http({
      operation: 'rest.login',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/login`,
      json: { email: user.account.email, password: user.account.password },
      save: { owner_session: '/sessionId', owner_token: '/token' },
      errorCode: '/code',
      timeout_s: 30,
      required: true,
    });
    for (let round2 = 1; round2 <= v.room_count; round2 += 1) {
      await task.http({
        operation: 'rest.rooms.create',
        method: 'POST',
        url: `${chatSettings.rest}/api/rooms`,
        headers: { 'x-auth-token': text(v.owner_token), 'x-session-id': text(v.owner_session) },
        json: { name: `ts ${user.run} ${text(Math.floor(len(v.rooms) / 100))}.${text(mod(len(v.rooms), 100))}` },
        save: { rooms: { from: '/data/_id', append: true } },
        errorCode: '/code',
        timeout_s: 30,
        required: true,
      });
    }
    await task.http({
      operation: 'rest.logout',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/logout`,
      headers: { 'x-auth-token': text(v.owner_token), 'x-session-id': text(v.owner_session) },
      errorCode: '/code',
      timeout_s: 30,
    });
  },
  before: async (task, user, v) => {
    await task.http({
      operation: 'rest.register',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/register`,
      json: { email: user.account.email, name: user.account.name, password: user.account.password },
      expect: [200, 201, 409],
      errorCode: '/code',
      timeout_s: 30,
      required: true,
    });
    await task.http({
      operation: 'rest.login',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/login`,
      json: { email: user.account.email, password: user.account.password },
      save: { session_id: '/sessionId', token: '/token', user_id: '/user/_id' },
      errorCode: '/code',
      timeout_s: 30,
      required: true,
    });
    v.room = at(v.rooms, mod(num(v.room_index), len(v.rooms)));
    await task.http({
      operation: 'rest.rooms.list',
      method: 'GET',
      url: `${chatSettings.rest}/api/rooms?page=0&pageSize=10`,
      headers: { 'x-auth-token': text(v.token), 'x-session-id': text(v.session_id) },
      errorCode: '/meta/code',
      timeout_s: 30,
    });
  },
  link: () => SocketIo,
  connect: (user, v) => {
    return {
      url: chatSettings.socket,
      query: {},
      path: '/socket.io/',
      namespace: '/',
      auth: { sessionId: v.session_id, token: v.token },
      protocols: [],
      timeout_s: 20,
    };
  },
  reconnect: { initial_ms: 1000, max_ms: 5000, jitter: 0.5, attempts: Infinity },
  flow: async (task, user, v) => {
    await task.emit({
      event: 'joinRoom',
      operation: 'join',
      args: [v.room],
      ack: true,
      answer: { event: 'joinRoomSuccess', where: { '/roomId': equals(v.room) } },
      timeout_s: 10,
      required: true,
    });
    v.more = true;
    v.oldest = null;
    for (let round15 = 1; round15 <= chatSettings.history_pages; round15 += 1) {
      if (isTrue(v.more)) {
        if (isTrue(v.oldest)) {
          await task.emit({
            event: 'fetchPreviousMessages',
            operation: 'history',
            args: [{ before: v.oldest, limit: chatSettings.history_limit, roomId: v.room }],
            answer: {
              event: 'previousMessagesLoaded',
              save: { more: { from: '/hasMore', optional: true }, oldest: { from: '/messages/0/timestamp', optional: true } },
            },
            timeout_s: 10,
          });
        } else {
          await task.emit({
            event: 'fetchPreviousMessages',
            operation: 'history',
            args: [{ limit: chatSettings.history_limit, roomId: v.room }],
            answer: {
              event: 'previousMessagesLoaded',
              save: { more: { from: '/hasMore', optional: true }, oldest: { from: '/messages/0/timestamp', optional: true } },
            },
            timeout_s: 10,
          });
        }
      }
    }
  },
  rejoin: async (task, user, v) => {
    await task.emit({ event: 'leaveRoom', operation: 'leave', args: [v.room], ack: true, timeout_s: 10 });
    await task.emit({
      event: 'joinRoom',
      operation: 'join',
      args: [v.room],
      ack: true,
      answer: { event: 'joinRoomSuccess', where: { '/roomId': equals(v.room) } },
      timeout_s: 10,
      required: true,
    });
  },
  finish: async (task, user, v) => {
    await task.emit({ event: 'leaveRoom', operation: 'leave', args: [v.room], ack: true, timeout_s: 10 });
    await task.http({
      operation: 'rest.logout',
      method: 'POST',
      url: `${chatSettings.rest}/api/auth/logout`,
      headers: { 'x-auth-token': text(v.token), 'x-session-id': text(v.session_id) },
      errorCode: '/code',
      timeout_s: 30,
    });
    await task.think(500);
  },
  afterFlow: 'stay',
  every: [
    {
      name: 'send',
      interval: (user, v) => between(chatSettings.send_min_ms, chatSettings.send_max_ms),
      times: (user, v) => chatSettings.messages > 0 ? chatSettings.messages : null,
      steps: async (task, user, v) => {
        switch (choose([1 - chatSettings.file_share, chatSettings.file_share])) {
          case 0:
            await task.emit({
              event: 'chatMessage',
              operation: 'message',
              args: (tag) => [{ content: `${tag} ${filler(chatSettings.message_size - len(tag) - 1)}`, room: v.room, type: 'text' }],
              ack: true,
              message: v.room,
              timeout_s: 10,
            });
            break;
          case 1:
            v.file_id = null;
            await task.http({
              operation: 'rest.upload',
              method: 'POST',
              url: `${chatSettings.rest}/api/files/upload`,
              headers: { 'x-auth-token': text(v.token), 'x-session-id': text(v.session_id) },
              file: {
                file: http.file(encoding.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mOQqziBFTEMLQkABkZXgW0sEx8AAAAASUVORK5CYII='), chatSettings.image, 'image/png'),
              },
              save: { file_id: '/file/_id' },
              errorCode: '/code',
              timeout_s: 30,
            });
            if (isTrue(v.file_id)) {
              await task.emit({
                event: 'chatMessage',
                operation: 'message',
                args: (tag) => [{ content: tag, fileData: { _id: v.file_id }, room: v.room, type: 'file' }],
                ack: true,
                message: v.room,
                timeout_s: 10,
              });
            }
            break;
          default:
        }
      },
    },
    {
      name: 'history',
      interval: (user, v) => 10000,
      steps: async (task, user, v) => {
        switch (choose([1 - chatSettings.history_share, chatSettings.history_share])) {
          case 0:
            break;
          case 1:
            await task.emit({
              event: 'fetchPreviousMessages',
              operation: 'history',
              args: [{ limit: chatSettings.history_limit, roomId: v.room }],
              answer: { event: 'previousMessagesLoaded' },
              timeout_s: 10,
            });
            break;
          default:
        }
      },
    },
    {
      name: 'read',
      interval: (user, v) => chatSettings.read_flush_ms,
      times: (user, v) => chatSettings.read === 'none' || chatSettings.read_batch === 1 ? 0 : null,
      flushes: true,
      steps: async (task, user, v) => {
        if (len(v.unread) > 0) {
          v.batch = v.unread;
          v.unread = [];
          await task.emit({
            event: 'markMessagesAsRead',
            operation: 'read',
            args: [{ messageIds: v.batch, roomId: v.room }],
            answer: {
              event: 'messagesRead',
              where: { '/messageIds/0': equals(v.batch?.[0] ?? null), '/userId': equals(v.user_id) },
            },
            timeout_s: 10,
          });
        }
      },
    },
  ],
  on: [
    {
      event: 'message',
      where: (user, v, event) => ({ '/_id': exists(true), '/type': not(chatSettings.read === 'all' ? '' : 'system') }),
      probability: (user, v) => chatSettings.read === 'none' ? 0 : chatSettings.read_share,
      steps: async (task, user, v, event) => {
        push(v, 'unread', event[0]?._id ?? null, 1000);
        if (len(v.unread) >= chatSettings.read_batch) {
          v.batch = v.unread;
          v.unread = [];
          await task.emit({
            event: 'markMessagesAsRead',
            operation: 'read',
            args: [{ messageIds: v.batch, roomId: v.room }],
            answer: {
              event: 'messagesRead',
              where: { '/messageIds/0': equals(v.batch?.[0] ?? null), '/userId': equals(v.user_id) },
            },
            timeout_s: 10,
          });
        }
      },
    },
    {
      event: 'message',
      where: (user, v, event) => ({ '/sender/id': not(v.user_id), '/type': oneOf(['text', 'file']) }),
      probability: (user, v) => quotient(chatSettings.reaction_share, Math.max(chatSettings.room_size - 1, 1)),
      delay: (user, v, event) => between(300, 2000),
      steps: async (task, user, v, event) => {
        await task.emit({
          event: 'messageReaction',
          operation: 'reaction',
          args: [{ messageId: event[0]?._id ?? null, reaction: chatSettings.emoji, type: 'add' }],
          answer: {
            event: 'messageReactionUpdate',
            where: { '/messageId': equals(event[0]?._id ?? null), '/reactions/👍': has(v.user_id) },
          },
          timeout_s: 10,
        });
        switch (choose([1 - chatSettings.reaction_remove_share, chatSettings.reaction_remove_share])) {
          case 0:
            break;
          case 1:
            await task.think(between(500, 2000));
            await task.emit({
              event: 'messageReaction',
              operation: 'reaction',
              args: [{ messageId: event[0]?._id ?? null, reaction: chatSettings.emoji, type: 'remove' }],
              answer: {
                event: 'messageReactionUpdate',
                where: { '/messageId': equals(event[0]?._id ?? null), '/reactions/👍': lacks(v.user_id) },
              },
              timeout_s: 10,
            });
            break;
          default:
        }
      },
    },
  ],
  errors: [
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': equals('RATE_LIMIT_EXCEEDED') }),
      fails: 'message',
      code: '/code',
      message: '/message',
      pause: { timer: 'send', field: '/retryAfter', unit_ms: 1000 },
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': equals('SESSION_EXPIRED') }),
      fails: 'message',
      code: '/code',
      message: '/message',
      endsUser: true,
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': oneOf(['MESSAGE_ERROR', 'MESSAGE_REJECTED', 'SERVER_BUSY']) }),
      fails: 'message',
      code: '/code',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': oneOf(['LOAD_ERROR', 'UNAUTHORIZED']) }),
      fails: 'history',
      code: '/code',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': oneOf(['LOAD_ERROR', 'UNAUTHORIZED']) }),
      fails: 'probe',
      code: '/code',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': oneOf(['LOAD_ERROR', 'UNAUTHORIZED']) }),
      code: '/code',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': exists(true) }),
      fails: 'message',
      code: '/code',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => {
        return {
          '/code': exists(false),
          '/message': oneOf(['Invalid room', 'User not found', 'Room access denied', '읽음 상태 업데이트 중 오류가 발생했습니다.']),
        };
      },
      fails: 'read',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => {
        return {
          '/code': exists(false),
          '/message': oneOf(['메시지를 찾을 수 없습니다.', '지원하지 않는 리액션 타입입니다.', '리액션 처리 중 오류가 발생했습니다.']),
        };
      },
      fails: 'reaction',
      message: '/message',
    },
    {
      event: 'error',
      where: (user, v, event) => ({ '/code': exists(false), '/message': equals('채팅방 퇴장 중 오류가 발생했습니다.') }),
      fails: 'leave',
      message: '/message',
    },
    { event: 'error', code: '/code', message: '/message' },
    { event: 'joinRoomError', fails: 'join', code: '/code', message: '/message' },
    { event: 'duplicate_login', code: '/type', message: '/deviceInfo' },
    {
      event: 'session_ended',
      where: (user, v, event) => ({ '/reason': not('logout') }),
      code: '/reason',
      message: '/message',
      endsUser: true,
    },
  ],
  delivery: { event: 'message' },
};

// ----------------------------------------------------- The population "guests"

const guestsSettings = {};
// Path in front of every call.
guestsSettings.prefix = env('PREFIX', '/api/v1');
// Sent as show_text, true or false; null: left out.
guestsSettings.show_text = env('SHOW_TEXT', null);
// Server address, without the path.
guestsSettings.target = env('TARGET', 'http://127.0.0.1:4280');
// Longest pause before a user speaks.
guestsSettings.think_max_ms = env('THINK_MAX_MS', 1500);
// Least pause before a user speaks.
guestsSettings.think_min_ms = env('THINK_MIN_MS', 500);
// How often a user speaks and is answered.
guestsSettings.turns = env('TURNS', 3);
// Clips that users draw from, each turn anew.
guestsSettings.utterances = env('UTTERANCES', ['order', 'weather', 'weekend']);
// Voices to ask for, spread over the users: alloy, ash, ballad, coral, echo, sage, shimmer, verse. None: left out.
guestsSettings.voices = env('VOICES', []);
guestsSettings.voice = env('VOICE', len(guestsSettings.voices) > 0 ? at(guestsSettings.voices, mod(user.index, len(guestsSettings.voices))) : null);
// Path in front of the WebSocket's; /ws where it is served without the service's own.
guestsSettings.ws_prefix = env('WS_PREFIX', `${guestsSettings.prefix}/chat/ws`);
const guestsAccount = (n, run) => ({});

/** What a user of the population "guests" does. */
const guests = {
  name: 'guests',
  account: guestsAccount,
  variables: ['ended', 'session_id'],
  shared: [],
  defaults: (user, v) => {},
  before: async (task, user, v) => {
    await task.http({
      operation: 'rest.sessions.create',
      method: 'POST',
      url: `${guestsSettings.target}${guestsSettings.prefix}/chat/sessions`,
      json: {},
      save: { session_id: '/session_id' },
      errorCode: '/detail',
      timeout_s: 30,
      required: true,
    });
  },
  link: () => PlainWebSocket,
  connect: (user, v) => {
    return {
      url: `${guestsSettings.target}${guestsSettings.ws_prefix}/guest-chat/${text(v.session_id)}`,
      query: { show_text: guestsSettings.show_text, voice: guestsSettings.voice },
      eventField: 'type',
      protocols: [],
      timeout_s: 20,
    };
  },
  reconnect: null,
  flow: async (task, user, v) => {
    // Not carried over: switching the microphone.
    // Not carried over: hearing an answer to its end.
    for (let round4 = 1; round4 <= guestsSettings.turns; round4 += 1) {
      await task.think(between(guestsSettings.think_min_ms, guestsSettings.think_max_ms));
      // Not carried over: saying the clip pick(guestsSettings.utterances).
      // Not carried over: hearing an answer to its end.
    }
  },
  finish: async (task, user, v) => {
    // Not carried over: switching the microphone.
    if (!isTrue(v.ended)) {
      await task.emit({ event: 'disconnect', operation: 'report', answer: { event: 'disconnected' }, timeout_s: 5 });
    }
  },
  afterFlow: 'leave',
  every: [],
  on: [
    {
      event: 'disconnected',
      steps: async (task, user, v, event) => {
        task.fail({ operation: 'report', code: 'ended by the service' });
        v.ended = true;
        task.leave();
      },
    },
  ],
  errors: [{ event: 'error', code: '/code', message: '/message' }],
};

// ---------------------------------------------------- The population "members"

const membersSettings = {};
// Path in front of every call.
membersSettings.prefix = env('PREFIX', '/api/v1');
// Sent as show_text, true or false; null: left out.
membersSettings.show_text = env('SHOW_TEXT', true);
// Server address, without the path.
membersSettings.target = env('TARGET', 'http://127.0.0.1:4280');
// Longest pause before a user speaks.
membersSettings.think_max_ms = env('THINK_MAX_MS', 1500);
// Least pause before a user speaks.
membersSettings.think_min_ms = env('THINK_MIN_MS', 500);
// How the WebSocket carries the token: ?token=, or as subprotocol, which the service has to confirm to a browser.
membersSettings.token_in = env('TOKEN_IN', 'query');
// How often a user speaks and is answered.
membersSettings.turns = env('TURNS', 3);
// Clips that users draw from, each turn anew.
membersSettings.utterances = env('UTTERANCES', ['order', 'weather', 'weekend']);
// Voices to ask for, spread over the users: alloy, ash, ballad, coral, echo, sage, shimmer, verse. None: left out.
membersSettings.voices = env('VOICES', ['alloy', 'echo', 'shimmer']);
// Path in front of the WebSocket's; /ws where it is served without the service's own.
membersSettings.ws_prefix = env('WS_PREFIX', `${membersSettings.prefix}/chat/ws`);
const membersAccount = (n, run) => ({
  email: `ts-${run}-members-${n}@tabswarm.test`,
  name: `Swarm ${run} members ${n}`,
  password: `Tabswarm-${n}`,
});

/** What a user of the population "members" does. */
const members = {
  name: 'members',
  account: membersAccount,
  variables: ['voice', 'ended', 'session_id', 'token'],
  shared: [],
  defaults: (user, v) => {
    v.voice = len(membersSettings.voices) > 0 ? at(membersSettings.voices, mod(user.index, len(membersSettings.voices))) : null;
  },
  before: async (task, user, v) => {
    await task.http({
      operation: 'rest.signup',
      method: 'POST',
      url: `${membersSettings.target}${membersSettings.prefix}/auth/signup`,
      json: { login_id: user.account.email, nickname: user.account.name, password: user.account.password },
      expect: [200, 201, 400],
      errorCode: '/detail',
      timeout_s: 30,
      required: true,
    });
    await task.http({
      operation: 'rest.login',
      method: 'POST',
      url: `${membersSettings.target}${membersSettings.prefix}/auth/login`,
      form: {
        client_id: '',
        client_secret: '',
        grant_type: 'password',
        password: user.account.password,
        scope: '',
        username: user.account.email,
      },
      save: { token: '/access_token' },
      errorCode: '/detail',
      timeout_s: 30,
      required: true,
    });
    await task.http({
      operation: 'rest.sessions.create',
      method: 'POST',
      url: `${membersSettings.target}${membersSettings.prefix}/chat/sessions`,
      headers: { Authorization: `Bearer ${text(v.token)}` },
      json: {},
      save: { session_id: '/session_id' },
      errorCode: '/detail',
      timeout_s: 30,
      required: true,
    });
  },
  link: () => PlainWebSocket,
  connect: (user, v) => {
    return {
      url: `${membersSettings.target}${membersSettings.ws_prefix}/chat/${text(v.session_id)}`,
      query: {
        show_text: membersSettings.show_text,
        token: membersSettings.token_in === 'query' ? v.token : null,
        voice: v.voice,
      },
      eventField: 'type',
      protocols: [text(membersSettings.token_in === 'protocol' ? v.token : null)].filter(Boolean),
      timeout_s: 20,
    };
  },
  reconnect: null,
  flow: async (task, user, v) => {
    // Not carried over: switching the microphone.
    // Not carried over: hearing an answer to its end.
    for (let round6 = 1; round6 <= membersSettings.turns; round6 += 1) {
      await task.think(between(membersSettings.think_min_ms, membersSettings.think_max_ms));
      // Not carried over: saying the clip pick(membersSettings.utterances).
      // Not carried over: hearing an answer to its end.
    }
  },
  finish: async (task, user, v) => {
    // Not carried over: switching the microphone.
    if (!isTrue(v.ended)) {
      await task.emit({ event: 'disconnect', operation: 'report', answer: { event: 'disconnected' }, timeout_s: 5 });
    }
  },
  afterFlow: 'leave',
  every: [],
  on: [
    {
      event: 'disconnected',
      steps: async (task, user, v, event) => {
        task.fail({ operation: 'report', code: 'ended by the service' });
        v.ended = true;
        task.leave();
      },
    },
  ],
  errors: [{ event: 'error', code: '/code', message: '/message' }],
};

// --------------------------------------------------------------- What k6 calls

export async function setup() {
  const run = runId();
  const shared = {
    chat: await playOnce(chat, run, chatLoad.users),
  };
  return { run, shared };
}

export async function chatIteration(data) {
  await play(chat, chatLoad, data);
}

export async function guestsIteration(data) {
  await play(guests, guestsLoad, data);
}

export async function membersIteration(data) {
  await play(members, membersLoad, data);
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
// class SocketIo
// class PlainWebSocket
// function num(value)
// function text(value)
// function joined(url)
// function isTrue(value)
// function same(left, right)
// function quotient(left, right)
// function mod(left, right)
// function at(list, n)
// function last(list)
// function pick(list)
// function len(value)
// function contains(whole, part)
// function filler(count)
// function pointer(value, path)
// function env(name, fallback)
