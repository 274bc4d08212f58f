// `cargo xtask run --headless`, from what it is given to its exit code.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { ROOT } from '../lib/paths.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { freePort, start } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

/**
 * A short plan against the lab on this port. However busy this machine is, the verdict is about its thresholds.
 * @param {number} port
 * @param {{seconds?: number, thresholds?: string[]}} [options]
 */
function labPlan(port, { seconds = 4, thresholds = [] } = {}) {
  const plan = planOf('ktb-chat', crowd(5, seconds), { name: 'headless', thresholds, verdict: { suspect_share: 1 } });
  plan.populations[0].variables = { target: `http://127.0.0.1:${port}` };
  return plan;
}

/**
 * Runs the command on a plan (text, or an object for its port) and hands over what came of it. A file that it did not write is ''.
 * @param {string | ((port: number) => Plan)} plan
 * @param {{meanwhile?: (run: ReturnType<typeof start>) => Promise<void>}} [options]
 */
async function headless(plan, { meanwhile = async () => {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tabswarm-headless-'));
  const [planFile, reportFile, htmlFile, junitFile] = ['plan.json', 'report.json', 'report.html', 'junit.xml'].map((name) => join(folder, name));
  const port = await freePort();
  try {
    const text = typeof plan === 'string' ? plan : JSON.stringify(plan(port));
    await writeFile(planFile, text);
    const args = ['--plan', planFile, '--report', reportFile, '--html', htmlFile, '--junit', junitFile, '--port', String(port)];
    const run = start(process.execPath, [join(ROOT, 'e2e', 'headless.mjs'), ...args]);
    await meanwhile(run);
    await run.ended;
    const report = await readFile(reportFile, 'utf8').then(JSON.parse, () => undefined);
    const [html, junit] = await Promise.all([htmlFile, junitFile].map((file) => readFile(file, 'utf8').catch(() => '')));
    return { code: run.exitCode(), output: run.output(), report, html, junit };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a run whose thresholds hold exits with 0, prints a summary and leaves a report', async () => {
  const plan = (port) => labPlan(port, { thresholds: ['delivery.missing == 0', 'errors rate < 1%'] });
  const { code, output, report, html, junit } = await headless(plan);
  assert.equal(code, 0, output);
  assert.ok(html.includes(`"run":"${report.run}"`) && html.includes('data-chart'), 'the page holds the run and its charts');
  assert.match(junit, /<testsuite name="headless" tests="7" failures="0"/);
  assert.match(output, /holding .* users 5 of 5 /);
  assert.match(output, /^message\.round_trip +\d+/m);
  assert.match(output, /^delivery: \d+ messages sent/m);
  assert.match(output, /^delivery\.missing == 0 +0 +ok$/m);
  assert.match(output, /^verdict: PASS$/m);
  assert.equal(report.plan.name, 'headless');
  assert.ok(report.delivery.delivered > 0);
});

test('a threshold that fails makes it 99', async () => {
  const { code, output, report, junit } = await headless((port) => labPlan(port, { thresholds: ['message.round_trip p50 < 0.001 ms'] }));
  assert.equal(code, 99, output);
  assert.match(output, /^message\.round_trip p50 < 0\.001 ms .* FAILED$/m);
  assert.equal(report.thresholds[0].ok, false);
  assert.match(junit, /<failure type="threshold" message="measured /);
});

test('a run whose generator was late makes it 98, although its thresholds hold', async () => {
  const strict = { lag_ms: 1, suspect_share: 0, suspect_s: 0 };
  const plan = (port) => ({ ...labPlan(port, { thresholds: ['message.round_trip p50 < 10 s'] }), verdict: strict });
  const { code, output, report } = await headless(plan);
  assert.equal(code, 98, output);
  assert.match(output, /^verdict: INVALID$/m);
  assert.match(output, /^ {2}In .* of the run timers fired more than 1\.0 ms late in the browser/m);
  assert.equal(report.verdict.reasons[0].what, 'worker_lag');
});

test('a run that cannot start exits with 1, says why, and leaves its report all the same', async () => {
  const nobody = await freePort();
  const plan = (port) => {
    const plan = labPlan(port);
    plan.populations[0].variables.target = `http://127.0.0.1:${nobody}`;
    return plan;
  };
  const { code, output, report } = await headless(plan);
  assert.equal(code, 1, output);
  assert.match(output, /^headless: .*unreachable/m);
  assert.match(report.problem, /unreachable/);
});

test('a plan with problems exits with 1 and names each with its path', async () => {
  const broken = (port) => {
    const plan = labPlan(port);
    plan.populations[0].load.stages[0].duration_s = -1;
    plan.populations[0].scenario = 'no-such-scenario';
    return plan;
  };
  const { code, output, report } = await headless(broken);
  assert.equal(code, 1, output);
  assert.match(output, /^ {2}populations\[0\]\.load\.stages\[0\]\.duration_s: .*-1/m);
  assert.match(output, /^ {2}populations\[0\]\.scenario: .*no-such-scenario/m);
  assert.equal(report, undefined);
});

test('a host that is not allowed exits with 1 and one line that says how to allow it', async () => {
  const plan = (port) => {
    const plan = labPlan(port);
    plan.populations[0].variables.target = 'http://chat.example';
    return plan;
  };
  const { code, output, report } = await headless(plan);
  assert.equal(code, 1, output);
  assert.match(output, /^headless: load on chat\.example has not been allowed in this browser: --allow chat\.example allows it$/m);
  assert.doesNotMatch(output, /^ +at /m);
  assert.equal(report, undefined);
});

test('a file that is no JSON exits with 1 and names the file', async () => {
  const { code, output } = await headless('{"version": 1,');
  assert.equal(code, 1, output);
  assert.match(output, /plan\.json: .*JSON/);
});

test('Ctrl-C ends the run early: what it was to show is not known, and the report is still written', async () => {
  const { code, output, report } = await headless((port) => labPlan(port, { seconds: 600 }), {
    async meanwhile(run) {
      await until('the run to hold and messages to go out', () => run.hasEnded() || / holding .* sent [1-9]/.test(run.output()), { within: 60_000 });
      run.kill('SIGINT');
    },
  });
  assert.equal(code, 98, output);
  assert.match(output, /`run\.played == 100 %` cannot be judged: it was stopped by hand at 0:0\d of 10:00/);
  assert.match(output, /stopping/);
  assert.ok(report.delivery.sent > 0, output);
});
