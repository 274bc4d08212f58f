/** A population, read once for all users that a VU plays: its scenario as functions. */
function scriptOf(name, { population, returns, accounts, scenario }) {
  const scope = (user, event = null) => ({ user, v: user.v, event, tag: '' });
  const blocks = ['once', 'before', 'flow', 'rejoin', 'finish'].map((name) => [name, block(scenario[name], name !== 'finish')]);
  const handlers = [...(scenario.every ?? []), ...(scenario.on ?? [])];
  const own = ['before', 'flow', 'rejoin', 'finish'].flatMap((name) => assigned(scenario[name]));
  const shared = assigned(scenario.once);
  const declared = variablesOf(scenario.variables ?? {});
  const defaults = (user) => {
    declared.forEach(([name, value]) => { user.v[name] = user.v[name] ?? value(scope(user)); });
  };
  // What is the same for every user is known before there is one.
  const nobody = { index: 0, iteration: 0, run: '', users: 1, account: {}, count: () => 0, v: Object.create(null) };
  defaults(nobody);
  const known = (value) => template(value)(scope(nobody));
  const { url, path = '/socket.io/', namespace = '/', query = {}, protocols = [], timeout_s = 20, auth, reconnect } = scenario.connect;
  const connect = template({ url, path, namespace, query, protocols, timeout_s, auth });
  return {
    name,
    returns,
    ...Object.fromEntries(blocks),
    hasOnce: scenario.once !== undefined,
    hasRejoin: scenario.rejoin !== undefined,
    variables: [...declared.map(([name]) => name), ...shared, ...own, ...handlers.flatMap(({ steps }) => assigned(steps))],
    shared,
    account: accountsOf(population, accounts),
    defaults,
    link: scenario.protocol === 'socketio' ? SocketIo : PlainWebSocket,
    eventField: scenario.protocol.websocket?.event_field ?? 'type',
    connect: (user) => connect(scope(user)),
    reconnect: reconnectOf(known(reconnect ?? 'backoff')),
    afterFlow: scenario.after_flow ?? 'stay',
    every: (scenario.every ?? []).map(({ name, interval, first, times, flushes, steps }) => ({
      name, interval: ofUser(delayOf(interval)), first: first && ofUser(delayOf(first)), times: ofUser(template(times ?? null)), flushes: known(flushes ?? false), steps: block(steps, false),
    })),
    on: (scenario.on ?? []).map(({ event, where, probability, delay, steps }) => ({
      event: known(event), where: ofEvent(testsOf(where)), probability: ofUser(template(probability ?? 1)), delay: delay && ofEvent(delayOf(delay)), steps: block(steps, false),
    })),
    errors: (scenario.errors ?? []).map(({ where, ...rule }) => ({ ...known(rule), where: ofEvent(testsOf(where)) })),
    delivery: scenario.delivery && known(scenario.delivery.event),
    own_copies: scenario.delivery && known(scenario.delivery.own_copies ?? 1),
  };

  function ofUser(value) {
    return (user) => value(scope(user));
  }

  function ofEvent(value) {
    return (user, event) => value(scope(user, event));
  }
}

/** Names and values of a scenario's variables, each behind those that it needs. */
function variablesOf(declarations) {
  const read = new Map(Object.entries(declarations).map(([name, declared]) => {
    const value = Object(declared) === declared && !Array.isArray(declared) ? declared.default : declared;
    const used = [];
    return [name, { value: value === undefined ? null : template(setting(name, value), used), used }];
  }));
  const ordered = new Map();
  const visit = (name) => {
    const variable = read.get(name);
    read.delete(name);
    variable?.used.forEach(visit);
    if (variable?.value) ordered.set(name, variable.value);
  };
  [...read.keys()].forEach(visit);
  return [...ordered];
}

/** As socket.io-client: without end, 1 s doubled up to 5 s, spread by half. */
const BACKOFF = { initial_ms: 1000, max_ms: 5000, jitter: 0.5, attempts: Infinity, refused: 'give_up' };

function reconnectOf(spec) {
  if (spec === 'none') return null;
  if (spec === 'log_in') return { ...BACKOFF, refused: 'log_in' };
  return { ...BACKOFF, ...(typeof spec === 'object' ? spec : {}) };
}

/** A setting: from the environment if it is given there, in the kind of its default. */
function setting(name, fallback) {
  const given = __ENV[`TABSWARM_${name.toUpperCase()}`];
  if (given === undefined || given === '') return fallback;
  const constant = given.replaceAll('${', () => '$${');
  // Only what is one single expression may be anything; a secret was a text.
  if (typeof fallback === 'string' && !/^\$\{(?!secret\.\w+\})[^}]*\}$/.test(fallback)) return constant;
  try {
    return JSON.parse(constant);
  } catch (error) {
    return constant;
  }
}

/** Something that is not in this file: from the environment, and nowhere else. */
function secret(name) {
  return __ENV[`TABSWARM_${name}`];
}

const unset = secrets.filter((name) => !secret(name)).map((name) => `TABSWARM_${name}`);
if (unset.length) throw new Error(`set ${unset.join(', ')}: k6 run -e NAME=... (what was secret in the plan is not in this script)`);

const measured = (names, made) => Object.fromEntries(Object.entries(names).map(([name, plain]) => [name, made(plain)]));
/** Times by operation: from sending to the answer, to the acknowledgement (`ack`), to the own broadcast (`round_trip`). */
const times = measured(metrics.times, (name) => new Trend(name, true));
const counters = measured(metrics.counters, (name) => new Counter(name));
/** Tagged with the event's name, whether the scenario names it or not. */
const eventsIn = new Counter('events_in');
/** Tagged with operation and code. */
const errors = new Counter('errors');
/** Failed attempts per attempt, tagged with the operation. */
const errorsRate = new Rate('errors_rate');
/** Connections that were lost and nobody planned it, tagged with the close code. */
const disconnects = new Counter('disconnects');

const scripts = Object.fromEntries(Object.entries(populations).map(([name, population]) => [name, scriptOf(name, population)]));
