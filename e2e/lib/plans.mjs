// Plans that stories play.

/** Everybody at once, for as long as given. */
export const crowd = (users, seconds) => ({
  model: 'closed',
  start: users,
  stages: [{ duration_s: seconds, target: users }],
});

/** Everybody at once, for as long as given; nobody takes the place of who gives up. */
export const group = (users, seconds) => ({ model: 'batch', users, size: users, every_s: 1, hold_s: seconds });

/** A plan with one population that plays `scenario`. */
export function planOf(scenario, load, rest = {}) {
  return {
    version: 1,
    name: scenario.name ?? 'story',
    seed: 1,
    populations: [{ name: 'users', scenario, load }],
    ...rest,
  };
}

/**
 * What a user of the official server does: joins its room and talks there; a talkative one also reads and reacts.
 * @param {string} url
 * @param {{rooms?: number, namespace?: string, auth?: object, interval_ms?: number[], first_ms?: number, times?: number, talkative?: boolean}} [options]
 * @returns {Scenario}
 */
export function officialScenario(url, { rooms = 1, namespace = '/', auth, interval_ms = [500, 1_500], first_ms, times, talkative = false } = {}) {
  const room = `room \${user.index % ${rooms}}`;
  const join = { emit: { event: 'join', args: [room], ack: true, operation: 'join', enters: room } };
  const say = {
    emit: {
      event: 'message',
      args: [{ room, text: '${tag} hello' }],
      ack: true,
      operation: 'message',
      message: room,
    },
  };
  return {
    version: 1,
    name: 'official',
    protocol: 'socketio',
    connect: {
      url,
      namespace,
      ...(auth && { auth }),
      reconnect: { initial_ms: 200, max_ms: 1_000, jitter: 0.5, attempts: 50 },
    },
    flow: [join],
    rejoin: [join],
    every: [
      { name: 'send', interval: { uniform_ms: interval_ms }, ...(first_ms && { first: { fixed_ms: first_ms } }), ...(times && { times }), steps: [say] },
      ...(talkative ? [readUp(room)] : []),
    ],
    ...(talkative && { variables: { unread: [] }, on: reactions(room) }),
    delivery: { event: 'message', operation: 'message' },
  };
}

/** Every two seconds all that came since, if anything did. */
const readUp = (room) => ({
  name: 'read',
  interval: { fixed_ms: 2_000 },
  steps: [
    {
      if: '${len(unread) > 0}',
      then: [
        { emit: { event: 'read', args: [{ room, ids: '${unread}' }], ack: true, operation: 'read' } },
        { set: { unread: [] } },
      ],
      else: [],
    },
  ],
});

const reactions = (room) => [
  { event: 'message', steps: [{ push: { var: 'unread', value: '${event./id}', max: 100 } }] },
  {
    event: 'message',
    probability: 0.1,
    delay: { uniform_ms: [100, 500] },
    steps: [{ emit: { event: 'react', args: [{ room, id: '${event./id}', emoji: '👍' }], ack: true, operation: 'reaction' } }],
  },
];

/** Users of the chat that the lab plays: the preset scenario with some of its variables set. */
export function chatPlan(lab, load, variables = {}, rest = {}) {
  const plan = planOf('ktb-chat', load, rest);
  plan.populations[0].variables = { target: lab.url, ...variables };
  return plan;
}

/** One user after the other, then everybody for as long as given. */
export const rampThenHold = (users, ramp_s, hold_s) => ({
  model: 'closed',
  stages: [
    { duration_s: ramp_s, target: users },
    { duration_s: hold_s, target: users },
  ],
});
