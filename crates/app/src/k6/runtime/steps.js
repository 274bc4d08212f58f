/** What each step of a scenario does: `spec` is its object, `required` whether its failure ends the user unless it says otherwise. @type {Map<string, (spec: any, required: boolean, step: any) => (task: Task) => any>} */
const STEPS = new Map(Object.entries({
  http({ json, form, file, ...spec }, required) {
    const method = json === undefined && form === undefined && file === undefined ? 'GET' : 'POST';
    const fill = template({ method, expect: [], timeout_s: 30, required, json, form, file, ...spec });
    return (task) => task.http(fill(task.scope()));
  },
  emit({ answer, ack = false, ...spec }, required) {
    const fill = template({ operation: spec.event, args: [], timeout_s: 10, required, ...spec });
    const wanted = answer && awaited(answer);
    const read = acknowledged(ack);
    return (task) => {
      const sent = 'message' in spec ? tag(task.user) : null;
      const scope = task.scope(sent ?? '');
      return task.emit({ ...fill(scope), ack: read(scope), answer: wanted?.(scope) ?? null, tag: sent });
    };
  },
  wait({ event, where, save, ...spec }, required) {
    const fill = template({ operation: event, timeout_s: 10, required, ...spec });
    const wanted = awaited({ event, where, save });
    return (task) => task.wait({ ...fill(task.scope()), answer: wanted(task.scope()) });
  },
  think(spec) {
    const delay = delayOf(spec);
    return (task) => task.think(delay(task.scope()));
  },
  set(spec) {
    const values = Object.keys(spec).sort().map((name) => [name, template(spec[name])]);
    return (task) => values.forEach(([name, value]) => { task.user.v[name] = value(task.scope()); });
  },
  push({ var: name, value, max = 100 }) {
    const fill = template({ value, max });
    return (task) => {
      const filled = fill(task.scope());
      push(task.user.v, name, filled.value, num(filled.max));
    };
  },
  choose(branches, required) {
    const weights = template(branches.map(({ weight = 1 }) => weight));
    const blocks = branches.map(({ steps }) => block(steps, required));
    return (task) => blocks[choose(weights(task.scope()))]?.(task);
  },
  if(condition, required, step) {
    const holds = template(condition);
    const [yes, no] = [block(step.then, required), block(step.else, required)];
    return (task) => (isTrue(holds(task.scope())) ? yes(task) : no(task));
  },
  repeat(times, required, step) {
    const [rounds, steps] = [template(times), block(step.steps, required)];
    return async (task) => {
      const last = Math.floor(num(rounds(task.scope())));
      for (let round = 1; round <= last; round += 1) await steps(task);
    };
  },
  fail(spec) {
    const fill = template(spec);
    return (task) => task.fail(fill(task.scope()));
  },
  mic: () => () => null,
  // A script has no ledger.
  enters: () => () => null,
  leaves: () => () => null,
  speak(spec) {
    const fill = template(spec);
    return (task) => task.think(1000 * speechSeconds(fill(task.scope())));
  },
  listen: () => (task) => task.think(1000 * answerSeconds()),
}));

/** A block of steps, as a function of the task that plays it. */
function block(steps, required) {
  const read = playable(steps ?? []).map((step) => {
    if (step === 'leave') return (task) => task.leave();
    const [kind] = [...STEPS.keys()].filter((name) => name in step);
    return STEPS.get(kind)(step[kind], required, step);
  });
  return async (task) => {
    for (const step of read) await step(task);
  };
}

/** Without the failures that only speech avoids: those behind a step that speaks or listens, which nobody does here. */
function playable(steps) {
  const speech = steps.findIndex(isSpeech);
  return steps.filter((step, place) => speech < 0 || place < speech || !step.fail);
}

function isSpeech(step) {
  return 'speak' in Object(step) || 'listen' in Object(step) || inner(step).some((steps) => steps.some(isSpeech));
}

/** The blocks within a step. */
function inner(step) {
  const branches = Array.isArray(step.choose) ? step.choose.map(({ steps }) => steps) : [];
  return [step.then, step.else, step.steps, ...branches].filter(Boolean);
}

/** Names of the variables that steps set. */
function assigned(steps = []) {
  return steps.flatMap((step) => [
    ...[step.set, step.http?.save, step.wait?.save, step.emit?.answer?.save, step.emit?.ack?.save].flatMap((named) => Object.keys(named ?? {})),
    ...(step.push ? [step.push.var] : []),
    ...inner(step).flatMap(assigned),
  ]);
}

/** The event that a step waits for. */
function awaited({ event, where, save }) {
  const [fill, tests] = [template({ event, save }), testsOf(where)];
  return (scope) => ({ ...fill(scope), where: tests(scope) });
}

