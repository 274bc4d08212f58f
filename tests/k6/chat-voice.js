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
// Connections that somebody else ended, tagged with the close code.
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
const chatAccount = (n, run) => ({ email: `ts-${run}-chat-${n}@tabswarm.test`, name: `Swarm ${n}`, password: `Tabswarm-${n}` });

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
const membersAccount = (n, run) => ({ email: `ts-${run}-members-${n}@tabswarm.test`, name: `Swarm ${n}`, password: `Tabswarm-${n}` });

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

// -------------------------------------------------------------------- The load

/** A name as k6 allows it: letters, digits and _, at least two of them. */
function metric(name) {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^[0-9]/, '_$&');
  return plain.length < 2 ? `${plain}_` : plain;
}

/**
 * Who iteration n of a closed load is and when it leaves, in seconds from the start. k6 starts VUs one after the other and
 * takes the last one away first; one iteration here is one user's whole stay, so that their order says all.
 */
function turn(load, n) {
  let [time, users, started, mine] = [0, load.start, load.start, n < load.start ? n : null];
  for (const stage of load.stages) {
    const change = stage.target - users;
    for (let step = 1; step <= Math.abs(change); step += 1) {
      const at = time + (stage.seconds * step) / Math.abs(change);
      if (change > 0) {
        if (started === n) mine = users;
        started += 1;
        users += 1;
      } else {
        users -= 1;
        if (mine === users) return { index: mine, leaves: at };
      }
    }
    time += stage.seconds;
  }
  return { index: mine ?? n, leaves: null };
}

/** One user's whole stay: a k6 iteration. */
async function play(script, load, data) {
  const n = exec.scenario.iterationInTest;
  const { index, leaves } = load.open ? { index: n, leaves: null } : turn(load, n);
  const second = (seconds) => exec.scenario.startTime + seconds * 1000;
  const end = second(load.seconds);
  for (let iteration = 0; ; iteration += 1) {
    const user = new User(script, { index, iteration, users: load.users, run: data.run, account: script.account(index + 1, data.run) });
    Object.assign(user.v, data.shared[script.name]);
    user.warm = second(load.warmup);
    const leaving = leaves === null ? null : setTimeout(() => user.leave(), Math.max(0, second(leaves) - Date.now()));
    // At the end everybody falls silent first, so that what is on its way still arrives.
    const silence = setTimeout(() => user.fallSilent(), Math.max(0, end - Date.now()));
    const closing = setTimeout(() => user.leave(), Math.max(0, end + load.settle * 1000 - Date.now()));
    await user.live();
    [leaving, silence, closing].forEach((timer) => timer && clearTimeout(timer));
    const rest = (leaves === null ? end : second(leaves)) - Date.now();
    if (load.open || rest <= 0) return;
    if (user.failed || user.told) {
      // Its place stays empty until the load takes it away: a failed user does not come back.
      await sleepFor(rest + 50);
      return;
    }
  }
}

