// The built page works from any static host under any path, with nothing beside it.
import assert from 'node:assert/strict';

import * as checks from '../lib/checks.mjs';
import { DIST } from '../lib/paths.mjs';
import { crowd, officialScenario, planOf } from '../lib/plans.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { startOfficialServer } from '../servers/official.mjs';

story('served under a sub-path, the page loads its workers and plays a plan', async (world) => {
  const server = world.use(await startOfficialServer());
  const host = world.use(await serveFolder(DIST, '/deep/sub/path/'));
  const page = await world.page(host.url);
  const report = await swarm.play(page, planOf(officialScenario(server.url), crowd(5, 3)));
  checks.noErrors(report);
  assert.ok(report.delivery.delivered > 0);
  assert.deepEqual(host.strays, []);
});
