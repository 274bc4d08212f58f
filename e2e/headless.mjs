// `cargo xtask run --headless`: plays one plan in a browser without a window, reports, and says by its exit code how
// it went: 0 PASS, 99 FAIL, 98 INVALID, 1 anything else.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { launchChromium } from './lib/chromium.mjs';
import { startLab } from './lib/lab.mjs';
import { progressLine } from './lib/progress.mjs';
import { summary } from './lib/summary.mjs';
import * as swarm from './lib/swarm.mjs';
import { farTargets, presetForLab } from './lib/targets.mjs';
import { told } from './lib/told.mjs';
import { fatal, until } from './lib/wait.mjs';

const EXIT_CODES = { pass: 0, fail: 99, invalid: 98 };
const NO_CAPS = { users: null, rate: null, minutes: null };

const { values: options } = parseArgs({
  options: {
    plan: { type: 'string' },
    baseline: { type: 'string' },
    report: { type: 'string', default: 'report.json' },
    html: { type: 'string', default: 'report.html' },
    junit: { type: 'string', default: 'junit.xml' },
    port: { type: 'string' },
    allow: { type: 'string', multiple: true, default: [] },
  },
});

/** What Ctrl-C and SIGTERM do now. Leaving through `exit` takes our child processes along. */
let interrupt = leave;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt());

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`headless: ${told(error)}`);
  process.exitCode = 1;
}

/** @returns {void} */
function leave() {
  process.exit(1);
}

async function main() {
  const given = options.plan ? await readJson(options.plan) : undefined;
  const baseline = options.baseline ? await readJson(options.baseline) : undefined;
  const lab = await startLab({ port: options.port ? Number(options.port) : undefined });
  let browser;
  try {
    browser = await launchChromium();
    const page = await swarm.openPage(await browser.newContext(), lab.url);
    const plan = given?.document ?? presetForLab(await swarm.presetPlan(page, 'lab'), lab.url);
    return await play(page, plan, given?.text ?? plan, baseline?.document);
  } finally {
    await browser?.close();
    await lab.stop();
  }
}

/** As it stands there, too: of a parsed document numbers beyond 2^53 have lost their last digits. */
async function readJson(file) {
  try {
    const text = await readFile(file, 'utf8');
    return { document: JSON.parse(text), text };
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

async function play(page, plan, written, baseline) {
  const { ok, problems } = await swarm.check(page, written);
  if (!ok) {
    console.error('The plan cannot run:');
    for (const { path, message } of problems) console.error(path ? `  ${path}: ${message}` : `  ${message}`);
    return 1;
  }
  for (const target of farTargets(plan)) {
    console.log(`${target} is not on this machine: load-test only what you may.`);
  }
  if (baseline) await swarm.baseline(page, baseline);
  // Who names the hosts on the command line has the plan before him: no caps but the plan's own.
  await swarm.start(page, written, undefined, options.allow.length ? { allow: options.allow, caps: NO_CAPS } : undefined);
  interrupt = () => stopGracefully(page);
  const problem = await watch(page);
  const report = await swarm.report(page);
  await writeFile(options.report, `${JSON.stringify(report, null, 1)}\n`);
  for (const [format, file] of [['html', options.html], ['junit', options.junit]]) {
    await writeFile(file, await swarm.reportAs(page, format));
  }
  console.log(`\n${summary(report)}\n\nreport: ${options.report}, ${options.html}, ${options.junit}`);
  if (problem) {
    console.error(`headless: ${problem}`);
    return 1;
  }
  return EXIT_CODES[report.verdict?.outcome] ?? 1;
}

/** Prints a line a second until the run is over. Answers with what went wrong with the run, if anything did. */
async function watch(page) {
  let problem;
  let last = { at: Date.now(), sent: 0, received: 0 };
  const isOver = async () => {
    if (page.problems.length) throw fatal(page.problems.join('\n'));
    const status = await swarm.status(page);
    const now = { at: Date.now(), sent: status.sent, received: status.received };
    console.log(progressLine(status, last, now));
    last = now;
    problem = status.problem;
    return status.phase === 'done';
  };
  await until('the run to be over', isOver, { within: Infinity, every: 1_000 });
  return problem;
}

/** The first Ctrl-C stops the run as its Stop button does; the second one gives up. */
function stopGracefully(page) {
  interrupt = leave;
  console.log('stopping: users finish and leave; press Ctrl-C again to give up');
  swarm.stop(page).catch((error) => console.error(`headless: ${error.message}`));
}
