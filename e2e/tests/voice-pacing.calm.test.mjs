// 100 microphones in one browser keep time, also while a person looks at another tab.
import * as checks from '../lib/checks.mjs';
import { launchThrottlingChromium } from '../lib/chromium.mjs';
import { crowd } from '../lib/plans.mjs';
import { counter, knownLag, metric } from '../lib/report.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { speakers, voicePlan } from '../lib/voice.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 100;
const SECONDS = 25;
/** Opening 100 conversations is not what is measured. */
const WARMUP_S = 8;
/** Half a chunk of 4,096 samples at 24 kHz is 85 ms: who is later than that has lost its place. A throttled tab is 500 ms late in the middle. */
const LATE_MS = checks.end({ promised: { p50: 5, p99: 20 }, anywhere: { p50: 20, p99: 85 } });

story('100 microphones keep time, visible and hidden', async (world) => {
  const lab = await world.lab();
  const { context } = world.use(await launchThrottlingChromium());
  const page = await world.pageIn(context, lab.url);
  const talkers = speakers(lab, 'talkers', 'voice-guest', crowd(USERS, SECONDS), { turns: 100 });
  const plan = voicePlan('pacing', [talkers], { warmup_s: WARMUP_S, settle_s: 1 });
  const visible = await swarm.play(page, plan);
  const other = await context.newPage();
  await other.bringToFront();
  await until('the page to be hidden', () => page.evaluate(() => document.visibilityState === 'hidden'));
  const hidden = await swarm.play(page, plan);
  await page.bringToFront();
  for (const [name, report] of Object.entries({ visible, hidden })) {
    const pacing = metric(report, 'audio.pacing.error');
    console.log(
      `${name}: pacing error p50 ${pacing.p50.toFixed(2)}, p99 ${pacing.p99.toFixed(2)}, max ${pacing.max.toFixed(1)} ms over ${pacing.count} chunks; ` +
        `${counter(report, 'audio.chunks.late')} late; worker lag p99 ${knownLag(report, 'p99').toFixed(2)} ms, the probe's ${probeLag(report).toFixed(2)} ms`,
    );
  }
  for (const [name, report] of Object.entries({ visible, hidden })) {
    checks.noErrors(report);
    const pacing = metric(report, 'audio.pacing.error');
    // 100 users send 5.86 chunks a second each.
    checks.between(`chunks sent while ${name}`, pacing.count, 0.8 * 586 * (SECONDS - WARMUP_S), 1.4 * 586 * (SECONDS - WARMUP_S));
    for (const [quantile, late] of Object.entries(LATE_MS)) {
      checks.between(`${quantile} pacing error while ${name}, ms`, pacing[quantile], 0, late);
    }
  }
});

const probeLag = (report) => report.health.workers.find(({ probe }) => probe).lag.p99;
