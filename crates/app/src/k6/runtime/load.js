/**
 * What the options say of a population's load: for a closed one users and stages, in seconds.
 * @param {Executor} executor
 * @returns {Load}
 */
function loadOf({ executor, vus, startVUs, stages, duration, maxVUs }) {
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const seconds = (text) => [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, count, name]) => sum + Number(count) * unit[name], 0);
  const pieces = (stages ?? [{ duration, target: vus }]).map(({ duration, target }) => ({ seconds: seconds(duration), target }));
  const start = startVUs ?? vus ?? 0;
  return {
    open: executor.endsWith('-arrival-rate'),
    start,
    stages: pieces,
    seconds: pieces.reduce((sum, { seconds }) => sum + seconds, 0),
    users: maxVUs ?? Math.max(start, ...pieces.map(({ target }) => target)),
  };
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
async function play(data) {
  const { name } = exec.scenario;
  const [script, load] = [scripts[name], loadOf(options.scenarios[name])];
  const n = exec.scenario.iterationInTest;
  const { index, leaves } = load.open ? { index: n, leaves: null } : turn(load, n);
  const second = (seconds) => exec.scenario.startTime + seconds * 1000;
  const end = second(load.seconds);
  const counted = Object.create(null);
  for (let iteration = 0; ; iteration += 1) {
    const user = new User(script, { counted, index, iteration, users: load.users, run: data.run, account: script.account(index + 1, data.run) });
    Object.assign(user.v, data.shared[name]);
    user.warm = second(timing.warmup_s);
    const leaving = leaves === null ? null : setTimeout(() => user.leave(), Math.max(0, second(leaves) - Date.now()));
    // At the end everybody falls silent first, so that what is on its way still arrives.
    const silence = setTimeout(() => user.fallSilent(), Math.max(0, end - Date.now()));
    const closing = setTimeout(() => user.leave(), Math.max(0, end + timing.settle_s * 1000 - Date.now()));
    await user.live();
    [leaving, silence, closing].forEach((timer) => timer && clearTimeout(timer));
    const rest = (leaves === null ? end : second(leaves)) - Date.now();
    if (load.open || rest <= 0) return;
    if (user.failed || user.told || !script.returns) {
      // Its place stays empty until the load takes it away: a failed user does not come back, and nobody of a batch does.
      await sleepFor(rest + 50);
      return;
    }
  }
}

/** Milliseconds, without holding up the VU's other work. */
function sleepFor(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

/** The steps that are done once, before anybody starts, by a user of their own for each population; gives what they saved. */
async function setUp() {
  const run = runId();
  const shared = {};
  for (const [name, script] of Object.entries(scripts).filter(([, { hasOnce }]) => hasOnce)) {
    const { users } = loadOf(options.scenarios[name]);
    const user = new User(script, { counted: Object.create(null), index: ONCE, iteration: 0, users, run, account: script.account('once', run) });
    script.defaults(user);
    await user.perform(script.once);
    shared[name] = Object.fromEntries(script.shared.map((variable) => [variable, user.v[variable] ?? null]));
  }
  return { run, shared };
}

/** The number of the user that plays the set-up: none of the others has it. */
const ONCE = 0xffffff;

/** Three characters that tell runs apart. */
function runId() {
  return Array.from({ length: 3 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}
