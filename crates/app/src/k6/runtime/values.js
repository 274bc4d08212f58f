/** A number, or NaN: texts that read as numbers count as numbers, true and false as 1 and 0. */
function num(value) {
  if (typeof value === 'string') return value.trim() === '' ? NaN : Number(value);
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : NaN;
}

/** Plain text: nothing for null, JSON for lists and objects. */
function text(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An address that ends in a slash, and the path behind it: one slash. */
function joined(url) {
  return url.trim().replace(/^(\w+:\/\/[^/?#]+)\/\/+/, '$1/');
}

/** Everything but false, null, 0 and what is empty. */
function isTrue(value) {
  if (value === null || typeof value !== 'object') return Boolean(value);
  return len(value) > 0;
}

/** Equal as JSON. */
function same(left, right) {
  return (left ?? null) === (right ?? null) || (typeof left === 'object' && JSON.stringify(left) === JSON.stringify(right));
}

/** Below, at or above 0; NaN where there is no order. Numbers by value, texts by their characters. */
function order(left, right) {
  const [a, b] = [num(left), num(right)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  if (typeof left !== 'string' || typeof right !== 'string') return NaN;
  return left < right ? -1 : Number(left > right);
}

/** Exact division; null by zero. */
function quotient(left, right) {
  return right === 0 ? NaN : left / right;
}

/** What a division that rounds down leaves: it has the divisor's sign. */
function mod(left, right) {
  return left - right * Math.floor(left / right);
}

/** Entry n of a list, from 0. */
function at(list, n) {
  return Array.isArray(list) ? (list[Math.floor(n)] ?? null) : null;
}

/** The last entry of a list. */
function last(list) {
  return Array.isArray(list) ? at(list, list.length - 1) : null;
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
  return typeof whole === 'string' ? whole.includes(part) : whole !== null && typeof whole === 'object' && part in whole;
}

/** A whole number from low to high, both included; with fractions: a number from low up to high. */
function random(low, high) {
  if (!(low <= high)) return null;
  const whole = Number.isInteger(low) && Number.isInteger(high);
  return whole ? low + Math.floor(Math.random() * (high - low + 1)) : low + Math.random() * (high - low);
}

/** Fixed text in which no four letters stand together: filters of banned words let it pass. */
function filler(count) {
  const words = 'it is a big day and we go by bus to the sea, ';
  const cut = words.repeat(Math.max(0, count) / words.length + 1).slice(0, Math.max(0, count));
  return cut.endsWith(' ') ? `${cut.slice(0, -1)}.` : cut;
}

/** So many random hexadecimal digits. */
function hex(count) {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}

/** The part that a JSON pointer leads to; null if it is not there. */
function pointer(value, path) {
  const unescaped = path.split('/').slice(1).map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
  let part = value;
  for (const key of unescaped) {
    if (part === null || typeof part !== 'object' || !Object.prototype.hasOwnProperty.call(part, key)) return null;
    part = part[key];
  }
  return part ?? null;
}

/** A setting: from the environment if it is given there, in the kind of its default. */
function env(name, fallback) {
  const given = __ENV[name];
  if (given === undefined || given === '') return fallback;
  return typeof fallback === 'string' ? given : JSON.parse(given);
}

/** Something that is not in this file: from the environment, and nowhere else. */
function secret(name) {
  const given = __ENV[name];
  if (!given) throw new Error(`set ${name}: k6 run -e ${name}=... (its value was left out of this script)`);
  return given;
}
