// An exported k6 script says what our own users say: the same requests, the same frames, in the same order.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import * as at from '../lib/locators.mjs';
import { checkSyntax, runScript } from '../lib/k6-stand-in.mjs';
import { crowd, officialScenario, planOf } from '../lib/plans.mjs';
import { normalised, startRecorder } from '../lib/recorder.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { TOKEN, startOfficialServer } from '../servers/official.mjs';
import { startPlainServer } from '../servers/plain-websocket.mjs';

/**
 * Steady enough for the order of a user's frames to be the same: a message is read long before the next one is due. And there
 * are only so many: nothing depends on how long a handshake takes.
 */
const STEADY = { send_min_ms: 700, send_max_ms: 700, messages: 3 };
const SPACED = { interval_ms: [1_000, 1_000], first_ms: 500, times: 3 };
const HUSHED = { settle_s: 0.5, consistency_users: 0 };

story('the script of a plan sends the frames that the plan sends', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const ofLab = async (id, variables) => {
    const { populations, ...plan } = await swarm.presetPlan(page, id);
    const [chat] = populations;
    const variant = { ...chat, load: crowd(1, 4), variables: { ...chat.variables, ...STEADY, ...variables } };
    return { plan: { ...plan, ...HUSHED, warmup_s: 0, lab: undefined, populations: [variant] }, url: lab.url };
  };
  const cases = {
    smoke: await ofLab('smoke', { room_size: 1, file_share: 0, reaction_share: 0, history_pages: 2 }),
    lab: await ofLab('lab', { room_size: 1, read_batch: 2, read_flush_ms: 100_000 }),
    batch: await ofLab('batch', { read_batch: 1 }),
    files: await ofLab('smoke', { room_size: 1, file_share: 1, reaction_share: 0 }),
    official: await ofScenario(world.use(await startOfficialServer()), (url) =>
      officialScenario(url, { namespace: '/members', auth: { token: TOKEN }, ...SPACED }),
    ),
    plain: await ofScenario(world.use(await startPlainServer()), plainScenario),
  };
  for (const [name, { plan, url }] of Object.entries(cases)) await sameFrames(world, page, name, plan, url);
});

async function sameFrames(world, page, name, plan, url) {
  const [ours, theirs] = [world.use(await startRecorder(url)), world.use(await startRecorder(url))];
  const aimed = (recorder) => JSON.parse(JSON.stringify(plan).replaceAll(url, recorder.url).replaceAll('http://127.0.0.1:4280', recorder.url));
  const script = await swarm.k6(page, aimed(theirs));
  await checkSyntax(script);
  const [report, test] = await Promise.all([swarm.play(page, aimed(ours)), runScript(script, { env: { TABSWARM_TOKEN: TOKEN } })]);
  assert.equal(report.errors.length, 0, `${name}: our own run has errors`);
  assert.deepEqual(sum(test, 'errors'), 0, `${name}: the script's run has errors`);
  for (const [step, [, failed]] of test.checks) assert.equal(failed, 0, `${name}: the check ${step}`);
  assert.deepEqual(requests(theirs), requests(ours), `${name}: the requests`);
  assert.deepEqual(connections(theirs), connections(ours), `${name}: the frames`);
  assert.ok(connections(ours)[0].length > 4, `${name}: too few frames to compare`);
  const sent = report.delivery.sent;
  assert.equal(valuesOf(test, 'message_round_trip').length, sent, `${name}: messages that came back`);
}

const requests = ({ seen }) => JSON.parse(normalised(JSON.stringify(seen.requests)));
/** Without answers to pings: those come when the server likes. */
const connections = ({ seen }) =>
  seen.connections.map(({ path, frames }) => normalised([path, ...frames.filter((frame) => !/^3/.test(frame))].join('\n')).split('\n'));
const valuesOf = (test, name) => test.metrics.get(name).values;
const sum = (test, name) => valuesOf(test, name).reduce((sum, { value }) => sum + value, 0);

async function ofScenario(server, scenario) {
  return { plan: planOf(scenario(server.url), crowd(1, 6), HUSHED), url: server.url };
}

