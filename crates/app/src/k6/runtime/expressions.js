/**
 * What stands between `${` and `}`, read once: functions of a scope, which has the user, its variables `v`, the arguments of the
 * event that started a block, and the tag of the message that is about to be sent. What makes no sense is null.
 *
 * The weakest operators first; those of one level bind from the left.
 */
const LEVELS = [['||'], ['&&'], ['==', '!=', '<=', '>=', '<', '>'], ['+', '-'], ['*', '//', '/', '%']];

const OPERATORS = {
  '||': (left, right) => (scope) => isTrue(left(scope)) || isTrue(right(scope)),
  '&&': (left, right) => (scope) => isTrue(left(scope)) && isTrue(right(scope)),
  '==': (left, right) => (scope) => same(left(scope), right(scope)),
  '!=': (left, right) => (scope) => !same(left(scope), right(scope)),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '//': arithmetic((a, b) => Math.floor(a / b)),
  // It has the divisor's sign.
  '%': arithmetic((a, b) => a - b * Math.floor(a / b)),
};

/** What can be named besides variables. @type {Map<string, Value>} */
const FACTS = new Map(Object.entries({
  'user.index': ({ user }) => user.index,
  'user.number': ({ user }) => user.index + 1,
  'run.id': ({ user }) => user.run,
  'run.users': ({ user }) => user.users,
  iteration: ({ user }) => user.iteration,
  now_ms: () => Date.now(),
  tag: ({ tag }) => tag,
  true: () => true,
  false: () => false,
  null: () => null,
}));

/** @type {Map<string, (...given: any[]) => any>} */
const FUNCTIONS = new Map(Object.entries({
  abs: (value) => finite(Math.abs(num(value))),
  at,
  ceil: (value) => finite(Math.ceil(num(value))),
  choice: (...values) => pick(values),
  contains,
  filler: (count) => filler(characters(count)),
  floor: (value) => finite(Math.floor(num(value))),
  get: (value, path) => (typeof path === 'string' ? pointer(value, path) : null),
  hex: (count) => hex(characters(count)),
  last: (list) => (Array.isArray(list) ? at(list, list.length - 1) : null),
  len,
  max: (...values) => finite(Math.max(...values.map(num))),
  min: (...values) => finite(Math.min(...values.map(num))),
  pick,
  random,
  // Halves away from zero.
  round: (value) => finite(Math.sign(num(value)) * Math.round(Math.abs(num(value)))),
}));

function arithmetic(combine) {
  return (left, right) => (scope) => finite(combine(num(left(scope)), num(right(scope))));
}

/** Null where there is no order. */
function ordered(holds) {
  return (left, right) => (scope) => {
    const found = order(left(scope), right(scope));
    return Number.isNaN(found) ? null : holds(found);
  };
}

/** Reads an expression from behind its `${`. */
class Expression {
  constructor(source, at) {
    Object.assign(this, { source, at, used: [] });
    this.value = this.level(0);
    this.expect('}');
  }

  rest() {
    return this.source.slice(this.at);
  }

  /** The first of these that stands here, if one does. */
  take(symbols) {
    this.at += /^\s*/.exec(this.rest())[0].length;
    const found = symbols.find((symbol) => this.source.startsWith(symbol, this.at));
    this.at += found?.length ?? 0;
    return found;
  }

  expect(symbol) {
    if (!this.take([symbol])) throw new Error(`expected ${symbol} in "${this.source}" at character ${this.at + 1}`);
  }

  /** What a pattern finds here. */
  word(pattern) {
    const [word] = pattern.exec(this.rest()) ?? [''];
    this.at += word.length;
    return word;
  }

  level(level) {
    if (level === LEVELS.length) return this.unary();
    let left = this.level(level + 1);
    for (let symbol = this.take(LEVELS[level]); symbol; symbol = this.take(LEVELS[level])) {
      left = OPERATORS[symbol](left, this.level(level + 1));
    }
    return left;
  }