/** How an acknowledgement is read, if one is asked for: an empty `where` is for the usual ways to say no. */
function acknowledged(ack) {
  const isRule = ack !== null && typeof ack === 'object';
  const { where, save, code } = isRule ? ack : {};
  const [asked, fill, tests] = [template(isRule ? true : ack), template({ save, code }), testsOf(where)];
  return (scope) => (isTrue(asked(scope)) ? { ...fill(scope), where: tests(scope) } : null);
}

/** The code of a no; null: it is a yes. @param {any} rule @param {any[]} args */
function refusal({ where, code }, args) {
  const isNo = where.length ? !matches(where, args) : isUsualNo(args);
  if (!isNo) return null;
  const places = ['/code', '/error/code', '/err/code', '/errorCode', '/error', '/err', '/error/message', '/message', '/reason', ''];
  const told = [...(code === undefined ? [] : [code]), ...places].map((place) => found(args, place));
  return `${told.find((value) => (typeof value === 'string' && value !== '') || typeof value === 'number') ?? 'refused'}`;
}

/** @param {any[]} args */
function isUsualNo(args) {
  const [first, ...rest] = args;
  const endsThere = rest.length > 0 && rest.every((value) => value === null);
  if (typeof first === 'string' || typeof first === 'number') return endsThere;
  if (first === null || typeof first !== 'object' || Array.isArray(first)) return false;
  const { ok, success, error, err, status } = first;
  const isSomething = (value) => Boolean(value === 0 || value) && !(typeof value === 'object' && Object.keys(value).length === 0);
  const isBad = /^(error|fail|failed)$/i.test(`${status}`) || (Number.isInteger(status) && status >= 400 && status < 600);
  return ok === false || success === false || isSomething(error) || isSomething(err) || isBad || endsThere;
}

/** What is not there is undefined, and equals nothing, not even null. */
const TESTS = new Map(Object.entries({
  equals: (value) => (found) => found !== undefined && same(found, value),
  not: (value) => (found) => found === undefined || !same(found, value),
  one_of: (values) => (found) => found !== undefined && values.some((value) => same(found, value)),
  contains: (value) => (found) => contains(found ?? null, value),
  lacks: (value) => (found) => !contains(found ?? null, value),
  exists: (wanted) => (found) => ((found ?? null) !== null) === wanted,
}));

/** A `where`, as a function of the scope that gives the test of each place. */
function testsOf(where = {}) {
  const tests = Object.entries(where).map(([place, wanted]) => {
    const isTest = wanted !== null && typeof wanted === 'object' && !Array.isArray(wanted);
    const [kind, operand] = isTest ? Object.entries(wanted)[0] : ['equals', wanted];
    return [place, TESTS.get(kind), template(operand)];
  });
  return (scope) => tests.map(([place, test, operand]) => [place, test(operand(scope))]);
}

/** Whether every test of a `where` holds for an event's arguments. */
function matches(tests, args) {
  return tests.every(([place, test]) => test(found(args, place)));
}

/** @type {Map<string, (value: any) => number>} */
const DELAYS = new Map(Object.entries({
  fixed_ms: (value) => num(value),
  uniform_ms: ([low, high]) => num(low) + (num(high) - num(low)) * Math.random(),
  exponential_ms: (mean) => -num(mean) * Math.log(1 - Math.random()),
  normal_ms: ([mean, deviation]) =>
    num(mean) + num(deviation) * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
}));

/** A delay in milliseconds, as a function of the scope. */
function delayOf(spec) {
  const [[kind, value]] = Object.entries(spec);
  const [draw, given] = [DELAYS.get(kind), template(value)];
  return (scope) => Math.max(0, draw(given(scope)) || 0);
}

/** One of the branches by weight. */
function choose(weights) {
  const sane = weights.map((weight) => Math.max(0, num(weight) || 0));
  let rest = Math.random() * sane.reduce((sum, weight) => sum + weight, 0);
  return sane.findIndex((weight) => { rest -= weight; return weight > 0 && rest < 0; });
}

/** Appends to a list; beyond `max` entries the oldest goes. */
function push(v, name, value, max) {
  v[name] = [...(Array.isArray(v[name]) ? v[name] : []), value].slice(-max);
}

/** How long a clip is said: nobody hears it. */
function speechSeconds({ clip, length_s: given }) {
  return num(given) || speech.clips_s[clip] || 3;
}

/** How long an answer is taken to be, from the end of the user's speech to its own. */
function answerSeconds() {
  return num(setting('answer_s', speech.answer_s));
}
