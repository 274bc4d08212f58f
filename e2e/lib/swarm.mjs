// `window.tabswarm` from outside the page: the automation contract, one function per promise.
import { fatal, until } from './wait.mjs';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {Page & {problems: string[]}} DrivenPage with what went wrong in it so far
 */

/**
 * Opens the page and waits until it can be driven. Fair use is a statement for people: a program says that it knows it. `agrees`: who
 * sits there says yes to all that a swarm asks.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 * @param {{fairUse?: boolean, agrees?: boolean}} [options]
 * @returns {Promise<DrivenPage>}
 */
export async function openPage(context, url, { fairUse = true, agrees = false } = {}) {
  const page = await context.newPage();
  if (agrees) await page.addInitScript(oblige);
  if (fairUse) await page.addInitScript((known) => (localStorage['tabswarm.safety'] ??= known), '{"fair_use":true}');
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('crash', () => problems.push('the page crashed'));
  // What the page's own policy forbids, nobody may even try.
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text());
  });
  await page.goto(url);
  await until('window.tabswarm', () => page.evaluate(() => 'tabswarm' in window), { within: 20_000 }).catch((error) => {
    throw new Error([error.message, ...problems].join('\n'));
  });
  return Object.assign(page, { problems });
}

/** In the page: presses the button that a person has, as soon as it can be pressed. */
function oblige() {
  setInterval(() => {
    const button = document.querySelector('dialog.question[open] button.primary:enabled');
    if (button instanceof HTMLElement) button.click();
  }, 50);
}

/** @param {Page} page */
export const presets = (page) => page.evaluate(() => window.tabswarm.presets());
/**
 * `files`: the CSV text of each population whose accounts are a file; `permission`: `{allow: [hosts], caps}` for hosts that are
 * not this machine; `{starve_ms}` for a generator that is too slow.
 * @param {Page} page
 * @param {Plan | string} plan
 * @param {(string | null)[]} [files]
 */
export const check = (page, plan, files) =>
  page.evaluate(([plan, files]) => window.tabswarm.check(plan, files), [plan, files]);
/** The plan as the text of a k6 script. @param {Page} page */
export const k6 = (page, plan) => page.evaluate((plan) => window.tabswarm.k6(plan), plan);
/** @param {Page} page @param {Plan | string} plan @param {(string | null)[]} [files] @param {Permission} [permission] */
export const start = (page, plan, files, permission) =>
  page.evaluate(([plan, files, permission]) => window.tabswarm.start(plan, files, permission).then(() => {}), [
    plan,
    files,
    permission,
  ]);
/** What thresholds of the next run compare with. @param {Page} page */
export const baseline = (page, report) =>
  page.evaluate((report) => window.tabswarm.baseline(report).then(() => {}), report);
/** @param {Page} page */
export const status = (page) => page.evaluate(() => window.tabswarm.status());
/** Steers the run that is going on. @param {Page} page @param {object} action */
export const act = (page, action) => page.evaluate((action) => window.tabswarm.act(action).then(() => {}), action);
/** @param {Page} page */
export const stop = (page) => page.evaluate(() => window.tabswarm.stop().then(() => {}));
/** @param {Page} page */
export const report = (page) => page.evaluate(() => window.tabswarm.report());
/** The text of the file that the page would save in this format. @param {Page} page @param {string} format */
export const reportAs = (page, format) => page.evaluate((format) => window.tabswarm.report(format), format);

/** The document of a plan that comes with the page. @param {Page} page @param {string} id */
export async function presetPlan(page, id) {
  const { plans } = await presets(page);
  const preset = plans.find((plan) => plan.id === id);
  if (!preset) throw new Error(`there is no preset plan \`${id}\`; there are ${plans.map((plan) => plan.id).join(', ')}`);
  return preset.plan;
}

/** The document of a scenario that comes with the page. @param {Page} page @param {string} id */
export async function presetScenario(page, id) {
  const { scenarios } = await presets(page);
  const preset = scenarios.find((scenario) => scenario.id === id);
  if (!preset) throw new Error(`there is no preset scenario \`${id}\``);
  return preset.scenario;
}

/**
 * Plays a plan to its end and answers with the report.
 * @param {DrivenPage} page
 * @param {Plan} plan
 * @param {{within?: number, files?: (string | null)[], permission?: Permission}} [options]
 */
export async function play(page, plan, { within = 120_000, files, permission } = {}) {
  await start(page, plan, files, permission);
  await phase(page, 'done', { within });
  return report(page);
}

/**
 * Waits until the run is in a phase; a run that failed says why instead.
 * @param {DrivenPage} page
 * @param {RunStatus['phase']} wanted
 * @param {{within?: number}} [options]
 */
export async function phase(page, wanted, { within = 60_000 } = {}) {
  let now;
  await until(
    `phase ${wanted}`,
    async () => {
      if (page.problems.length) throw fatal(page.problems.join('\n'));
      now = await status(page);
      return now.phase === wanted || now.phase === 'done';
    },
    { within, every: 100 },
  );
  if (now.problem) throw new Error(`the run failed: ${now.problem}`);
  if (now.phase !== wanted) throw new Error(`the run was done before it was ${wanted}`);
  return now;
}

/**
 * Waits until so many users are at their work; a run that is over says where they are instead.
 * @param {DrivenPage} page
 * @param {number} users
 * @param {{within?: number}} [options]
 */
export async function everybody(page, users, { within = 30_000 } = {}) {
  let now;
  await until(
    `${users} users to be active`,
    async () => {
      if (page.problems?.length) throw fatal(page.problems.join('\n'));
      now = await status(page);
      if (now.phase === 'done') throw fatal(`the run was over before ${users} users were active: ${JSON.stringify(now.users)}`);
      return now.users.active === users;
    },
    { within },
  );
  return now;
}
