// Runs a k6 script in Node: as much of k6's modules as an exported script uses, with the executors' real timing.
//
// k6 gives every VU a JavaScript runtime of its own. Here every VU gets a module instance of its own, in which imports of k6's
// modules lead to this file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { WebSocket as NodeSocket } from 'ws';

/** As in k6 each frame is an event of its own: what was promised is settled before the next one comes. */
class K6Socket extends NodeSocket {
  /**
   * k6 knows subprotocols only as the header that they are.
   * @param {string} url
   * @param {null} [protocols]
   * @param {{headers?: Record<string, string>}} [parameters]
   */
  constructor(url, protocols, { headers = {} } = {}) {
    if (protocols !== undefined && protocols !== null) throw new Error('k6 ignores the subprotocols of a WebSocket');
    const { 'Sec-WebSocket-Protocol': wanted, ...others } = headers;
    super(url, wanted?.split(', ') ?? [], { allowSynchronousEvents: false, headers: others });
  }

  /** k6 tells of an end that is neither 1000 nor 1001 by an error, and closes without a code. */
  emit(name, ...given) {
    const [code, reason] = given;
    if (name !== 'close' || code === 1000 || code === 1001 || code === 1005) return super.emit(name, ...given);
    super.emit('error', new Error(`websocket: close ${code} (told): ${reason}`));
    return super.emit('close', 0, Buffer.alloc(0));
  }
}

/** k6's own metrics; one of another type under such a name stops a script at its beginning. */
const BUILT_IN = new Map(
  Object.entries({ vus: 'gauge', vus_max: 'gauge', iterations: 'counter', iteration_duration: 'trend', dropped_iterations: 'counter', checks: 'rate', http_reqs: 'counter', http_req_duration: 'trend', http_req_failed: 'rate', data_sent: 'counter', data_received: 'counter' }),
);

const VUS = Symbol.for('tabswarm.k6.vus');
globalThis[VUS] = new Map();

/**
 * Plays the script's `setup` and all its scenarios to their end.
 * @param {string} text
 * @param {{env?: Record<string, string>, files?: Record<string, string>}} [given]
 * @returns {Promise<{metrics: Map<string, {kind: string, values: {value: number, tags: Record<string, string>}[]}>, checks: Map<string, [number, number]>}>}
 */
export async function runScript(text, { env = {}, files = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'k6-stand-in-'));
  const test = { metrics: new Map(), checks: new Map(), env, files, folder, nextVu: nextVu() };
  try {
    await run(text, test);
  } finally {
    await rm(folder, { recursive: true });
  }
  return test;
}

async function run(text, test) {
  const main = await load(text, test);
  const data = main.module.setup ? JSON.parse(JSON.stringify((await main.module.setup()) ?? null)) : undefined;
  const { options } = main.module;
  for (const name of Object.keys(options.thresholds ?? {})) {
    const metric = name.replace(/\{.*/, '');
    if (!test.metrics.has(metric)) throw new Error(`a threshold is of ${metric}, which no metric is called`);
  }
  await Promise.all(Object.entries(options.scenarios).map(([name, scenario]) => play(name, scenario, { text, test, data })));
}

/** VUs of several tests in one process must not meet: each test counts from a round number of its own. */
let tests = 0;
const nextVu = () => {
  tests += 1;
  return tests * 100_000 + 1;
};

/** One VU: the script's module with modules of its own. */
async function load(text, test) {
  const vu = test.nextVu;
  test.nextVu += 1;
  const execution = { vu: { idInTest: vu % 100_000 }, scenario: {} };
  globalThis[VUS].set(vu, modules(test, execution));
  const get = `globalThis[Symbol.for('tabswarm.k6.vus')].get(${vu})`;
  const linked = text
    .replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names, from) => `const {${names}} = ${get}['${from}'];`)
    .replace(/^import (\w+) from '([^']+)';$/gm, (_, name, from) => `const ${name} = ${get}['${from}'].default;`);
  if (/^import /m.test(linked)) throw new Error('the script imports in a way that the stand-in does not know');
  const source = `const { __ENV, open } = ${get}.globals;\n${linked}`;
  const file = join(test.folder, `vu-${vu}.mjs`);
  await writeFile(file, source);
  return { module: await import(pathToFileURL(file).href), execution };
}

