// The engine's side of the flood: every user says hello with a tag, listens, and answers the last frame.

/** With `ledger` every message is accounted for; without it, messages are only counted. It ends after `seconds`, or when it is stopped. */
export function floodPlan(url, { sockets, ledger, seconds = 600 }) {
  const scenario = {
    version: 1,
    name: ledger ? 'flood-ledger' : 'flood-count',
    protocol: 'socketio',
    connect: { url, path: '/socket.io/', reconnect: 'none' },
    flow: [
      { emit: { event: 'join', args: [], ack: true, enters: 'flood' } },
      { emit: { event: 'hello', args: ['${tag}'], ack: true, operation: 'message', message: 'flood' } },
    ],
    after_flow: 'stay',
    on: [{ event: 'flood_end', steps: [{ emit: { event: 'done', args: [] } }] }],
    // The event with the ledgered messages is looked into; one that nobody needs is only counted.
    delivery: { event: ledger ? 'message' : 'nothing', operation: 'message' },
    count: ['message'],
  };
  return {
    version: 1,
    name: scenario.name,
    seed: 1,
    populations: [
      {
        name: 'listeners',
        scenario,
        load: { model: 'closed', start: sockets, stages: [{ duration_s: seconds, target: sockets }] },
      },
    ],
    settle_s: 0,
    graceful_stop_s: 1,
  };
}
