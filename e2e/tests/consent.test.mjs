// Nothing moves for a stranger: what a link, a swarm, a page that frames or opens ours can make this browser do unasked.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import { holdDoors } from '../lib/doors.mjs';
import { openSwarm, over, ready, swarmOf } from '../lib/gather.mjs';
import { startHostilePage } from '../lib/hostile-page.mjs';
import * as at from '../lib/locators.mjs';
import { DIST } from '../lib/paths.mjs';
import { chatPlan, crowd, planOf } from '../lib/plans.mjs';
import { startWire } from '../lib/proxy.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { tabTo } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';

const started = (page) => until('window.tabswarm', () => page.evaluate(() => 'tabswarm' in window), { within: 20_000 });
const phaseOf = async (page) => (await swarm.status(page)).phase;
const linkTo = (url, plan) => `${url}/#plan=${Buffer.from(JSON.stringify(plan)).toString('base64url')}`;

/** As long as the link of before took to connect, ten times over. */
async function linger(seconds = 1) {
  const since = performance.now();
  await until(`${seconds} s to pass`, () => performance.now() - since >= seconds * 1_000);
}

/**
 * Users that ask at the first door; others that ask at the second, by an address that is put together from pieces; and others that go
 * where the first one's answer sends them, in a plan that names some host for it.
 */
function nosy([first, second], users = 3) {
  const asks = (name, before, more) => ({
    name,
    load: crowd(users, 2),
    hosts: more.hosts ?? [],
    scenario: {
      version: 1,
      name,
      protocol: 'websocket',
      variables: more.variables ?? {},
      before: before.map((http) => ({ http: { operation: 'ask', timeout_s: 2, ...http } })),
      connect: { url: first, reconnect: 'none', timeout_s: 2 },
      flow: [],
    },
  });
  const lured = [{ url: `${first}/`, expect: [500], save: { there: '/there' } }, { url: '${there}/' }];
  const populations = [
    asks('asking', [{ url: `${first}/` }], {}),
    asks('piecing', [{ url: '${head}${tail}/' }], { variables: { head: second.slice(0, 3), tail: second.slice(3) } }),
    asks('lured', lured, { variables: { there: '' }, hosts: [NAMED] }),
  ];
  return { ...planOf({}, crowd(1, 1), { name: 'nosy', settle_s: 0, graceful_stop_s: 1 }), populations };
}

/** A host that nobody goes to. */
const NAMED = 'chat.example';

story('no request reaches a port that the person at that browser did not agree to', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const host = world.use(await serveFolder(DIST));
  const visitors = new URL(host.url).origin;
  const answer = (origin) => JSON.stringify({ said: `a secret of ${origin}`, there: doors.urls[2] });
  const doors = world.use(await holdDoors(5, answer));
  const wire = world.use(await startWire(broker.port));
  const stranger = await world.page(lab.url);
  const invite = (await openSwarm(stranger, broker.url)).replace(String(broker.port), String(wire.port));

  const visitor = await world.page(`${host.url}${invite}`, { fairUse: false });
  const first = at.brokerQuestion(visitor);
  await first.waitFor();
  assert.match(await first.innerText(), new RegExp(`ws://127\\.0\\.0\\.1:${wire.port}/[^]*this very machine`));
  await linger();
  assert.equal(wire.connections(), 0, 'nothing was connected to before the answer');
  await visitor.keyboard.press('Escape');
  await at.notice(visitor).filter({ hasText: 'Nothing was connected to' }).waitFor();
  assert.equal(await visitor.evaluate(() => location.hash), '');
  await visitor.evaluate((hash) => (location.hash = hash), invite);
  await first.waitFor();
  assert.equal(wire.connections(), 0);
  await tabTo(visitor, at.connectButton(visitor));
  await visitor.keyboard.press('Enter');
  // Whom the stranger knows he waits for; his own browser would start without anybody else.
  await until('the stranger to see the visitor', async () => (await swarmOf(stranger)).browsers.length === 1);

  const start = (plan) => swarm.start(stranger, plan, undefined, { allow: [NAMED] });
  const run = start(nosy(doors.urls));
  run.catch(() => {});
  const second = at.loadQuestion(visitor);
  const [asked, pieced, lured] = doors.ports;
  const terms = await until('the question to name the port', async () => {
    const text = await second.innerText();
    return text.includes(`127.0.0.1:${asked}`) && text;
  });
  const named = new RegExp(`127\\.0\\.0\\.1:${pieced} \\(this very machine\\)`);
  for (const words of [/Fair use/, named, /chat\.example, any port/, /conductor\s+conductor/i, /9 over all browsers/, /at once/]) assert.match(terms, words);
  assert.ok(!terms.includes(String(lured)));
  await linger();
  assert.deepEqual(doors.visits(), [], 'nobody is sent anywhere while the person there has not answered');
  await at.allowButton(visitor).click();
  await run;
  await over(stranger);
  assert.deepEqual(doors.touchedBy(visitors), [asked, pieced], 'an answer leads nobody to a port that the question did not name');
  assert.deepEqual(doors.touchedBy(new URL(lab.url).origin), [asked, pieced, lured], 'the stranger’s own browser goes where he says');

  const report = JSON.stringify(await swarm.report(stranger));
  assert.ok(report.includes(`a secret of ${new URL(lab.url).origin}`), 'the report has samples');
  assert.ok(!report.includes(`a secret of ${visitors}`), 'and none of what this machine answered to its own visitor');

  // The same or less is not asked about again; more is.
  await start(nosy(doors.urls, 2));
  await over(stranger);
  const refused = start(nosy(doors.urls.slice(3)));
  await until('the question to name the other port', async () => (await second.innerText()).includes(`127.0.0.1:${doors.ports[3]}`));
  await at.refuseButton(visitor).click();
  await refused;
  await over(stranger);
  assert.deepEqual(doors.touchedBy(visitors), [asked, pieced]);

  // The broker is not asked about again.
  const before = wire.connections();
  await visitor.reload();
  await started(visitor);
  await until('the visitor to be back', async () => (await swarmOf(visitor)).connected);
  assert.ok(wire.connections() > before);
  assert.ok(!(await first.isVisible()));
});

