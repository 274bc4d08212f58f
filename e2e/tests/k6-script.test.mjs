// An exported k6 script says what our own users say: the same requests, the same frames, in the same order.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

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
  const [report, test] = await Promise.all([swarm.play(page, aimed(ours)), runScript(script, { env: { TOKEN } })]);
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
  for (const name of ['TOKEN', 'AUTHORIZATION', 'ACCOUNT_PASSWORD', 'URL_SECRET']) assert.match(script, new RegExp(`secret\\('${name}'\\)`));
});