const plainScenario = (url) => ({
  version: 1,
  name: 'plain',
  protocol: { websocket: { event_field: 'type' } },
  connect: { url },
  flow: [{ emit: { event: 'join', args: [{ room: 'lobby' }], operation: 'join', answer: { event: 'joined' }, enters: 'lobby' } }],
  every: [
    {
      name: 'say',
      interval: { fixed_ms: 1_000 },
      first: { fixed_ms: 500 },
      times: 3,
      steps: [{ emit: { event: 'say', args: [{ room: 'lobby', text: '${tag} hi' }], operation: 'message', message: 'lobby' } }],
    },
  ],
  delivery: { event: 'said', operation: 'message' },
});

story('a plan is exported by hand, without its secrets', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const download = page.waitForEvent('download');
  await at.exportScriptButton(page).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), 'lab.k6.js');
  const text = await readFile(await file.path(), 'utf8');
  await checkSyntax(text);
  assert.match(text, /What it does not do:/);

  const scenario = officialScenario('http://127.0.0.1:9/?key=hunter2', { auth: { token: 'tok-4711' } });
  const plan = planOf(scenario, crowd(1, 1));
  plan.populations[0].accounts = { source: 'pattern', columns: { password: 'hush-{n}' } };
  scenario.before = [{ http: { operation: 'rest.login', url: 'http://127.0.0.1:9/', headers: { Authorization: 'Bearer abc' }, json: { p: '${account.password}' } } }];
  const script = await swarm.k6(page, plan);
  await checkSyntax(script);
  for (const secret of ['hunter2', 'tok-4711', 'hush-', 'Bearer abc']) assert.ok(!script.includes(secret), `${secret} is in the script`);
  for (const name of ['TOKEN', 'AUTHORIZATION', 'URL_SECRET']) assert.ok(script.includes(`\${secret.${name}}`), name);
  assert.match(script, /"password": \{ "secret": "ACCOUNT_PASSWORD" \}/);
  await assert.rejects(runScript(script), /set TABSWARM_ACCOUNT_PASSWORD, TABSWARM_AUTHORIZATION, TABSWARM_TOKEN, TABSWARM_URL_SECRET: /);
});

story('the scripts of all presets are accepted by k6’s engine, and play clean', async (world) => {
  const first = await world.lab();
  const page = await world.page(first.url);
  const { plans } = await swarm.presets(page);
  const scripts = await Promise.all(plans.map(async ({ id }) => [id, await swarm.k6(page, await swarm.presetPlan(page, id))]));
  assert.equal(scripts.length, 11);
  await inK6sEngine(Object.fromEntries(scripts));
  // The lab speaks with all but one of them.
  const ids = plans.map(({ id }) => id).filter((id) => id !== 'socketio-basic');
  await Promise.all(ids.map((id) => playsClean(world, page, id)));
});

async function playsClean(world, page, id) {
  const lab = await world.lab();
  const plan = await swarm.presetPlan(page, id);
  const populations = plan.populations.map((population) => ({ ...population, load: crowd(2, 6) }));
  const script = await swarm.k6(page, { ...plan, populations, warmup_s: 0 });
  const target = id === 'websocket-json' ? `${lab.url.replace('http', 'ws')}/ws` : lab.url;
  const began = Date.now();
  const test = await runScript(script, { env: { TABSWARM_TARGET: target, TABSWARM_ANSWER_S: '2' } });
  const failed = valuesOf(test, 'errors').map(({ tags }) => `${tags.operation}/${tags.code}`);
  assert.deepEqual(failed, [], `${id}: errors`);
  assert.deepEqual(valuesOf(test, 'disconnects'), [], `${id}: lost connections`);
  // Without speech they stay all the same.
  assert.ok(Date.now() - began > 5_500, `${id}: they left after ${Date.now() - began} ms`);
  const { messages, voice } = await lab.counts();
  const [sent = 0] = test.checks.get('message') ?? [];
  assert.equal(sent, messages.accepted, `${id}: messages`);
  const conversations = Object.values(voice?.opened ?? {}).reduce((sum, opened) => sum + opened, 0);
  const connected = valuesOf(test, 'connect').length;
  const chatting = populations.filter(({ name }) => name === 'chat').length * 2;
  assert.equal(connected, conversations + chatting, `${id}: connections`);
  assert.ok(sent + conversations >= 2, `${id}: they did nothing`);
}