story('a link shows its plan and waits; a stranger’s page cannot frame ours, start it, or take it out of its swarm', async (world) => {
  const lab = await world.lab();
  const host = world.use(await serveFolder(DIST));
  const doors = world.use(await holdDoors(2));
  const [target, theirs] = doors.urls;
  const stranger = world.use(await startHostilePage());
  const own = await world.page(lab.url);
  const hostile = await stranger.open(own.context());
  const plan = { ...chatPlan({ url: target }, crowd(5, 3)), name: 'bait' };
  const link = linkTo(lab.url, plan);

  // A static host sends no header that forbids it, so the page itself refuses: also in frames that hide who is above.
  for (const attributes of [{}, { sandbox: 'allow-scripts allow-same-origin' }, { sandbox: 'allow-scripts' }]) {
    const frame = await hostile.frames(`${host.url}#plan=${link.split('=')[1]}`, attributes);
    if (!attributes.sandbox?.endsWith('scripts')) {
      await frame.getByText('does not run inside another page').waitFor();
      assert.equal(await frame.getByRole('link').getAttribute('target'), '_blank');
    }
    assert.equal(await frame.evaluate(() => 'tabswarm' in window), false);
  }
  // Nor by a page of its own origin.
  const sibling = await own.context().newPage();
  await sibling.goto(`${host.url}worker_loader.js`);
  await sibling.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), host.url);
  await sibling.frameLocator('iframe').getByText('does not run inside another page').waitFor();
  await sibling.close();

  const tab = Object.assign(await hostile.opens(`${link}&autostart=1`), { problems: [] });
  await started(tab);
  assert.equal(await at.nameField(tab).inputValue(), 'bait');
  for (const message of [{ start: plan }, 'start', { Start: null }, { type: 'tabswarm', call: 'start', plan }]) await hostile.says(message);
  await hostile.leads(`${linkTo(lab.url, { ...plan, name: 'another bait' })}&autostart=1`);
  await until('the other plan to be shown', async () => (await at.nameField(tab).inputValue()) === 'another bait');
  const key = 'A'.repeat(43);
  const broker = encodeURIComponent(theirs.replace('http', 'ws'));
  const links = ['join', 'watch'].map((role) => `${lab.url}/#${role}=${key}&by=${key}&broker=${broker}`);
  for (const link of [...links, `${lab.url}/#conduct=${key}&broker=${broker}`]) {
    await hostile.leads(link);
    await at.brokerQuestion(tab).waitFor();
    await linger(0.5);
    await at.brokerQuestion(tab).getByRole('button', { name: 'Do not connect' }).click();
  }
  assert.equal(await phaseOf(tab), 'idle');
  assert.deepEqual(doors.touched(), []);

  // His own click starts it, after this machine was asked about by its name.
  await at.planTab(tab).click();
  await at.startButton(tab).first().click();
  const question = tab.getByRole('dialog', { name: 'Before load starts' });
  assert.match(await question.innerText(), new RegExp(`127\\.0\\.0\\.1:${doors.ports[0]} \\(this very machine\\)`));
  await tab.keyboard.press('Escape');
  assert.equal(await phaseOf(tab), 'idle');
  assert.deepEqual(doors.touched(), []);

  // In the middle of a run no link takes the page away from it.
  await swarm.start(tab, chatPlan(lab, crowd(2, 60)));
  await swarm.phase(tab, 'holding');
  await hostile.leads(links[0]);
  await at.brokerQuestion(tab).filter({ hasText: 'leaves what it is in the middle of' }).waitFor();
  assert.equal(await phaseOf(tab), 'holding');
  await tab.keyboard.press('Escape');
  await swarm.stop(tab);
  await swarm.phase(tab, 'done');
  assert.deepEqual(doors.touched(), []);
  await tab.close();
});