/** Milliseconds, without holding up the VU's other work. */
function sleepFor(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

/** The steps that are done once, before anybody starts, by a user of their own; gives what they saved. */
async function playOnce(script, run, users) {
  const user = new User(script, { index: 0, iteration: 0, users, run, account: script.account('once', run) });
  script.defaults(user, user.v);
  if (script.once) await user.perform(script.once);
  return Object.fromEntries(script.shared.map((name) => [name, user.v[name] ?? null]));
}

/** Three characters that tell runs apart. */
function runId() {
  return Array.from({ length: 3 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}

// ---------------------------------------------------------------------- A user

/** Ends the steps of a user that is leaving. */
const STOPPED = { stopped: true };
/** How long a user that leaves waits for what it sent, and for the connection's end. */
const QUIESCE_MS = 2000;
const CLOSE_MS = 3000;

/** One simulated user: its connection, what it waits for, and the steps that run. */
class User {
  constructor(script, facts) {
    Object.assign(this, facts);
    Object.assign(this, { script, number: facts.index + 1, v: {}, stage: 'preparing', counters: {}, sequence: 0, attempt: 0 });
    Object.assign(this, { pendings: [], held: new Set(), tickers: null, link: null, settled: false, warm: 0 });
    this.over = new Promise((resolve) => { this.end = resolve; });
    script.variables.forEach((name) => { this.v[name] = null; });
  }

  /** `counter.<name>` of the scenario: 0, 1, 2 ... */
  count(name) {
    this.counters[name] = (this.counters[name] ?? -1) + 1;
    return this.counters[name];
  }

  // ---- Its life

  /** From the first step to the closed connection. Never fails: what went wrong is in `failed` and in the metrics. */
  async live() {
    this.launch(async () => {
      this.script.defaults(this, this.v);
      await this.perform(this.script.before);
      this.connect();
    });
    await this.over;
  }

  /** Runs steps as a task of their own. */
  async perform(steps, event = null, due = Date.now()) {
    await steps(new Task(this, event, due), this, this.v, event);
  }

  launch(work) {
    work().catch((error) => {
      if (error !== STOPPED) this.fail(error.message ?? String(error));
    });
  }

  onConnected() {
    this.sample('connect', Date.now() - this.connecting);
    if (this.engineAt) this.sample('connect.socketio', Date.now() - this.engineAt);
    clearTimeout(this.patience);
    this.attempt = 0;
    this.stage = 'flow';
    this.launch(async () => {
      await this.perform((this.settled && this.script.rejoin) || this.script.flow);
      this.settled = true;
      if (this.script.afterFlow === 'leave') this.leaveByItself();
      else this.startTimers();
    });
  }

  startTimers() {
    this.stage = 'active';
    const before = this.tickers;
    this.tickers = this.script.every.map((timer, place) => {
      const wait = timer.first ? timer.first(this, this.v) : timer.interval(this, this.v) * Math.random();
      const times = timer.times ? num(timer.times(this, this.v)) : NaN;
      // After a reconnect a timer goes on with the ticks that it had left.
      const left = before ? before[place].left : (times >= 0 ? Math.floor(times) : Infinity);
      const silentUntil = before ? before[place].silentUntil : 0;
      return { timer, left, silentUntil, due: Math.max(Date.now() + wait, silentUntil) };
    });
    this.tickers.forEach((ticker) => this.tick(ticker));
  }

  /** Ticks are due at absolute times: a slow answer does not thin them out. */
  tick(ticker) {
    if (this.stage !== 'active' || ticker.left <= 0) return;
    ticker.wake = setTimeout(() => {
      if (this.stage !== 'active') return;
      if (ticker.due > Date.now()) return this.tick(ticker);
      const { due } = ticker;
      ticker.left -= 1;
      ticker.due = due + Math.max(1, ticker.timer.interval(this, this.v));
      this.launch(() => this.perform(ticker.timer.steps, null, due));
      this.tick(ticker);
    }, Math.max(0, ticker.due - Date.now()));
  }

  /** Sends nothing of its own any more, but stays and hears. */
  fallSilent() {
    if (this.stage === 'flow' || this.stage === 'active') {
      this.stopTasks();
      this.stage = 'silent';
    } else if (this.stage !== 'leaving') {
      this.leave();
    }
  }

  leaveByItself() {
    this.byItself = true;
    this.leave();
  }

  /** What is on its way may arrive, then the last steps run, then the connection is closed. */
  leave() {
    if (this.stage === 'leaving' || this.stage === 'over') return;
    const connected = ['flow', 'active', 'silent'].includes(this.stage);
    this.told = !this.byItself;
    this.stopTasks();
    this.stage = 'leaving';
    const last = async () => {
      const until = Date.now() + QUIESCE_MS;
      while (this.pendings.some((pending) => pending.message) && Date.now() < until) await this.pause(20);
      this.dropPendings(null);
      await this.perform(this.script.finish);
    };
    const goodbye = connected ? last() : Promise.resolve();
    goodbye.catch((error) => error !== STOPPED && console.error(error.message)).then(() => this.hangUp());
  }

  hangUp() {
    if (this.stage === 'over') return;
    this.stopTasks();
    this.dropPendings(null);
    this.link?.leave();
    this.close();
    this.stage = 'over';
    const closed = this.socket ? setTimeout(() => this.end(), CLOSE_MS) : null;
    this.onGone = () => { clearTimeout(closed); this.end(); };
    if (!this.socket) this.end();
  }

  /** Its part is over, and not as the scenario wants it. */
  fail(why) {
    if (this.stage === 'over') return;
    console.error(`user ${this.number} failed: ${why}`);
    this.failed = why;
    this.hangUp();
  }

  stopTasks() {
    (this.tickers ?? []).forEach((ticker) => ticker.wake && clearTimeout(ticker.wake));
    [...this.held].forEach((entry) => entry.stop());
  }

  /** A promise that ends with the user's tasks, so that no step outlives them. */
  hold(begin) {
    return new Promise((resolve, reject) => {
      const entry = {};
      const done = (settle) => (value) => this.held.delete(entry) && settle(value);
      entry.stop = () => done(reject)(STOPPED);
      this.held.add(entry);
      begin(done(resolve), done(reject));
    });
  }

  pause(milliseconds) {
    let timer;
    const paused = this.hold((resolve) => { timer = setTimeout(resolve, milliseconds); });
    return paused.catch((error) => { clearTimeout(timer); throw error; });
  }

  // ---- Its connection

  connect() {
    const { script } = this;
    const wanted = script.connect(this, this.v);
    this.stage = 'connecting';
    this.connecting = Date.now();
    this.engineAt = null;
    this.patience = setTimeout(() => {
      this.error('connect', 'timeout');
      this.onLost('connect timeout');
    }, wanted.timeout_s * 1000);
    const Link = script.link();
    const socket = new WebSocket(Link.address(wanted), wanted.protocols);
    socket.binaryType = 'arraybuffer';
    const link = new Link(socket, this, wanted);
    Object.assign(this, { socket, link });
    const ours = (act) => (event) => (this.socket === socket ? act(event) : null);
    socket.onopen = ours(() => {
      this.sample('connect.websocket', Date.now() - this.connecting);
      link.onOpen();
    });
    socket.onmessage = ours(({ data }) => this.onFrame(data));
    socket.onclose = ours((event) => this.onClosed(event.code ?? 1005, event.reason ?? ''));
    socket.onerror = ours((event) => this.onClosed(1006, event.error ?? ''));
  }

  onFrame(data) {
    counters['frames.in'].add(1);
    if (typeof data !== 'string') {
      counters['bytes.in'].add(data.byteLength);
      return this.link.onBinary(data);
    }
    counters['bytes.in'].add(data.length);
    try {
      return this.link.onText(data);
    } catch (error) {
      return this.error('frame', 'invalid');
    }
  }

  send(frame) {
    if (!this.socket || this.socket.readyState !== 1) return;
    counters['frames.out'].add(1);
    counters['bytes.out'].add(frame.byteLength ?? frame.length);
    this.socket.send(frame);
  }

  onEngine() {
    this.attempt = 0;
    this.engineAt = Date.now();
    this.sample('connect.engineio', this.engineAt - this.connecting);
  }

  onRefused(message) {
    this.error('connect', message);
    this.fail(`the server refused the connection: ${message}`);
  }

  onClosed(code, reason) {
    this.socket = null;
    this.link?.rest();
    if (this.onGone) return this.onGone();
    disconnects.add(1, { code: String(code) });
    if (this.stage === 'connecting') this.error('connect', `closed ${code}`);
    return this.onLost(reason);
  }

  close() {
    clearTimeout(this.patience);
    this.link?.rest();
    if (this.socket && this.socket.readyState < 2) this.socket.close();
  }

  /** Not by its own will: what was on its way is lost, then it is tried again. */
  onLost() {
    const leaving = this.stage === 'leaving' || this.stage === 'over';
    if (this.socket) disconnects.add(1, { code: 'none' });
    this.close();
    this.socket = null;
    this.dropPendings('disconnected');
    this.stopTasks();
    if (leaving) return this.hangUp();
    const back = this.script.reconnect;
    if (!back || this.attempt >= back.attempts) return this.fail('its connection was lost');
    const base = back.initial_ms * 2 ** this.attempt;
    const wait = Math.min(back.max_ms, base + base * back.jitter * (2 * Math.random() - 1));
    this.attempt += 1;
    counters.reconnects.add(1);
    this.stage = 'waiting';
    return this.launch(async () => {
      await this.pause(wait);
      this.connect();
    });
  }

  // ---- What it hears

  onEvent(name, args) {
    counters[`events.in.${name}`]?.add(1);
    eventsIn.add(1, { event: name });
    const { delivery, errors, on } = this.script;
    if (delivery && delivery.event === name) this.onDelivery(JSON.stringify(args));
    this.onAnswer(name, args);
    const rule = errors.find((entry) => entry.event === name && matches(entry.where?.(this, this.v, args), args));
    if (rule) this.onErrorEvent(rule, name, args);
    if (rule?.endsUser) return this.leaveByItself();
    if (['silent', 'leaving', 'over'].includes(this.stage)) return null;
    return on.filter((reaction) => reaction.event === name).forEach((reaction) => this.react(reaction, args));
  }

  react({ where, probability, delay, steps }, args) {
    if (probability && !(Math.random() < num(probability(this, this.v)))) return;
    if (!matches(where?.(this, this.v, args), args)) return;
    const wait = delay ? delay(this, this.v, args) : 0;
    const due = Date.now() + wait;
    this.launch(async () => {
      if (wait > 0) await this.pause(wait);
      await this.perform(steps, args, due);
    });
  }

  /** Its own message has come back. */
  onDelivery(frame) {
    const own = this.pendings.find(({ message }) => message && !message.echoed && frame.includes(message.tag));
    if (!own) return;
    this.sample(`${own.operation}.round_trip`, Date.now() - own.sentAt);
    this.sample(`${own.operation}.round_trip.intended`, Date.now() - own.intended);
    this.succeed(own.operation);
    own.message.echoed = true;
    own.message.accepted = true;
    this.settle(own);
  }

  onAnswer(name, args) {
    const pending = this.pendings.find(({ answer }) => answer && answer.event === name && matches(answer.where, args));
    if (!pending) return;
    const missing = save(this.v, pending.answer.save, (from) => part(args, from));
    if (missing) return this.failPending(pending, 'unexpected answer');
    this.sample(pending.operation, Date.now() - pending.sentAt);
    this.succeed(pending.operation);
    pending.answer = null;
    this.settle(pending);
  }

  onAck(id) {
    const pending = this.pendings.find((entry) => entry.ack === id);
    if (!pending) return;
    this.sample(`${pending.operation}.ack`, Date.now() - pending.sentAt);
    pending.ack = null;
    if (pending.message) pending.message.accepted = true;
    else if (!pending.byAnswer) this.succeed(pending.operation);
    this.settle(pending);
  }

  /** Errors carry no id: the oldest of the operation that is still open is the one that failed. */
  onErrorEvent(rule, name, args) {
    const found = (from) => (from === undefined ? '' : text(part(args, from)));
    const code = found(rule.code) || found(rule.message) || name;
    if (rule.pause) {
      const until = Date.now() + Math.min(86400, Math.max(0, num(part(args, rule.pause.field)) || 0)) * rule.pause.unit_ms;
      const ticker = (this.tickers ?? []).find(({ timer }) => timer.name === rule.pause.timer);
      if (ticker) Object.assign(ticker, { silentUntil: until, due: Math.max(ticker.due, until) });
    }
    const failed = rule.fails && this.pendings.find((pending) => pending.operation === rule.fails && isOpen(pending));
    if (failed) this.failPending(failed, code);
    else this.error(rule.fails ?? name, code);
  }

  // ---- What it waits for

  settle(pending) {
    const answered = !pending.answer && (pending.byAnswer || pending.ack === null || pending.message);
    if (answered) pending.goOn?.();
    if (!pending.answer && pending.ack === null && (!pending.message || pending.message.echoed)) this.forget(pending);
  }

  forget(pending) {
    clearTimeout(pending.timer);
    this.pendings = this.pendings.filter((entry) => entry !== pending);
  }

  expire(pending) {
    const late = pending.message && !pending.message.echoed ? 'echo timeout' : 'ack timeout';
    this.failPending(pending, isOpen(pending) ? 'timeout' : late);
  }

  failPending(pending, code) {
    const { required, operation } = pending;
    const fatal = required && !pending.message && isOpen(pending) && this.stage !== 'leaving';
    this.error(operation, code);
    this.forget(pending);
    if (fatal) pending.giveUp?.(new Error(`the required step ${operation} failed: ${code}`));
    else pending.goOn?.();
  }

  dropPendings(why) {
    this.pendings.splice(0).forEach((pending) => {
      clearTimeout(pending.timer);
      if (why && isOpen(pending)) this.error(pending.operation, why);
    });
  }

  // ---- What is measured

  /** Samples of the warm-up stay out of times, never out of counts. */
  sample(name, milliseconds) {
    if (Date.now() >= this.warm) times[name]?.add(milliseconds);
  }

  succeed(operation) {
    errorsRate.add(false, { operation });
    check(null, { [operation]: () => true });
  }

  error(operation, code) {
    errors.add(1, { operation, code });
    errorsRate.add(true, { operation });
    check(null, { [operation]: () => false });
  }
}

/** One run of a block of steps: the flow, a timer's tick, a reaction. */
class Task {
  constructor(user, event, due) {
    Object.assign(this, { user, event, due });
  }

  /** Sends an event, and waits for its answer, else for its acknowledgement; never for a message's broadcast. */
  async emit({ event, operation = event, args = [], attachments = [], ack = false, answer = null, timeout_s, message, required }) {
    const { user } = this;
    if (!user.link || !user.socket) {
      user.error(operation, 'not connected');
      if (required) throw new Error('it is not connected');
      return;
    }
    const sent = message === undefined ? null : { tag: tag(user), echoed: false, accepted: false };
    const id = user.link.emit(event, sent ? args(sent.tag) : args, attachments, ack);
    counters[`events.out.${event}`]?.add(1);
    if (!answer && id === null && !sent) return;
    const pending = {
      operation, answer, required, ack: id, byAnswer: answer !== null, message: sent, sentAt: Date.now(), intended: this.due,
    };
    await this.wait_for(pending, timeout_s, sent === null && (answer !== null || id !== null));
  }

  /** Waits for an event. */
  async wait({ operation, answer, timeout_s, required }) {
    const now = Date.now();
    const pending = { operation, answer, required, ack: null, byAnswer: true, message: null, sentAt: now, intended: now };
    await this.wait_for(pending, timeout_s, true);
  }

  async wait_for(pending, timeout_s, blocks) {
    const { user } = this;
    user.pendings.push(pending);
    pending.timer = setTimeout(() => user.expire(pending), timeout_s * 1000);
    if (!blocks) return;
    await user.hold((resolve, reject) => Object.assign(pending, { goOn: resolve, giveUp: reject }));
    this.due = Date.now();
  }

  async think(milliseconds) {
    this.due = Math.max(this.due, Date.now()) + milliseconds;
    await this.user.pause(Math.max(0, this.due - Date.now()));
  }

  /** One HTTP exchange, judged by its status and by what is to be saved from it. */
  async http({ operation, method, url, headers = {}, json, form, file, expect = [], save: saves, errorCode, timeout_s, required }) {
    const { user } = this;
    const sentAt = Date.now();
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const body = json === undefined ? (form ?? file ?? null) : JSON.stringify(json);
    counters['http.requests'].add(1);
    const expected = expect.length ? expect : [{ min: 200, max: 299 }];
    const exchange = http.asyncRequest(method, url, body, {
      headers: { ...type, ...headers }, timeout: `${timeout_s}s`, tags: { name: operation }, responseCallback: http.expectedStatuses(...expected),
    });
    const answer = await user.hold((resolve, reject) => { exchange.then(resolve, reject); });
    const parsed = parse(answer.body);
    const good = expect.length ? expect.includes(answer.status) : answer.status >= 200 && answer.status < 300;
    let code = null;
    if (!good) {
      code = (errorCode && pointer(parsed, errorCode)) || (answer.status ? String(answer.status) : answer.error || 'network');
    } else if (save(user.v, saves, (from) => fromAnswer(answer, parsed, from))) {
      code = 'unexpected answer';
    }
    this.due = Date.now();
    if (code === null) {
      user.sample(operation, Date.now() - sentAt);
      return user.succeed(operation);
    }
    user.error(operation, code);
    if (required) throw new Error(`${operation} failed: ${code}`);
    return null;
  }

  fail({ operation, code }) {
    this.user.error(operation, code);
  }

  leave() {
    this.user.leaveByItself();
    throw STOPPED;
  }
}

/** It may still fail: a message that nobody has accepted, any other without its answer (or acknowledgement). */
function isOpen({ message, answer, byAnswer, ack }) {
  if (message) return !message.accepted;
  return answer !== null || (!byAnswer && ack !== null);
}

/** `2/name`: in the third argument. */
function part(args, from) {
  const digits = from.match(/^\d*/)[0];
  return pointer(args[Number(digits)] ?? null, from.slice(digits.length));
}

function fromAnswer(answer, parsed, from) {
  if (from === 'status') return answer.status;
  if (!from.startsWith('header:')) return pointer(parsed, from);
  const found = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === from.slice('header:'.length));
  return found ? found[1] : null;
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch (error) {
    return null;
  }
}

/** Keeps values in variables; gives the first place where one is missing that is not optional. */
function save(v, saves, find) {
  for (const [name, spec] of Object.entries(saves ?? {})) {
    const { from, append, optional } = typeof spec === 'string' ? { from: spec } : spec;
    const value = find(from);
    if (value === null && !optional) return from || 'the answer';
    if (!append) v[name] = value;
    else if (value !== null) push(v, name, value, Infinity);
  }
  return null;
}

/** Appends to a list; beyond `max` entries the oldest goes. */
function push(v, name, value, max) {
  v[name] = [...(Array.isArray(v[name]) ? v[name] : []), value].slice(-max);
}

/** Whether every test of a `where` holds for an event's arguments. */
function matches(where, args) {
  return Object.entries(where ?? {}).every(([from, test]) => test(part(args, from)));
}

// ---- Tests of a `where`

const equals = (value) => (found) => found !== null && same(found, value);
const not = (value) => (found) => found === null || !same(found, value);
const oneOf = (values) => (found) => found !== null && values.some((value) => same(found, value));
const has = (value) => (found) => found !== null && contains(found, value);
const lacks = (value) => (found) => found === null || !contains(found, value);
const exists = (wanted) => (found) => (found !== null) === wanted;

// ---- Delays, in milliseconds

const between = (low, high) => low + (high - low) * Math.random();
const exponential = (mean) => -mean * Math.log(1 - Math.random());
const normal = (mean, deviation) =>
  Math.max(0, mean + deviation * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));

/** One of the branches by weight. */
function choose(weights) {
  const sane = weights.map((weight) => Math.max(0, num(weight) || 0));
  let rest = Math.random() * sane.reduce((sum, weight) => sum + weight, 0);
  const chosen = sane.findIndex((weight) => { rest -= weight; return weight > 0 && rest < 0; });
  return chosen;
}

/**
 * What a message carries so that its sender knows it again: never four letters or digits together, because filters of banned
 * words let it pass then.
 */
function tag(user) {
  const number = (value) => Math.floor(value).toString(36).replace(/(.{3})(?=.)/g, '$1.');
  user.sequence += 1;
  return `~${user.run}-${[user.index, user.sequence - 1, Date.now() % 1e8].map(number).join('-')}~`;
}

// ----------------------------------------------------------------- Connections

/** http and https become ws and wss. */
function webSocketScheme(address) {
  return address.includes('://') ? address.replace(/^http/i, 'ws') : `ws://${address}`;
}

/** Query parameters; one whose value is null is left out. */
function parameters(entries) {
  const given = entries.filter(([, value]) => value !== null && value !== undefined);
  return given.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(text(value))}`).join('&');
}

// ------------------------------------------------------------------- Socket.IO

/** Engine.IO 4 and Socket.IO 5 over one WebSocket: only what a client needs. */
class SocketIo {
  static address({ url, path, query }) {
    const [base, own] = url.trim().split('#')[0].split('?');
    const place = path.replace(/^\/+|\/+$/g, '');
    const added = Object.entries(query).filter(([key]) => key !== 'EIO' && key !== 'transport');
    const parts = ['EIO=4&transport=websocket', own, parameters(added)].filter(Boolean);
    return `${webSocketScheme(base).replace(/\/+$/, '')}/${place ? `${place}/` : ''}?${parts.join('&')}`;
  }

  constructor(socket, user, { namespace, auth }) {
    Object.assign(this, { socket, user, auth, acks: 0, early: [], partial: null, connected: false });
    this.namespace = namespace.startsWith('/') ? namespace : `/${namespace}`;
  }

  /** `4` is Engine.IO's message; then the packet's type, attachments, namespace and acknowledgement id. */
  packet(type, payload = '', id = '', attachments = 0) {
    const space = this.namespace === '/' ? '' : `${this.namespace.split('?')[0]},`;
    return `4${type}${attachments ? `${attachments}-` : ''}${space}${id}${payload}`;
  }

  onOpen() {}

  onText(frame) {
    const data = frame.slice(1);
    if (frame[0] === '0') return this.onHandshake(JSON.parse(data));
    if (frame[0] === '2') return this.user.send(`3${data}`, this.watch());
    if (frame[0] === '1') return this.user.onLost('transport close');
    return frame[0] === '4' ? this.onPacket(data) : null;
  }

  onHandshake({ pingInterval, pingTimeout }) {
    this.patience = pingInterval + pingTimeout;
    this.watch();
    this.user.onEngine();
    const space = this.namespace === '/' ? '' : `${this.namespace.replace(/,/g, '%2C')},`;
    this.user.send(`40${space}${this.auth === undefined ? '' : JSON.stringify(this.auth)}`);
  }

  /** A server whose ping does not come in time is gone. */
  watch() {
    this.rest();
    this.timer = setTimeout(() => this.user.onLost('ping timeout'), this.patience);
  }

  rest() {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  onPacket(data) {
    const [, type, attachments, space, id, payload] = data.match(/^(\d)(?:(\d+)-)?(?:(\/[^,]*),?)?(\d+)?([^]*)$/);
    if ((space || '/') !== this.namespace.split('?')[0]) return;
    if (Number(attachments) > 0) {
      this.partial = { type, id, payload, missing: Number(attachments), parts: [] };
    } else {
      this.deliver(type, id, payload);
    }
  }

  onBinary(bytes) {
    if (!this.partial) return;
    this.partial.parts.push(bytes);
    this.partial.missing -= 1;
    if (this.partial.missing > 0) return;
    const { type, id, payload } = this.partial;
    this.partial = null;
    this.deliver(type === '5' ? '2' : '3', id, payload);
  }

  deliver(type, id, payload) {
    if (type === '0') {
      this.connected = true;
      this.user.onConnected();
      this.early.splice(0).forEach((event) => this.event(event));
    } else if (type === '1') {
      this.user.onLost('io server disconnect');
    } else if (type === '2') {
      const event = { values: JSON.parse(payload), id };
      // What comes before the connect answer is delivered behind it, as the official client does.
      if (this.connected) this.event(event);
      else this.early.push(event);
    } else if (type === '3') {
      this.user.onAck(Number(id));
    } else if (type === '4') {
      const reason = payload ? JSON.parse(payload) : null;
      this.user.onRefused(typeof reason === 'string' ? reason : (reason?.message ?? 'the server gave no reason'));
    }
  }

  event({ values, id }) {
    this.user.onEvent(values[0], values.slice(1));
    if (id !== undefined) this.user.send(this.packet(3, '[]', id));
  }

  /** Gives the acknowledgement's id, if one was asked for. */
  emit(event, args, attachments, ack) {
    const id = ack ? this.acks : null;
    if (ack) this.acks += 1;
    const payload = JSON.stringify([event, ...args]);
    this.user.send(this.packet(attachments.length ? 5 : 2, payload, id ?? '', attachments.length));
    attachments.forEach((bytes) => this.user.send(bytes));
    return id;
  }

  leave() {
    if (this.connected) this.user.send(this.packet(1));
  }
}

// ------------------------------------------------------------- Plain WebSocket

/** JSON objects in text frames; one of their fields names the event. */
class PlainWebSocket {
  static address({ url, query }) {
    const [base, own] = url.trim().split('#')[0].split('?');
    const parts = [own, parameters(Object.entries(query))].filter(Boolean);
    return webSocketScheme(base) + (parts.length ? `?${parts.join('&')}` : '');
  }

  constructor(socket, user, { eventField }) {
    Object.assign(this, { socket, user, eventField });
  }

  onOpen() {
    this.user.onConnected();
  }

  onText(frame) {
    const message = JSON.parse(frame);
    this.user.onEvent(text(message[this.eventField]), [message]);
  }

  onBinary() {}

  rest() {}

  emit(event, args, attachments) {
    const body = { ...(args[0] ?? {}) };
    delete body[this.eventField];
    this.user.send(JSON.stringify({ [this.eventField]: event, ...body }));
    attachments.forEach((bytes) => this.user.send(bytes));
    return null;
  }

  leave() {}
}

// ---------------------------- Values, as the scenario's expressions treat them

/** A number, or NaN: texts that read as numbers count as numbers, true and false as 1 and 0. */
function num(value) {
  if (typeof value === 'string') return value.trim() === '' ? NaN : Number(value);
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : NaN;
}

/** Plain text: nothing for null, JSON for lists and objects. */
function text(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Everything but false, null, 0 and what is empty. */
function isTrue(value) {
  if (value === null || typeof value !== 'object') return Boolean(value);
  return len(value) > 0;
}

/** Equal as JSON. */
function same(left, right) {
  return (left ?? null) === (right ?? null) || (typeof left === 'object' && JSON.stringify(left) === JSON.stringify(right));
}

/** Exact division; null by zero. */
function quotient(left, right) {
  return right === 0 ? NaN : left / right;
}

/** What a division that rounds down leaves: it has the divisor's sign. */
function mod(left, right) {
  return left - right * Math.floor(left / right);
}

/** Entry n of a list, from 0. */
function at(list, n) {
  return Array.isArray(list) ? (list[Math.floor(n)] ?? null) : null;
}

/** The last entry of a list. */
function last(list) {
  return Array.isArray(list) ? at(list, list.length - 1) : null;
}

/** One of them, each as likely. */
function pick(list) {
  return Array.isArray(list) ? at(list, Math.random() * list.length) : null;
}

/** Length of a text, a list or an object. */
function len(value) {
  if (typeof value === 'string') return Array.from(value).length;
  return value !== null && typeof value === 'object' ? Object.keys(value).length : 0;
}

/** A list has the value, a text the text, an object the field. */
function contains(whole, part) {
  if (Array.isArray(whole)) return whole.some((entry) => same(entry, part));
  if (typeof part !== 'string') return false;
  return typeof whole === 'string' ? whole.includes(part) : whole !== null && typeof whole === 'object' && part in whole;
}

/** Fixed text in which no four letters stand together: filters of banned words let it pass. */
function filler(count) {
  const words = 'it is a big day and we go by bus to the sea, ';
  const cut = words.repeat(Math.max(0, count) / words.length + 1).slice(0, Math.max(0, count));
  return cut.endsWith(' ') ? `${cut.slice(0, -1)}.` : cut;
}

/** The part that a JSON pointer leads to; null if it is not there. */
function pointer(value, path) {
  const unescaped = path.split('/').slice(1).map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
  let part = value;
  for (const key of unescaped) {
    if (part === null || typeof part !== 'object' || !Object.prototype.hasOwnProperty.call(part, key)) return null;
    part = part[key];
  }
  return part ?? null;
}

/** A setting: from the environment if it is given there, in the kind of its default. */
function env(name, fallback) {
  const given = __ENV[name];
  if (given === undefined || given === '') return fallback;
  return typeof fallback === 'string' ? given : JSON.parse(given);
}
