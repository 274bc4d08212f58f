// The WebSockets of one worker, and the one place that sees every inbound frame.
//
// Copying a text into wasm costs several times what it takes to look at it here. So a frame whose event the scenario
// only counts is counted here and goes no further; every other frame is handed to wasm as it is.

export class Tap {
  #sockets = new Map();
  #classifiers = [];
  #opened;
  #text;
  #binary;
  #closed;

  constructor(opened, text, binary, closed) {
    this.#opened = opened;
    this.#text = text;
    this.#binary = binary;
    this.#closed = closed;
  }

  // `names[i]` of `population` is only counted, under the number `events[i]`, but for every `every[i]`-th, which wasm looks at (0:
  // none). `field` holds the event's name in a plain
  // WebSocket's JSON object; undefined: Socket.IO.
  classify(population, field, names, events, every) {
    this.#classifiers[population] = new Classifier(population, field, names, events, every);
  }

  // Throws what the browser throws at an address it refuses.
  open(id, population, url, protocols) {
    const socket = new WebSocket(url, protocols);
    const classifier = this.#classifiers[population];
    const text = this.#text;
    const binary = this.#binary;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(id);
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") binary(id, new Uint8Array(data));
      else if (!classifier.counts(data)) text(id, data);
    };
    socket.onclose = ({ code, reason }) => {
      this.#sockets.delete(id);
      this.#closed(id, code, reason);
    };
    this.#sockets.set(id, socket);
  }

  sendText(id, text) {
    this.#sockets.get(id)?.send(text);
  }

  sendBinary(id, bytes) {
    this.#sockets.get(id)?.send(bytes);
  }

  // A socket that never opened is forgotten: nothing is told of it any more.
  close(id) {
    const socket = this.#sockets.get(id);
    if (socket?.readyState === WebSocket.CONNECTING) this.#forget(id, socket);
    socket?.close(1000);
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

  // Largest and summed bufferedAmount, and the number of open sockets.
  load() {
    let max = 0;
    let sum = 0;
    let open = 0;
    for (const socket of this.#sockets.values()) {
      const amount = socket.bufferedAmount;
      sum += amount;
      if (amount > max) max = amount;
      if (socket.readyState === WebSocket.OPEN) open += 1;
    }
    return new Float64Array([max, sum, open]);
  }

  #forget(id, socket) {
    this.#sockets.delete(id);
    socket.onopen = socket.onmessage = socket.onclose = null;
  }
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
    const head = heads.find((head) => frame.startsWith(head));
    if (head === undefined) return undefined;
    const end = frame.indexOf('"', head.length);
    return end < 0 ? undefined : frame.substring(head.length, end);
  };
}

// Bytes on the wire, as for the frames that wasm counts. Each half of a surrogate pair stands for two of four bytes.
function utf8Length(text) {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

const TWO = 0x32;
const FOUR = 0x34;
const SLASH = 0x2f;
const BRACKET = 0x5b;
const QUOTE = 0x22;
