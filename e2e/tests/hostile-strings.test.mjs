// Nothing that a server or a file says becomes more than text, wherever it is shown.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openFromDisk } from '../lib/disk.mjs';
import { openSwarm, ready } from '../lib/gather.mjs';
import * as at from '../lib/locators.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { openPlan } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';
import { evil, startHostileServer } from '../servers/hostile.mjs';

const named = (name, load, scenario) => ({ name, load, scenario: { version: 1, name, ...scenario } });
const plain = (url, rest) => ({ protocol: { websocket: { event_field: 'type' } }, connect: { url: url.replace('http', 'ws'), reconnect: 'none' }, ...rest });
const hello = { emit: { event: 'hello', args: [{}] } };

/** Users that meet every word which a server can say. */
function exposed(url) {
  const ask = { http: { operation: 'rest.ask', url: `${url}/ask`, timeout_s: 2 } };
  const errors = [{ event: 'refused', code: '/code', message: '/message' }];
  const contract = { events: { [evil('ws-event')]: { room: 'number' } } };
  return {
    ...planOf({}, crowd(1, 1), { name: evil('plan'), settle_s: 0, graceful_stop_s: 1, contract_every: 1 }),
    populations: [
      named('rest', crowd(2, 3), { errors, protocol: 'socketio', before: [ask], connect: { url: `${url}/none`, reconnect: 'none' }, flow: [] }),
      named('chat', crowd(2, 3), { errors, protocol: 'socketio', connect: { url, reconnect: 'none' }, flow: [] }),
      named('plain', crowd(2, 3), plain(`${url}/ws`, { errors, contract, flow: [hello] })),
    ],
  };
}

/** One user who hears it again and again. */
const lasting = (url) => ({
  ...planOf({}, crowd(1, 1), { name: evil('lasting'), settle_s: 0, graceful_stop_s: 0 }),
  populations: [named('plain', crowd(1, 60), plain(`${url}/stay`, { flow: [], every: [{ name: 'hello', interval: { fixed_ms: 400 }, steps: [hello] }] }))],
});

/** A file that somebody else made: hostile in whatever it says of itself. */
function poisoned(report) {
  const file = structuredClone(report);
  file.run = 'zzz';
  file.problem = evil('file-problem');
  file.plan.name = evil('file-plan');
  file.browsers[0].user_agent = evil('file-agent');
  file.annotations = [{ at_s: 1, kind: 'note', text: evil('file-mark') }];
  file.log.lines = [{ at_s: 1, level: 'info', text: evil('file-log') }];
  file.verdict.reasons = [{ what: 'incomplete', text: evil('file-reason') }];
  file.counters.push({ name: evil('file-counter'), tags: { population: evil('file-population') }, count: 1 });
  return { name: evil('file-name'), note: evil('file-remark'), report: file };
}

const ofServer = ['rest-', 'login', 'sio-code', 'ws-code', 'ws-close'];
const ofFile = ['problem', 'mark', 'log', 'reason', 'counter'].map((what) => `file-${what}`);

/** Each stands in that part of a page as it came. */
async function reads(part, where, wanted) {
  let text;
  const missing = () => wanted.filter((what) => !new RegExp(`${what}[a-z]*<img src=x`).test(text));
  await until(`${wanted} to be shown ${where}`, async () => {
    text = await part.innerText();
    return missing().length === 0;
  }).catch((error) => {
    throw new Error(`${error.message}; missing: ${missing()} in\n${text}`);
  });
}

/** No element of theirs, no script, no breach of the policy. `scripts`: the page's own. */
async function isHarmless(page, who, { scripts = 0 } = {}) {
  const found = await page.evaluate(() => ({
    pwned: window.pwned,
    breaches: window.breaches ?? [],
    markup: document.querySelectorAll('body img, [onerror]').length,
    scripts: document.querySelectorAll('body script').length,
  }));
  assert.deepEqual(found, { pwned: undefined, breaches: [], markup: 0, scripts }, who);
}

