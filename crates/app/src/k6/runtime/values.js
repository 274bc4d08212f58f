/** A number, or NaN: texts that read as decimal numbers count as numbers, true and false as 1 and 0. */
function num(value) {
  if (typeof value === 'string') return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value) ? Number(value) : NaN;
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : NaN;
}

/** What is no number is null. */
function finite(value) {
  return Number.isFinite(value) ? value + 0 : null;
}

/** Plain text: nothing for null, JSON for lists and objects. */
function text(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An address and the path behind it meet in one slash; any other texts stand side by side. */
function joined(before, added) {
  const meet = added.startsWith('/') && /^[\w+.-]+:\/\/[^/?#\s][^?#]*[/\s]$/.test(before);
  return (meet ? before.replace(/[/\s]+$/, '') : before) + added;
}

/** Everything but false, null, 0 and what is empty. */
function isTrue(value) {
  if (value === null || typeof value !== 'object') return Boolean(value);
  return len(value) > 0;
}

/** Equal as JSON, whatever the order of an object's fields. */
function same(left, right) {
  const [a, b] = [left ?? null, right ?? null];
  if (a === b || a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** Below, at or above 0; NaN where there is no order. Numbers by value, texts by their characters. */
function order(left, right) {
  const [a, b] = [num(left), num(right)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  if (typeof left !== 'string' || typeof right !== 'string') return NaN;
  return left < right ? -1 : Number(left > right);
}

/** Entry n of a list, from 0. */
function at(list, n) {
  return Array.isArray(list) ? (list[Math.floor(num(n))] ?? null) : null;
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
  return typeof whole === 'string' ? whole.includes(part) : whole !== null && typeof whole === 'object' && Object.keys(whole).includes(part);
}

/** A whole number from low to high, both included; with fractions: a number from low up to high. */
function random(from, to) {
  const [low, high] = [num(from), num(to)];
  if (!(low <= high)) return null;
  const whole = Number.isInteger(low) && Number.isInteger(high);
  return whole ? low + Math.floor(Math.random() * (high - low + 1)) : low + Math.random() * (high - low);
}

/** How many, of a value that says so. */
function characters(count) {
  return Math.min(1e6, Math.max(0, Math.floor(num(count)) || 0));
}

/** Fixed text in which no four letters stand together: filters of banned words let it pass. */
function filler(count) {
  const words = 'it is a big day and we go by bus to the sea, ';
  const cut = words.repeat(count / words.length + 1).slice(0, count);
  return cut.endsWith(' ') ? `${cut.slice(0, -1)}.` : cut;
}

/** So many random hexadecimal digits. */
function hex(count) {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}

/** The part that a JSON pointer leads to; null if it is not there. */
function pointer(value, path) {
  return inside(value, path) ?? null;
}

/** The same; undefined if it is not there. */
function inside(value, path) {
  const [start, ...keys] = path.split('/').map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
  if (start) return undefined;
  let part = value;
  for (const key of keys) {
    const isKey = !Array.isArray(part) || /^(0|[1-9]\d*)$/.test(key);
    if (!isKey || part === null || typeof part !== 'object' || !Object.prototype.hasOwnProperty.call(part, key)) return undefined;
    part = part[key];
  }
  return part;
}

/** `2/name`: in the third argument of an event; undefined if it is not there. */
function found(args, from) {
  const digits = /^\d*/.exec(from)[0];
  return inside(args[Number(digits)], from.slice(digits.length));
}

/** The same; null if it is not there. */
function part(args, from) {
  return found(args, from) ?? null;
}
