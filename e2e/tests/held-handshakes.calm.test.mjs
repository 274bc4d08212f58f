// Something between one browser and the server holds its handshakes back: that browser is not full, and nobody says so.
import assert from 'node:assert/strict';

import { startMosquitto } from '../lib/broker.mjs';
import * as checks from '../lib/checks.mjs';
import { join, LIVELY, openSwarm, over, ready } from '../lib/gather.mjs';
import { chatPlan, rampThenHold } from '../lib/plans.mjs';
import { startHandshakeHold } from '../lib/proxy.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { until } from '../lib/wait.mjs';

const USERS = 96;
/** Twice as long as a browser has to open nothing until somebody wonders. */
const HELD_MS = 6_000;

story('one of three browsers whose handshakes are held for 6 s is not called full, and all users connect in the end', async (world) => {
  const [broker, lab] = [world.use(await startMosquitto()), await world.lab()];
  const { port } = new URL(lab.url);
  const hold = world.use(await startHandshakeHold(port));
  const conductor = await world.page(lab.url);
  // By another name than the lab's: the rule below is about a name, whatever the port.
  const invite = await openSwarm(conductor, broker.url.replace('127.0.0.1', 'localhost'));
  await join(world, lab.url, invite);
  await join(world, lab.url, invite, { args: [`--host-resolver-rules=MAP 127.0.0.1 127.0.0.1:${hold.port}`] });
  await ready(conductor, 2);

  await swarm.start(conductor, chatPlan(lab, rampThenHold(USERS, 12, 60), { ...LIVELY, send_min_ms: 8_000, send_max_ms: 9_000 }));
  const status = () => swarm.status(conductor);
  await until('each browser to have more than twenty', async () => (await status()).users.connected >= 72, { within: 60_000 });
  hold.hold();
  await until('handshakes to be held', () => hold.held() > 0, { within: 20_000 });
  const since = performance.now();
  let blamed;
  await until('the time to be over', async () => {
    blamed ??= (await status()).verdict?.reasons.find(({ what }) => what === 'browser_full');
    return performance.now() - since > HELD_MS;
  }, { within: 2 * HELD_MS, every: 100 });
  assert.ok((await status()).users.connected < USERS, 'some of them waited');
  hold.release();
  await until('everybody to be connected', async () => (await status()).users.connected === USERS, { within: 30_000 });
  await swarm.stop(conductor);
  await over(conductor);
  const report = await swarm.report(conductor);
  assert.equal(blamed, undefined);
  assert.equal(report.verdict.reasons.find(({ what }) => what === 'browser_full'), undefined);
  checks.noErrors(report);
});