  unary() {
    const symbol = this.take(['-', '!']);
    if (!symbol) return this.primary();
    const of = this.unary();
    return symbol === '-' ? (scope) => finite(0 - num(of(scope))) : (scope) => !isTrue(of(scope));
  }

  primary() {
    if (this.take(['('])) {
      const inner = this.level(0);
      this.expect(')');
      return inner;
    }
    const quote = this.take(['"', "'"]);
    if (quote) {
      const constant = this.rest().split(quote)[0];
      this.at += constant.length + 1;
      return () => constant;
    }
    const number = this.word(/^\d[\w.]*/);
    return number ? () => finite(num(number)) : this.named();
  }

  named() {
    const name = this.word(/^\w+/);
    if (this.take(['('])) return this.call(name);
    if (name === 'event') return this.event();
    const whole = this.fact(name) ?? this.variable(name);
    const path = this.path();
    return path ? (scope) => pointer(whole(scope), path) : whole;
  }

  call(name) {
    const given = [];
    while (!this.take([')'])) {
      given.push(this.level(0));
      this.take([',']);
    }
    if (name === 'if') return (scope) => (isTrue(given[0](scope)) ? given[1](scope) : given[2](scope));
    const call = FUNCTIONS.get(name);
    if (!call) throw new Error(`unknown function ${name} in "${this.source}"`);
    return (scope) => call(...given.map((value) => value(scope)));
  }

  event() {
    const from = this.word(/^\.\d*/).slice(1);
    const path = this.path(from);
    return ({ event }) => (event ? part(event, from + path) : null);
  }

  fact(name) {
    if (FACTS.has(name)) return FACTS.get(name);
    const member = ['user', 'run', 'account', 'counter', 'secret'].includes(name) ? this.word(/^\.\w+/).slice(1) : '';
    if (name === 'account') return ({ user }) => pointer(user.account ?? null, `/${member}`);
    if (name === 'counter') return ({ user }) => user.count(member);
    if (name === 'secret' && member) return () => secret(member);
    return FACTS.get(`${name}.${member}`);
  }

  variable(name) {
    this.used.push(name);
    return ({ v }) => v[name] ?? null;
  }

  /** `./part/0`; behind an event's number without the dot. */
  path(behind = null) {
    if (behind === null && !this.source.startsWith('./', this.at)) return '';
    if (behind === null) this.at += 1;
    return this.word(/^(?:\/[\w~$@:\u0080-\uffff]+)*/);
  }
}

/**
 * A value of the scenario with `${...}` somewhere in it, as a function of the scope. A text that is one single `${...}` keeps the
 * type of its value; fields are in alphabetical order, as tabswarm sends them.
 */
function template(value, used = []) {
  if (typeof value === 'string') return textTemplate(value, used);
  if (value === null || typeof value !== 'object') return () => value;
  if (Array.isArray(value)) {
    const entries = value.map((entry) => template(entry, used));
    return (scope) => entries.map((entry) => entry(scope));
  }
  const fields = Object.keys(value).sort().map((key) => [key, template(value[key], used)]);
  return (scope) => Object.fromEntries(fields.map(([key, field]) => [key, field(scope)]));
}

/** `$${` is a literal `${`. */
function textTemplate(source, used) {
  const parts = [];
  let [literal, at] = ['', 0];
  for (let dollar = source.indexOf('${'); dollar >= 0; dollar = source.indexOf('${', at)) {
    literal += source.slice(at, dollar);
    if (dollar > at && source[dollar - 1] === '$') {
      literal += '{';
      at = dollar + 2;
      continue;
    }
    const hole = new Expression(source, dollar + 2);
    used.push(...hole.used);
    parts.push(...(literal ? [literal] : []), hole.value);
    [literal, at] = ['', hole.at];
  }
  literal += source.slice(at);
  if (!parts.length) return () => literal;
  if (parts.length === 1 && !literal) return parts[0];
  if (literal) parts.push(literal);
  return (scope) => parts.reduce((made, part) => joined(made, typeof part === 'string' ? part : text(part(scope))), '');
}
