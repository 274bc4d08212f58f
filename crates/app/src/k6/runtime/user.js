/** Ends the steps of a user that is leaving. */
const STOPPED = { stopped: true };
/** How long a user that leaves waits for what it sent, and for the connection's end. */
const QUIESCE_MS = 2000;
const CLOSE_MS = 3000;

/** One simulated user: its connection, what it waits for, and the steps that run. */
class User {
  constructor(script, facts) {
    Object.assign(this, facts);
    Object.assign(this, { script, v: Object.create(null), stage: 'preparing', sequence: 0, attempt: 0 });
    Object.assign(this, { pendings: [], overdue: [], held: new Set(), tickers: null, link: null, settled: false, warm: 0 });
    this.over = new Promise((resolve) => { this.end = resolve; });
    script.variables.forEach((name) => { this.v[name] = null; });
  }

  /** `counter.<name>` of the scenario: 0, 1, 2 ... */
  count(name) {
    this.counted[name] = (this.counted[name] ?? -1) + 1;
    return this.counted[name];
  }

  // ---- Its life

  /** From the first step to the closed connection. Never fails: what went wrong is in `failed` and in the metrics. */
  async live() {
    this.launch(async () => {
      this.script.defaults(this);
      await this.perform(this.script.before);
      this.connect();
    });
    await this.over;
  }