story('a program answers for the person who let it, and everything kept is deleted with one button', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const conductor = await world.page(lab.url);
  const invite = await openSwarm(conductor, broker.url);
  const page = await world.page(`${lab.url}/${invite}`, { fairUse: false });
  const answer = (allows, options) => page.evaluate(([allows, options]) => window.tabswarm.answer(allows, options), [allows, options]);
  await at.brokerQuestion(page).waitFor();
  await answer(true);
  await at.loadQuestion(page).waitFor();
  await answer(true, { samples: true });
  await ready(conductor, 1);
  await assert.rejects(answer(true), /nothing is asked/);
  await at.swarmTab(page).click();
  await page.getByRole('button', { name: 'Take the permission back' }).click();
  await until('the conductor to know', async () => (await swarmOf(conductor)).browsers.every(({ consent }) => consent !== 'Given'));

  await at.resultsTab(page).click();
  const button = page.getByRole('button', { name: 'Delete everything kept here' }).filter({ visible: true });
  const dialog = page.getByRole('dialog', { name: 'Delete everything kept here' }).filter({ visible: true });
  const sure = dialog.getByRole('button', { name: 'Yes, delete all of it' });
  await button.click();
  await dialog.getByText('is in a swarm').waitFor();
  assert.ok(await sure.isDisabled());
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await at.swarmTab(page).click();
  await page.getByRole('button', { name: 'Leave the swarm' }).click();

  await swarm.play(page, chatPlan(lab, crowd(2, 1)));
  await at.planTab(page).click();
  await at.nameField(page).fill('typed');
  await at.themeButton(page).click();
  await at.resultsTab(page).click();
  await until('the run to be kept', async () => (await at.keptRuns(page).count()) === 1);
  const kept = () => page.evaluate(async () => {
    const records = async ({ name = '' }) => {
      const opened = await new Promise((resolve, reject) => Object.assign(indexedDB.open(name), { onsuccess: (event) => resolve(event.target.result), onerror: reject }));
      const counted = [...opened.objectStoreNames].map((store) => new Promise((resolve) => {
        opened.transaction(store).objectStore(store).count().onsuccess = (event) => resolve(event.target.result);
      }));
      const counts = await Promise.all(counted);
      opened.close();
      return [name, counts.reduce((all, count) => all + count, 0)];
    };
    const databases = await Promise.all((await indexedDB.databases()).map(records));
    return [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...databases.filter(([, count]) => count).map(([name]) => `${name} (database)`)].sort();
  });
  await page.evaluate(() => localStorage.setItem('somebody.else', 'at the same origin'));
  const before = await kept();
  for (const name of ['tabswarm.safety', 'tabswarm.plan', 'tabswarm.session', 'tabswarm.theme', 'tabswarm (database)', 'tabswarm.results (database)']) assert.ok(before.includes(name), `${name} in ${before}`);
  // A browser does not tell pages of one origin apart: another one reads it all, until it is deleted.
  const sibling = await page.context().newPage();
  await sibling.goto(`${lab.url}/worker_loader.js`);
  assert.match(await sibling.evaluate(() => localStorage['tabswarm.safety']), /"fair_use"/);
  await sibling.close();
  await button.click();
  await sure.click();
  await dialog.getByText(/^Deleted: kept runs.*notes of swarms.*what was allowed.*the plan that was typed.*colours/).waitFor();
  assert.deepEqual(await kept(), ['somebody.else']);
  const reloaded = page.waitForEvent('load');
  await dialog.getByRole('button', { name: 'Load the page anew' }).click();
  await reloaded;
  await started(page);
  assert.notEqual(await at.nameField(page).inputValue(), 'typed');
  // What a page writes when it opens says nothing about anybody.
  assert.deepEqual(await kept(), ['somebody.else', 'tabswarm.safety', 'tabswarm.theme']);
  const { fair_use, limits, brokers } = JSON.parse(await page.evaluate(() => localStorage['tabswarm.safety']));
  assert.deepEqual([fair_use, limits.hosts, brokers], [false, [], []]);
});