story('what a server or a file says is text: no markup, no script, no breach of the policy', async (world) => {
  const lab = await world.roomLab();
  const server = world.use(await startHostileServer());
  const page = await world.page(lab.url);
  await page.evaluate(() => {
    window.breaches = [];
    document.addEventListener('securitypolicyviolation', (event) => window.breaches?.push(event.violatedDirective));
  });

  const preflight = at.region(page, 'Preflight');
  await openPlan(page, exposed(server.url));
  await preflight.getByRole('button', { name: 'Preflight', exact: true }).click();
  // The plan came by a link, and goes to another port of this machine than the page came from.
  await page.getByRole('button', { name: 'Allow and start' }).click();
  await until('the preflight to be over', async () => /^\d+ step/.test(await preflight.getByRole('status').innerText()), { within: 30_000 });
  await reads(preflight, 'in the preflight', ['rest-']);

  const report = await swarm.play(page, exposed(server.url));
  const said = JSON.stringify(report);
  for (const where of [...ofServer, 'sio-close', 'sio-event']) assert.ok(said.includes(where), `the report has ${where}`);
  await reads(page.locator('body'), 'on the run page', [...ofServer, 'sio-event']);
  await at.table(page, 'Errors').getByRole('button', { name: /show evidence/ }).first().click();
  await reads(at.evidencePanel(page), 'in the evidence', ['login|ws-|sio-']);
  await page.keyboard.press('Escape');
  await isHarmless(page, 'the run page');

  await swarm.start(page, lasting(server.url));
  await swarm.everybody(page, 1);
  const one = at.seeCard(page);
  await one.getByRole('button', { name: 'Watch', exact: true }).click();
  await reads(one, 'of one user', ['ws-event', 'ws-name', 'no-json']);
  await page.getByLabel('Note', { exact: true }).fill(evil('note'));
  await page.getByRole('button', { name: 'Add note' }).click();
  await reads(at.happenings(page), 'in the list of what happened', ['note']);
  await isHarmless(page, 'one user');
  await swarm.stop(page);
  await swarm.phase(page, 'done');

  await at.resultsTab(page).click();
  await at.resultFiles(page).setInputFiles({ name: `${evil('file')}.jsonl`, mimeType: 'text/plain', buffer: Buffer.from(`{}\n${JSON.stringify(poisoned(report))}`) });
  await reads(page.locator('body'), 'in the list of results', ['file', 'file-name', 'file-remark', 'file-plan', 'plan', 'lasting']);
  await isHarmless(page, 'the list of results');
  await page.getByRole('checkbox', { name: `Compare ${evil('lasting')}` }).check();
  await at.compareButton(page).click();
  await reads(page.locator('body'), 'in the comparison', ['file-name', 'lasting', 'note', 'file-mark', 'file-plan']);
  await isHarmless(page, 'the comparison');
  await page.getByRole('button', { name: 'All results' }).filter({ visible: true }).click();
  await page.getByRole('button', { name: evil('file-name'), exact: true }).click();
  await reads(page.locator('body'), 'of a past run', [...ofFile, ...ofServer, 'sio-event', 'file-remark']);
  await isHarmless(page, 'a past run');

  const file = join(tmpdir(), `tabswarm-hostile-${process.pid}.html`);
  await page.getByRole('button', { name: 'Save…' }).filter({ visible: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Report (HTML)', exact: true }).filter({ visible: true }).click()]);
  await download.saveAs(file);
  const reader = await openFromDisk(world, file);
  await reader.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  await reads(reader.locator('body'), 'in the saved report', [...ofFile, ...ofServer, 'sio-event', 'file-agent', 'file-plan']);
  // Two of data, the chart library, and our own.
  await isHarmless(reader, 'the saved report', { scripts: 4 });
  assert.deepEqual(reader.problems, []);

  // Another browser's name comes from a broker.
  const invite = await openSwarm(page, lab.broker, { name: evil('conductor') });
  const other = await world.pageIn(page.context(), `${lab.url}/${invite}`, { agrees: true });
  // Entering replaces the form, and then a question takes the focus: what is typed meanwhile goes nowhere.
  await ready(page, 1);
  await at.browserName(other).fill(evil('generator'));
  await reads(at.roster(page), 'in the roster', ['generator']);
  await reads(other.locator('main'), 'on the other page', ['lasting']);
  for (const [who, seen] of [['conductor', page], ['generator', other]]) await isHarmless(seen, who);

  // The policy is in force, not only written down: markup that got in would not run.
  const breach = await page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective), { once: true });
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 1';
    document.body.append(script);
  }));
  assert.equal(breach, 'script-src-elem');
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  page.problems.length = 0;
});