  /** Runs steps as a task of their own. */
  async perform(steps, event = null, due = Date.now()) {
    await steps(new Task(this, event, due));
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
      await this.perform(this.settled && this.script.hasRejoin ? this.script.rejoin : this.script.flow);
      this.settled = true;
      if (this.script.afterFlow === 'leave') this.leaveByItself();
      else this.startTimers();
    });
  }

  startTimers() {
    this.stage = 'active';
    const before = this.tickers;
    this.tickers = this.script.every.map((timer, place) => {
      const wait = timer.first ? timer.first(this) : timer.interval(this) * Math.random();
      const times = num(timer.times(this));
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
      ticker.due = due + Math.max(1, ticker.timer.interval(this));
      this.launch(() => this.perform(ticker.timer.steps, null, due));
      this.tick(ticker);
    }, Math.max(0, ticker.due - Date.now()));
  }

  /** Sends nothing of its own any more, but stays and hears. */
  fallSilent() {
    if (this.stage === 'flow' || this.stage === 'active') {
      this.stopTasks();
      this.stage = 'silent';
      this.launch(() => this.flush());
    } else if (this.stage !== 'leaving') {
      this.leave();
    }
  }

  /** What timers send from time to time goes out a last time: what has gathered since their last ticks. */
  async flush() {
    const now = Date.now();
    const last = this.script.every.filter((timer, place) => {
      const { left, silentUntil } = this.tickers?.[place] ?? { left: 1, silentUntil: 0 };
      return timer.flushes && left > 0 && silentUntil <= now;
    });
    await Promise.all(last.map(({ steps }) => this.perform(steps, null, now)));
  }

  leaveByItself() {
    this.byItself = true;
    this.leave();
  }

  /** What is on its way may arrive, then the last steps run, then the connection is closed. */
  leave() {
    if (this.stage === 'leaving' || this.stage === 'over') return;
    const works = ['flow', 'active'].includes(this.stage);
    const connected = works || this.stage === 'silent';
    this.told = !this.byItself;
    this.stopTasks();
    this.stage = 'leaving';
    const last = async () => {
      if (works) await this.flush();
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
    console.error(`user ${this.index + 1} failed: ${why}`);
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
    const wanted = script.connect(this);
    this.stage = 'connecting';
    this.connecting = Date.now();
    this.engineAt = null;
    this.patience = setTimeout(() => {
      this.error('connect', 'timeout');
      this.onLost();
    }, wanted.timeout_s * 1000);
    const Link = script.link;
    // k6 takes no subprotocols but as the header that they are.
    const protocols = wanted.protocols.filter(Boolean).map(text).join(', ');
    const socket = new WebSocket(Link.address(wanted), null, protocols ? { headers: { 'Sec-WebSocket-Protocol': protocols } } : {});
    socket.binaryType = 'arraybuffer';
    const link = new Link(socket, this, wanted);
    Object.assign(this, { socket, link });
    const ours = (act) => (event) => (this.socket === socket ? act(event) : null);
    socket.onopen = ours(() => {
      this.openedAt = Date.now();
      this.sample('connect.websocket', this.openedAt - this.connecting);
      link.onOpen();
    });
    socket.onmessage = ours(({ data }) => this.onFrame(data));
    let trouble = '';
    socket.onerror = ours((event) => { trouble = String(event.error ?? event.message ?? 'error'); });
    socket.onclose = ours((event) => this.onClosed(closeCode(event.code, trouble)));
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
    this.sample('connect.engineio', this.engineAt - this.openedAt);
  }

  /** Somebody who was in before has lost its session, and may log in again; somebody who never was is not welcome. */
  onRefused(message) {
    this.error('connect', message);
    const back = this.script.reconnect;
    if (!this.settled || back?.refused !== 'log_in' || this.attempt >= back.attempts) {
      return this.fail(`the server refused the connection: ${message}`);
    }
    this.close();
    this.socket = null;
    return this.comeBack(back, async () => {
      await this.perform(this.script.before);
      this.connect();
    });
  }

  onClosed(code) {
    this.socket = null;
    this.link?.rest();
    if (this.onGone) return this.onGone();
    if (this.stage === 'connecting') this.error('connect', `closed ${code}`);
    else disconnects.add(1, { code: String(code) });
    return this.onLost();
  }

  close() {
    clearTimeout(this.patience);
    this.link?.rest();
    if (this.socket && this.socket.readyState < 2) this.socket.close();
  }

  /** Not by its own will: what was on its way is lost, then it is tried again. */
  onLost() {
    const leaving = this.stage === 'leaving' || this.stage === 'over';
    if (this.socket && this.stage !== 'connecting') disconnects.add(1, { code: 'none' });
    this.close();
    this.socket = null;
    this.dropPendings('disconnected');
    this.stopTasks();
    if (leaving) return this.hangUp();
    const back = this.script.reconnect;
    if (!back || this.attempt >= back.attempts) return this.fail('its connection was lost');
    return this.comeBack(back, () => this.connect());
  }

  /** After a while that grows with every attempt. */
  comeBack({ initial_ms, max_ms, jitter }, act) {
    const base = initial_ms * 2 ** this.attempt;
    const wait = Math.min(max_ms, base + base * jitter * (2 * Math.random() - 1));
    this.attempt += 1;
    counters.reconnects.add(1);
    this.stage = 'waiting';
    this.launch(async () => {
      await this.pause(wait);
      await act();
    });
  }

  // ---- What it hears

  onEvent(name, args) {
    counters[`events.in.${name}`]?.add(1);
    eventsIn.add(1, { event: name });
    const { delivery, errors, on } = this.script;
    if (delivery === name) this.onDelivery(JSON.stringify(args));
    this.onAnswer(name, args);
    const fitting = errors.filter((entry) => entry.event === name && matches(entry.where(this, args), args));
    const rule = fitting.find(({ fails }) => !fails || this.mayFail(fails)) ?? fitting[0];
    if (rule) this.onErrorEvent(rule, name, args);
    if (rule?.ends_user) return this.leaveByItself();
    if (['silent', 'leaving', 'over'].includes(this.stage)) return null;
    return on.filter((reaction) => reaction.event === name).forEach((reaction) => this.react(reaction, args));
  }

  /**
   * @param {Reaction} reaction
   * @param {any[]} args
   */
  react({ where, probability, delay, steps }, args) {
    if (!(Math.random() < num(probability(this)))) return;
    if (!matches(where(this, args), args)) return;
    const wait = delay ? delay(this, args) : 0;
    const due = Date.now() + wait;
    this.launch(async () => {
      if (wait > 0) await this.pause(wait);
      await this.perform(steps, args, due);
    });
  }

  /** Its own message has come back. */
  onDelivery(frame) {
    const own = this.waiting(({ message }) => message && !message.echoed && frame.includes(message.tag));
    if (!own) return;
    this.sample(`${own.operation}.round_trip`, Date.now() - own.sentAt);
    this.sample(`${own.operation}.round_trip.intended`, Date.now() - own.intended);
    this.succeed(own);
    own.message.echoed = true;
    own.message.accepted = true;
    this.settle(own);
  }

  onAnswer(name, args) {
    const pending = this.waiting(({ answer }) => answer && answer.event === name && matches(answer.where, args));
    if (!pending) return;
    const missing = !pending.late && save(this.v, pending.answer.save, (from) => part(args, from));
    if (missing) return this.failPending(pending, 'unexpected answer');
    this.sample(pending.operation, Date.now() - pending.sentAt);
    this.succeed(pending);
    pending.answer = null;
    this.settle(pending);
  }

  onAck(id, args) {
    const pending = this.waiting((entry) => entry.ack === id);
    if (!pending) return;
    const code = refusal(pending.acknowledged, args);
    if (code !== null) {
      // What was late has failed already.
      if (pending.late) this.forget(pending);
      else this.failPending(pending, code);
      return;
    }
    if (!pending.late && save(this.v, pending.acknowledged.save, (from) => part(args, from))) {
      this.failPending(pending, 'unexpected ack');
      return;
    }
    this.sample(`${pending.operation}.ack`, Date.now() - pending.sentAt);
    pending.ack = null;
    if (pending.message) pending.message.accepted = true;
    else if (!pending.byAnswer) this.succeed(pending);
    this.settle(pending);
  }

  /** Errors carry no id: the oldest of the operation that is still open is the one that failed. */
  onErrorEvent(rule, name, args) {
    const found = (from) => (from === undefined ? '' : text(part(args, from)));
    const code = found(rule.code) || found(rule.message) || name;
    if (rule.pause) {
      const until = Date.now() + Math.min(86400, Math.max(0, num(part(args, rule.pause.field)) || 0)) * (rule.pause.unit === 's' ? 1000 : 1);
      const ticker = (this.tickers ?? []).find(({ timer }) => timer.name === rule.pause.timer);
      if (ticker) Object.assign(ticker, { silentUntil: until, due: Math.max(ticker.due, until) });
    }
    const failed = rule.fails && this.mayFail(rule.fails);
    // What was late has failed already.
    if (failed?.late) this.forget(failed);
    else if (failed) this.failPending(failed, code);
    else this.error(rule.fails ?? name, code);
  }

  // ---- What it waits for

  /**
   * What is in time comes first: where an answer does not say to which of several it belongs, one that was lost makes no other late.
   * @param {(pending: any) => any} test
   */
  waiting(test) {
    return this.pendings.find(test) ?? this.overdue.find(test);
  }

  mayFail(operation) {
    return this.waiting((pending) => pending.operation === operation && isOpen(pending));
  }

  settle(pending) {
    const answered = !pending.answer && (pending.byAnswer || pending.ack === null || pending.message);
    if (answered) pending.goOn?.();
    if (!pending.answer && pending.ack === null && (!pending.message || pending.message.echoed)) this.forget(pending);
  }

  forget(pending) {
    clearTimeout(pending.timer);
    this.pendings = this.pendings.filter((entry) => entry !== pending);
    this.overdue = this.overdue.filter((entry) => entry !== pending);
  }

  /** Its attempt has failed; what still comes is a time all the same. */
  expire(pending) {
    const other = pending.message && !pending.message.echoed ? 'echo timeout' : 'ack timeout';
    this.failPending(pending, isOpen(pending) ? 'timeout' : other);
    pending.late = true;
    this.overdue.push(pending);
    if (this.overdue.length > MOST_OVERDUE) this.neverCame(this.overdue.shift());
  }

  /**
   * No more is known than that it takes longer than its limit; a trend of k6 can only hold the limit.
   * @param {Pending} pending
   */
  neverCame({ operation, limit, answer, ack, message }) {
    if (answer) this.sample(operation, limit);
    if (ack !== null) this.sample(`${operation}.ack`, limit);
    if (!message || message.echoed) return;
    this.sample(`${operation}.round_trip`, limit);
    this.sample(`${operation}.round_trip.intended`, limit);
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
    this.overdue.splice(0).forEach((pending) => { this.neverCame(pending); });
  }

  // ---- What is measured

  /** Samples of the warm-up stay out of times, never out of counts. */
  sample(name, milliseconds) {
    if (Date.now() >= this.warm) times[name]?.add(milliseconds);
  }

  succeed({ operation, late = false }) {
    if (late) return;
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

  /** What expressions look at. */
  scope(tag = '') {
    return { user: this.user, v: this.user.v, event: this.event, tag };
  }

  /** Sends an event, and waits for its answer, else for its acknowledgement; never for a message's broadcast. */
  async emit({ event, operation, args, ack, answer, timeout_s, tag, required }) {
    const { user } = this;
    if (!user.link || !user.socket) {
      user.error(operation, 'not connected');
      if (required) throw new Error('it is not connected');
      return;
    }
    const sent = tag === null ? null : { tag, echoed: user.script.own_copies === 0, accepted: false };
    const attachments = [];
    const id = user.link.emit(event, withoutBinary(args, attachments), attachments, ack !== null);
    counters[`events.out.${event}`]?.add(1);
    // A message that neither comes back nor is acknowledged is not waited for.
    if (!answer && id === null && (!sent || sent.echoed)) return;
    const pending = {
      operation, answer, required, ack: id, acknowledged: ack, byAnswer: answer !== null, message: sent, sentAt: Date.now(), intended: this.due,
    };
    await this.wait_for(pending, timeout_s, sent === null && (answer !== null || id !== null));
  }

  /** Waits for an event. */
  async wait({ operation, answer, timeout_s, required }) {
    const now = Date.now();
    const pending = { operation, answer, required, ack: null, acknowledged: null, byAnswer: true, message: null, sentAt: now, intended: now };
    await this.wait_for(pending, timeout_s, true);
  }

  async wait_for(pending, timeout_s, blocks) {
    const { user } = this;
    user.pendings.push(pending);
    pending.limit = timeout_s * 1000;
    pending.timer = setTimeout(() => user.expire(pending), pending.limit);
    if (!blocks) return;
    await user.hold((resolve, reject) => Object.assign(pending, { goOn: resolve, giveUp: reject }));
    this.due = Date.now();
  }

  async think(milliseconds) {
    this.due = Math.max(this.due, Date.now()) + milliseconds;
    await this.user.pause(Math.max(0, this.due - Date.now()));
  }

  /** One HTTP exchange, judged by its status and by what is to be saved from it. */
  async http({ operation, method, url, headers = {}, json, form, file, expect, save: saves, error_code, timeout_s, required }) {
    const { user } = this;
    const sentAt = Date.now();
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const body = json === undefined ? (fileOf(file) ?? (form ? texts(form) : null)) : JSON.stringify(json);
    counters['http.requests'].add(1);
    const expected = expect.length ? expect : [{ min: 200, max: 299 }];
    const exchange = http.asyncRequest(method, url, body, {
      headers: { ...type, ...texts(headers) }, timeout: `${timeout_s}s`, tags: { name: operation }, responseCallback: http.expectedStatuses(...expected),
    });
    const answer = await user.hold((resolve, reject) => { exchange.then(resolve, reject); });
    const parsed = parse(answer.body);
    const good = expect.length ? expect.includes(answer.status) : answer.status >= 200 && answer.status < 300;
    let code = null;
    if (!good) {
      const told = error_code ? pointer(parsed, error_code) : null;
      code = (typeof told === 'object' ? '' : text(told)) || (answer.status ? String(answer.status) : answer.error || 'network');
    } else if (save(user.v, saves, (from) => fromAnswer(answer, parsed, from))) {
      code = 'unexpected answer';
    }
    this.due = Date.now();
    if (code === null) {
      user.sample(operation, Date.now() - sentAt);
      return user.succeed({ operation });
    }
    if (answer.error_code === REQUEST_TIMEOUT) user.sample(operation, timeout_s * 1000);
    user.error(operation, code);
    if (required) throw new Error(`${operation} failed: ${code}`);
    return null;
  }

  fail({ operation, code }) {
    this.user.error(operation, text(code));
  }

  leave() {
    this.user.leaveByItself();
    throw STOPPED;
  }
}

/** Of one user. */
const MOST_OVERDUE = 256;
/** k6's error code of a request that took too long. */
const REQUEST_TIMEOUT = 1050;

/** It may still fail: a message that nobody has accepted, any other without its answer (or acknowledgement). */
function isOpen({ message, answer, byAnswer, ack }) {
  if (message) return !message.accepted;
  return answer !== null || (!byAnswer && ack !== null);
}

function fromAnswer(answer, parsed, from) {
  if (from === 'status') return answer.status;
  if (!from.startsWith('header:')) return pointer(parsed, from);
  const found = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === from.slice('header:'.length).toLowerCase());
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

/**
 * What a message carries so that its sender knows it again: never four letters or digits together, because filters of banned
 * words let it pass then.
 */
function tag(user) {
  const number = (value) => Math.floor(value).toString(36).replace(/(.{3})(?=.)/g, '$1.');
  user.sequence += 1;
  return `~${user.run}-${[user.index, user.sequence - 1, Date.now() % 1e8].map(number).join('-')}~`;
}

/** Arguments with a placeholder for each `{"$binary": "<Base64>"}` in them, as Socket.IO sends attachments. */
function withoutBinary(value, attachments) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry) => withoutBinary(entry, attachments));
  const keys = Object.keys(value);
  if (keys.length !== 1 || keys[0] !== '$binary') {
    return Object.fromEntries(keys.map((key) => [key, withoutBinary(value[key], attachments)]));
  }
  attachments.push(encoding.b64decode(value.$binary));
  return { _placeholder: true, num: attachments.length - 1 };
}

/** The body of a request that sends a file. */
function fileOf(file) {
  return file && { [file.field ?? 'file']: http.file(encoding.b64decode(file.base64), file.name, file.mime) };
}

/** Every field as text. */
function texts(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, text(value)]));
}
