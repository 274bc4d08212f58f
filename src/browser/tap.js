// The WebSockets of one worker, and the one place that sees every inbound frame.
//
// Copying a text into wasm costs several times what it takes to look at it here. So a frame whose event the scenario
// only counts is counted here and goes no further; every other frame is handed to wasm as it is. For the same reason
// the newest frames of every user are kept here: a reference each, until somebody asks for them.

export class Tap {
  #sockets = new Map();
  #classifiers = [];
  #rings = new Rings();
  #opened;
  #text;
  #binary;
  #closed;
  #large;
  #most = Infinity;

  constructor(opened, text, binary, closed, large) {
    this.#opened = opened;
    this.#text = text;
    this.#binary = binary;
    this.#closed = closed;
    this.#large = large;
  }

  // Longer frames stay out of wasm, whose memory never shrinks again: it hears only how long they are.
  readAtMost(bytes) {
    this.#most = bytes;
  }

  // `names[i]` of `population` is only counted, under the number `events[i]`, but for every `every[i]`-th, which wasm looks at (0:
  // none). `field` holds the event's name in a plain
  // WebSocket's JSON object; undefined: Socket.IO.
  classify(population, field, names, events, every) {
    this.#classifiers[population] = new Classifier(population, field, names, events, every);
  }

  // Throws what the browser throws at an address it refuses.
  open(id, population, user, url, protocols) {
    const socket = Object.assign(new WebSocket(url, protocols), { ring: this.#rings.of(user) });
    const { ring } = socket;
    const classifier = this.#classifiers[population];
    const text = this.#text;
    const binary = this.#binary;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(id);
    socket.onmessage = ({ data }) => {
      ring.keep(IN, data);
      if ((data.length ?? data.byteLength) > this.#most) this.#large(id, data.length ?? data.byteLength);
      else if (typeof data !== "string") binary(id, new Uint8Array(data));
      else if (!classifier.counts(data)) text(id, data);
    };
    socket.onclose = ({ code, reason }) => {
      this.#sockets.delete(id);
      this.#closed(id, code, reason);
    };
    this.#sockets.set(id, socket);
  }

  sendText(id, text) {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    // Who floods us with pings and reads nothing must not fill the memory with our answers.
    if (text === PONG && socket.bufferedAmount > UNREAD) return;
    socket.ring.keep(OUT, text);
    socket.send(text);
  }

  sendBinary(id, bytes) {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    socket.ring.keep(OUT, bytes);
    socket.send(bytes);
  }

  // A socket that never opened is forgotten: nothing is told of it any more.
  close(id) {
    const socket = this.#sockets.get(id);
    if (socket?.readyState === WebSocket.CONNECTING) this.#forget(id, socket);
    socket?.close(1000);
  }

  // A line about an HTTP exchange, among the user's frames. Whoever is gone begins no new ring with an answer that comes late.
  note(user, way, text) {
    const ring = way & OUT ? this.#rings.of(user) : this.#rings.get(user);
    ring?.keep(way, text);
  }

  // The newest `most` frames of a user, before them the newest `sent` of those it has sent; see `Ring.recent`.
  recent(user, most, sent) {
    return this.#rings.get(user)?.recent(most, sent) ?? [];
  }

  // Its frames from this number on, the newest `most` of them.
  since(user, number, most) {
    return this.#rings.get(user)?.since(number, most) ?? [];
  }

  // Keeps more of this user, and of no other; undefined: of nobody.
  widen(user) {
    this.#rings.widen(user);
  }

  forgetRing(user) {
    this.#rings.forget(user);
  }

  closeAll() {
    for (const [id, socket] of this.#sockets) {
      this.#forget(id, socket);
      socket.close(1000);
    }
  }

  // What was counted since the last call: population, event, frames, bytes, and so on.
  drain() {
    return new Float64Array(this.#classifiers.flatMap((classifier) => classifier.drain()));
  }

  // Largest and summed bufferedAmount.
  load() {
    let max = 0;
    let sum = 0;
    for (const { bufferedAmount } of this.#sockets.values()) {
      sum += bufferedAmount;
      if (bufferedAmount > max) max = bufferedAmount;
    }
    return new Float64Array([max, sum]);
  }

  #forget(id, socket) {
    this.#sockets.delete(id);
    socket.onopen = socket.onmessage = socket.onclose = null;
  }
}

// The newest frames of every user. A user keeps its own over a lost connection.
class Rings {
  #rings = new Map();
  #wide;

  of(user) {
    let ring = this.#rings.get(user);
    if (ring === undefined) {
      ring = new Ring(user === this.#wide ? WIDE : SLOTS);
      this.#rings.set(user, ring);
    }
    return ring;
  }

  get(user) {
    return this.#rings.get(user);
  }

  widen(user) {
    this.#rings.get(this.#wide)?.resize(SLOTS);
    this.#wide = user;
    this.#rings.get(user)?.resize(WIDE);
  }

  forget(user) {
    this.#rings.delete(user);
  }
}

// Bounded in number and in characters. Long texts and bytes (audio, mostly) are kept by their beginning only, and those
// that follow in the same way for a while and begin alike share its place. A frame's place is its number modulo the ring's
// size, so one more frame takes no memory.
export class Ring {
  #first = 0;
  #next = 0;
  #chars = 0;
  // By way: number and beginning of the last long frame.
  #long = [];
  // By place.
  #texts;
  #times;
  #ways;
  #lengths;
  #more;

  constructor(slots) {
    this.#make(slots);
  }

  keep(way, data) {
    const isText = typeof data === "string";
    const length = isText ? data.length : data.byteLength;
    let text = data;
    if (!isText || length > LONG) {
      if (this.#goesOn(way, data, isText)) return;
      this.#long[way] = { number: this.#next, beginning: isText ? anew(data.substring(0, ALIKE)) : undefined };
      text = isText ? `${anew(data.substring(0, HEAD))}\u2026` : "";
    }
    const slots = this.#texts.length;
    if (this.#next - this.#first === slots) this.#drop();
    const place = this.#next % slots;
    this.#next += 1;
    this.#texts[place] = text;
    this.#times[place] = performance.now();
    this.#ways[place] = isText ? way : way | BYTES;
    this.#lengths[place] = length;
    this.#more[place] = 0;
    this.#chars += text.length;
    while (this.#chars > CHARS && this.#next - this.#first > 1) this.#drop();
  }

  recent(most, sent) {
    const newest = Math.max(this.#first, this.#next - most);
    const before = [];
    for (let number = newest - 1; number >= this.#first && before.length < sent; number -= 1) {
      if ((this.#ways[number % this.#ways.length] & OUT) === OUT) before.unshift(number);
    }
    return [...before.flatMap((number) => this.#frame(number)), ...this.since(newest, most)];
  }

  since(number, most) {
    const frames = [];
    for (let at = Math.max(number, this.#next - most, this.#first); at < this.#next; at += 1) frames.push(...this.#frame(at));
    return frames;
  }

  // A smaller ring keeps its newest frames.
  resize(slots) {
    const [texts, times, ways, lengths, more] = [this.#texts, this.#times, this.#ways, this.#lengths, this.#more];
    while (this.#next - this.#first > slots) this.#drop();
    this.#make(slots);
    for (let number = this.#first; number < this.#next; number += 1) {
      const [from, to] = [number % texts.length, number % slots];
      this.#texts[to] = texts[from];
      this.#times[to] = times[from];
      this.#ways[to] = ways[from];
      this.#lengths[to] = lengths[from];
      this.#more[to] = more[from];
    }
  }

  #make(slots) {
    this.#texts = new Array(slots).fill("");
    this.#times = new Float64Array(slots);
    this.#ways = new Uint8Array(slots);
    this.#lengths = new Uint32Array(slots);
    this.#more = new Uint32Array(slots);
  }

  // Number, time by the clock of all workers, way, length, more, and the text or undefined for bytes.
  #frame(number) {
    const place = number % this.#texts.length;
    const way = this.#ways[place];
    const text = way & BYTES ? undefined : this.#texts[place];
    return [number, performance.timeOrigin + this.#times[place], way & ~BYTES, this.#lengths[place], this.#more[place], text];
  }

  #goesOn(way, data, isText) {
    const long = this.#long[way];
    if (long === undefined || long.number < this.#first || isText !== (long.beginning !== undefined)) return false;
    if (isText && !data.startsWith(long.beginning)) return false;
    if (this.#isOver(long)) return false;
    this.#more[long.number % this.#more.length] += 1;
    return true;
  }

  // What goes on for long takes a new place from time to time.
  #isOver({ number }) {
    return performance.now() - this.#times[number % this.#times.length] > SHARED_MS;
  }

  #drop() {
    const place = this.#first % this.#texts.length;
    this.#first += 1;
    this.#chars -= this.#texts[place].length;
    this.#texts[place] = "";
  }
}

// A part of a string would keep the whole of it alive; a text that is made anew does not.
function anew(text) {
  return JSON.parse(JSON.stringify(text));
}

export class Classifier {
  #population;
  #events;
  #nameOf;
  // By event's name: its place in #frames and #bytes.
  #places = new Map();
  #frames;
  #bytes;
  // By place: every how many are handed on, and how many to count before the next one is.
  #every;
  #left;

  constructor(population, field, names, events, every) {
    this.#population = population;
    this.#events = events;
    this.#frames = new Float64Array(names.length);
    this.#bytes = new Float64Array(names.length);
    this.#every = every;
    this.#left = Uint32Array.from(every, (n) => (n > 0 ? 1 : 0));
    this.#nameOf = field === undefined ? socketIoName : nameIn(field);
    // A name that JSON escapes would be compared with its escaped form; wasm counts such events.
    names.forEach((name, place) => {
      if (JSON.stringify(name) === `"${name}"`) this.#places.set(name, place);
    });
  }

  // Whether the frame is done with.
  counts(frame) {
    const place = this.#places.get(this.#nameOf(frame));
    if (place === undefined) return false;
    if (this.#left[place] > 0) {
      this.#left[place] -= 1;
      if (this.#left[place] === 0) {
        this.#left[place] = this.#every[place];
        return false;
      }
    }
    this.#frames[place] += 1;
    this.#bytes[place] += utf8Length(frame);
    return true;
  }

  drain() {
    const counts = [];
    for (let place = 0; place < this.#frames.length; place += 1) {
      if (this.#frames[place] === 0) continue;
      counts.push(this.#population, this.#events[place], this.#frames[place], this.#bytes[place]);
      this.#frames[place] = 0;
      this.#bytes[place] = 0;
    }
    return counts;
  }
}

// The name in `42["name",...` or `42/namespace,["name",...`; undefined for every other frame. An event that wants an
// acknowledgement (a number before the bracket) is wasm's to answer.
function socketIoName(frame) {
  if (frame.charCodeAt(0) !== FOUR || frame.charCodeAt(1) !== TWO) return undefined;
  let at = 2;
  if (frame.charCodeAt(at) === SLASH) {
    at = frame.indexOf(",", at) + 1;
    if (at === 0) return undefined;
  }
  if (frame.charCodeAt(at) !== BRACKET || frame.charCodeAt(at + 1) !== QUOTE) return undefined;
  const end = frame.indexOf('"', at + 2);
  return end < 0 ? undefined : frame.substring(at + 2, end);
}

// Finds the name where servers write it: first in the object. Anywhere else, wasm finds it.
function nameIn(field) {
  const key = JSON.stringify(field);
  const heads = [`{${key}:"`, `{${key}: "`];
  return (frame) => {
    if (isSeparated(frame, "\n") || isSeparated(frame, "\u001e")) return undefined;
    const head = heads.find((head) => frame.startsWith(head));
    if (head === undefined) return undefined;
    const end = frame.indexOf('"', head.length);
    return end < 0 ? undefined : frame.substring(head.length, end);
  };
}

// Several texts in one frame are wasm's to take apart.
function isSeparated(frame, separator) {
  const at = frame.indexOf(separator);
  return at >= 0 && at + 1 < frame.length;
}

// Bytes on the wire, as for the frames that wasm counts. To look at every character here would cost several times what the
// browser's own encoder takes.
function utf8Length(text) {
  let { read, written } = ENCODER.encodeInto(text, SCRATCH);
  while (read < text.length) {
    const more = ENCODER.encodeInto(text.substring(read), SCRATCH);
    read += more.read;
    written += more.written;
  }
  return written;
}

const ENCODER = new TextEncoder();
const SCRATCH = new Uint8Array(16384);

const PONG = "3";
// Bytes that wait to be sent.
const UNREAD = 1048576;

const IN = 0;
// Of requests, too: see `Way`.
const OUT = 1;
// Beside the way of a frame that is no text.
const BYTES = 4;
// Frames of a user, and of the one that is watched.
const SLOTS = 64;
const WIDE = 512;
// Characters of all its frames.
const CHARS = 32768;
const LONG = 2048;
const HEAD = 256;
const SHARED_MS = 2000;
const ALIKE = 24;

const TWO = 0x32;
const FOUR = 0x34;
const SLASH = 0x2f;
const BRACKET = 0x5b;
const QUOTE = 0x22;