/** `github.com/grafana/sobek`, where Go is at hand: parses them, and runs them to the end of their module. */
async function inK6sEngine(scripts) {
  const folder = await mkdtemp(join(tmpdir(), 'k6-engine-'));
  try {
    const engine = join(folder, 'engine');
    const built = await ran('go', ['build', '-o', engine, '.'], { cwd: new URL('../sobek/', import.meta.url) });
    if (built.code !== 0) return console.log(`skipped: k6's engine, which needs Go (${built.output.trim().split('\n')[0]})`);
    const files = Object.keys(scripts).map((id) => join(folder, `${id}.js`));
    await Promise.all(Object.values(scripts).map((text, n) => writeFile(files[n], text)));
    const { code, output } = await ran(engine, files);
    assert.equal(code, 0, output);
    assert.equal(output.trim().split('\n').length, files.length, output);
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns {Promise<{code: number | string, output: string}>} */
const ran = (command, args, options = {}) =>
  new Promise((resolve) => {
    execFile(command, args, { ...options, timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 'killed') : 0, output: stdout + stderr || String(error ?? '') });
    });
  });

test('expressions mean in a script what they mean in a run', async () => {
  const runtime = new URL('../../crates/app/src/k6/runtime/', import.meta.url);
  const files = await Promise.all(['values.js', 'expressions.js', 'steps.js'].map((name) => readFile(new URL(name, runtime), 'utf8')));
  const { template, testsOf, matches } = new Function(`${files.join('\n')}\nreturn { template, testsOf, matches };`)();
  const table = JSON.parse(await readFile(new URL('../../tests/expressions.json', import.meta.url), 'utf8'));
  const counted = Object.create(null);
  const count = (name) => (counted[name] = (counted[name] ?? -1) + 1);
  const scope = { user: { ...table.user, count }, v: table.variables, event: table.event, tag: table.tag };
  const all = [...table.expressions.map(([text, value]) => [`\${${text}}`, value]), ...table.templates];
  for (const [source, expected] of all) assert.deepEqual(template(source)(scope), expected, JSON.stringify(source));
  // A value that is not there equals nothing, not even null; a list is a value.
  for (const [where, holds] of [
    [{ '/items': ['a', 'b'] }, true],
    [{ '/items': [] }, false],
    [{ '/none': null }, true],
    [{ '/absent': null }, false],
    [{ '/absent': { not: 'x' }, '/none': { exists: false } }, true],
    [{ '/items/length': 2 }, false],
    [{ '/items': { contains: 'a' }, '/absent': { lacks: 'a' } }, true],
  ]) {
    assert.equal(matches(testsOf(where)(scope), [{ items: ['a', 'b'], none: null }]), holds, JSON.stringify(where));
  }
});

test('an acknowledgement says no in a script as in a run', async () => {
  const runtime = new URL('../../crates/app/src/k6/runtime/', import.meta.url);
  const files = await Promise.all(['values.js', 'expressions.js', 'steps.js'].map((name) => readFile(new URL(name, runtime), 'utf8')));
  const { acknowledged, refusal } = new Function(`${files.join('\n')}\nreturn { acknowledged, refusal };`)();
  const scope = { user: {}, v: {}, event: null, tag: '' };
  const table = JSON.parse(await readFile(new URL('../../tests/acks.json', import.meta.url), 'utf8'));
  for (const [args, code] of table) assert.equal(refusal(acknowledged(true)(scope), args), code, JSON.stringify(args));
  const wanted = acknowledged({ where: { '/status': 'fine' }, code: '/why/0' })(scope);
  assert.equal(refusal(wanted, [{ status: 'fine', ok: false }]), null);
  assert.equal(refusal(wanted, [{ status: 'meh', why: ['slow'] }]), 'slow');
  assert.equal(acknowledged(false)(scope), null);
});