/** When VUs come and go, or iterations begin, as k6's executors do it. */
async function play(name, scenario, { text, test, data }) {
  const started = Date.now();
  let iterations = 0;
  const vus = [];
  const iterate = async (vu) => {
    Object.assign(vu.execution.scenario, { name, startTime: started, iterationInTest: iterations });
    iterations += 1;
    await vu.module[scenario.exec](data);
  };
  const until = (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, started + milliseconds - Date.now())));
  const running = [];
  const turnOn = async (place) => {
    vus[place] ??= await load(text, test);
    vus[place].on = true;
    while (vus[place].on) await iterate(vus[place]);
  };
  if (scenario.executor.endsWith('-vus')) {
    const constant = scenario.executor === 'constant-vus';
    const stages = constant ? [{ duration: scenario.duration, target: scenario.vus }] : scenario.stages;
    let [users, time] = [constant ? scenario.vus : scenario.startVUs, 0];
    for (let place = 0; place < users; place += 1) running.push(turnOn(place));
    for (const { duration, target } of stages) {
      const [length, change] = [parseFloat(duration) * 1_000, target - users];
      for (let step = 1; step <= Math.abs(change); step += 1) {
        await until(time + (length * step) / Math.abs(change));
        if (change > 0) running.push(turnOn(users));
        users += Math.sign(change);
        if (change < 0) vus[users].on = false;
      }
      time += length;
    }
    await until(time);
    vus.forEach((vu) => { vu.on = false; });
  } else {
    throw new Error(`the stand-in has no executor ${scenario.executor}`);
  }
  await Promise.all(running);
}

function modules(test, execution) {
  const metricOf = (kind) =>
    class {
      constructor(name) {
        if (!/^[a-zA-Z_][a-zA-Z0-9_]{1,127}$/.test(name)) throw new Error(`k6 takes no metric of the name ${name}`);
        const known = test.metrics.get(name)?.kind ?? BUILT_IN.get(name);
        if (known && known !== kind) throw new Error(`metric ${name} has the type ${known}, and cannot be a ${kind}`);
        if (!test.metrics.has(name)) test.metrics.set(name, { kind, values: [] });
        this.values = test.metrics.get(name).values;
      }

      add(value, tags = {}) {
        if (!Number.isFinite(Number(value))) throw new Error(`no value for a metric: ${value}`);
        this.values.push({ value: Number(value), tags });
      }
    };
  const http = {
    expectedStatuses: (...statuses) => statuses,
    file: (bytes, name, mime) => ({ bytes, name, mime }),
    async asyncRequest(method, url, body, { headers }) {
      const response = await fetch(url, { method, headers, body: bodyOf(body) }).catch((error) => error);
      if (response instanceof Error) return { status: 0, error: response.message, headers: {}, body: null };
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    },
  };
  return {
    globals: { __ENV: test.env, open: (path) => test.files[path] },
    k6: { check },
    'k6/http': { default: http },
    'k6/execution': { default: execution },
    'k6/encoding': { default: { b64decode: (text) => Uint8Array.from(Buffer.from(text, 'base64')).buffer } },
    'k6/data': { SharedArray: function SharedArray(_, make) { return make(); } },
    'k6/metrics': { Counter: metricOf('counter'), Rate: metricOf('rate'), Trend: metricOf('trend') },
    'k6/timers': { setTimeout, clearTimeout },
    'k6/websockets': { WebSocket: K6Socket },
  };

  function check(value, checks) {
    for (const [name, holds] of Object.entries(checks)) {
      const counts = test.checks.get(name) ?? [0, 0];
      counts[holds(value) ? 0 : 1] += 1;
      test.checks.set(name, counts);
    }
  }
}

/** As k6 sends a body: an object with a file in it as multipart, any other object URL-encoded. */
function bodyOf(body) {
  if (body === null || typeof body !== 'object') return body;
  const fields = Object.entries(body);
  if (!fields.some(([, value]) => value?.bytes)) return new URLSearchParams(body);
  const form = new FormData();
  for (const [name, { bytes, name: file, mime }] of fields) form.set(name, new File([bytes], file, { type: mime }));
  return form;
}

/** Throws a SyntaxError with the place if the text is no JavaScript module. */
export async function checkSyntax(text) {
  const program = "const { SourceTextModule } = require('node:vm'); const { workerData } = require('node:worker_threads'); new SourceTextModule(workerData);";
  const worker = new Worker(program, { eval: true, workerData: text, execArgv: ['--experimental-vm-modules', '--no-warnings'] });
  await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
}
