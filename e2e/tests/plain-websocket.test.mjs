// A chat without Socket.IO: JSON text frames over a plain WebSocket.
import * as checks from '../lib/checks.mjs';
import { DIST } from '../lib/paths.mjs';
import { crowd, planOf } from '../lib/plans.mjs';
import { metric } from '../lib/report.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { startPlainServer } from '../servers/plain-websocket.mjs';

story('users of a plain WebSocket server: both sides count the same', async (world) => {
  const server = world.use(await startPlainServer());
  const host = world.use(await serveFolder(DIST));
  const page = await world.page(host.url);
  const room = 'lobby';
  const scenario = {
    version: 1,
    name: 'plain',
    protocol: { websocket: { event_field: 'type' } },
    connect: { url: server.url },
    flow: [{ emit: { event: 'join', args: [{ room }], operation: 'join', answer: { event: 'joined' }, enters: room } }],
    every: [
      {
        name: 'say',
        interval: { uniform_ms: [500, 1_500] },
        steps: [{ emit: { event: 'say', args: [{ room, text: '${tag} hi' }], operation: 'message', message: room } }],
      },
    ],
    delivery: { event: 'said', operation: 'message' },
  };
  const report = await swarm.play(page, planOf(scenario, crowd(20, 8)));
  checks.noErrors(report);
  checks.bothSidesAgree({
    connections: [metric(report, 'connect').count, server.counts.connections],
    joined: [metric(report, 'join').count, server.counts.sent.joined],
    sent: [report.delivery.sent, server.counts.received.say],
    arrived: [report.delivery.arrived, server.counts.sent.said],
  });
});
