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
