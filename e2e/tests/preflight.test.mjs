// Before a run one user of each population goes first, and what fails has its cause in plain words.
import assert from 'node:assert/strict';

import { chatPlan, crowd, planOf } from '../lib/plans.mjs';
import { DIST } from '../lib/paths.mjs';
import { freePort } from '../lib/process.mjs';
import { serveFolder } from '../lib/static-server.mjs';
import { story } from '../lib/story.mjs';
import * as swarm from '../lib/swarm.mjs';
import { openPlan } from '../lib/verbs.mjs';
import { until } from '../lib/wait.mjs';
import {
  selfSigned,
  startChoosy,
  startLocked,
  startOld,
  startSilent,
  startTls,
  startUnreachable,
  startWithoutCors,
} from '../servers/refusing.mjs';

const card = (page) => page.getByRole('region', { name: 'Preflight' });
const summary = (page) => card(page).getByRole('status');

/** So many plans: by its name each is told from the one before. */
let opened = 0;

/** Opens the plan, presses the button, and answers with the list: title to [state, detail, remedy]. */
async function preflight(page, plan, { within = 30_000 } = {}) {
  opened += 1;
  await openPlan(page, { ...plan, name: `${plan.name} ${opened}` });
  await card(page).getByRole('button', { name: 'Preflight', exact: true }).click();
  const allow = page.getByRole('button', { name: 'Allow and start' });
  if (await allow.isVisible()) await allow.click();
  await until('the preflight to be over', async () => {
    const text = await summary(page).innerText();
    return /^(Ready|\d+ step)/.test(text);
  }, { within, every: 100 });
  const found = await card(page).locator('li').evaluateAll((lines) => lines.map((line) => {
    const text = (name) => line.querySelector(name)?.textContent ?? '';
    return [text('strong'), [text('.chip'), text('.detail'), text('.remedy')]];
  }));
  return { summary: await summary(page).innerText(), checks: Object.fromEntries(found), list: found };
}

/**
 * A user that connects, and before that asks if it is to.
 * @param {string} url
 * @param {{path?: string, asks?: string, timeout_s?: number}} [options]
 */
const connecting = (url, { path, asks, timeout_s = 8 } = {}) =>
  planOf(
    {
      version: 1,
      name: 'connecting',
      protocol: 'socketio',
      ...(asks && { before: [{ http: { operation: 'rest.ask', method: 'POST', url: `${asks}/ask`, timeout_s, headers: { 'x-auth-token': 'a' }, json: {} } }] }),
      connect: { url, reconnect: 'none', timeout_s, ...(path && { path }) },
      flow: [],
    },
    crowd(2, 5),
  );

/** The one step that failed. */
function failed({ checks }) {
  const all = Object.entries(checks).filter(([, [state]]) => state === 'failed');
  assert.equal(all.length, 1, JSON.stringify(checks));
  const [[title, [, cause, remedy]]] = all;
  return { title, cause, remedy };
}

const ws = (url) => url.replace('http', 'ws');

/** A page of the lab, to start servers beside it and to hold what a preflight finds against what is expected. */
async function besideLab(world, options) {
  const lab = await world.lab();
  const page = await world.page(lab.url, options);
  const start = async (server) => world.use(await server());
  const expect = async (plan, title, cause, remedy) => {
    assert.deepEqual(failed(await preflight(page, plan)), { title, cause, remedy });
  };
  return { lab, page, start, expect };
}

story('where nobody answers is named with its cause', async (world) => {
  const { lab, start, expect } = await besideLab(world, { args: ['--host-resolver-rules=MAP nowhere.test ~NOTFOUND'] });
  const nobody = `http://127.0.0.1:${await freePort()}`;
  await expect(
    connecting(nobody),
    'Connection',
    `The connection to ${ws(nobody)} was refused: nobody listens on that port.`,
    'Check the address and the port, and whether the server runs.',
  );
  await expect(
    connecting('http://nowhere.test'),
    'Connection',
    'ws://nowhere.test could not be reached: there is no host of that name, or nobody listens on that port. A browser does not say which.',
    'Open http://nowhere.test in a tab of this browser: it says whether the name or the port is wrong.',
  );
  const tls = await start(startTls);
  await expect(
    connecting(tls.url),
    'Connection',
    `${ws(tls.url)} could not be reached safely: either its TLS certificate is not trusted here, or nobody listens. A browser does not say which.`,
    `Open ${tls.url} in a tab of this browser. A warning about the certificate means TLS: install a certificate that this machine trusts. "Refused to connect" means that nobody listens.`,
  );
  const nothing = (server) => [
    `Nothing came back from ${server} within 3 s: the machine is off, a firewall drops what is sent there, or what listens there never answers. A browser does not say which.`,
    'Check the address and the port, whether this network lets you out to it, and whether the server hangs.',
  ];
  const behindFirewall = await start(startUnreachable);
  await expect(connecting(behindFirewall.url, { timeout_s: 1 }), 'Connection', ...nothing(ws(behindFirewall.url)));
  const silent = await start(startSilent);
  await expect(connecting(lab.url, { asks: silent.url, timeout_s: 1 }), 'Request rest.ask', ...nothing(silent.url));
});

story('what the server refuses is named with its cause', async (world) => {
  const { lab, start, expect } = await besideLab(world);
  const closed = await start(startWithoutCors);
  await expect(
    connecting(lab.url, { asks: closed.url }),
    'Request rest.ask',
    `${closed.url} answers, but does not allow pages from ${lab.url} to read it (CORS).`,
    `Have the server send (its answer to OPTIONS, too): Access-Control-Allow-Origin: ${lab.url}; Access-Control-Allow-Methods: POST; Access-Control-Allow-Headers: content-type, x-auth-token`,
  );
  const choosy = await start(startChoosy);
  await expect(
    connecting(choosy.url),
    'Connection',
    `${ws(choosy.url)} refuses pages from the Origin ${lab.url}: this origin is not welcome`,
    `Add ${lab.url} to the origins that the server accepts. The switch is called cors_allowed_origins in python-socketio and Flask-SocketIO, CheckOrigin in gorilla/websocket and googollee's server, OriginPatterns in coder/websocket, SetCors in zishang520's.`,
  );
  const old = await start(startOld);
  await expect(
    connecting(old.url),
    'Connection',
    `${ws(old.url)} speaks Engine.IO 3 (Socket.IO 2), and tabswarm speaks Engine.IO 4 (Socket.IO 3 and later).`,
    'Update the server to Socket.IO 3 or later, or point the plan at one that is.',
  );
  await expect(
    connecting(lab.url, { path: '/chat/' }),
    'Connection',
    `${ws(lab.url)} lets no WebSocket in at /chat/, and has Socket.IO at /socket.io/.`,
    "Set the scenario's connect.path to /socket.io/: there is one.",
  );
  await expect(
    chatPlan(lab, crowd(2, 5), { socket: closed.url }),
    'Connection',
    `${ws(closed.url)} lets no Socket.IO in, and ${ws(lab.url)} does.`,
    `Two addresses of the plan may be swapped: put ${ws(lab.url)} where it has the one for the sockets.`,
  );
  await expect(
    connecting(lab.url, { asks: `${lab.url}/nothing/here` }),
    'Request rest.ask',
    `${lab.url} is where Socket.IO lives; nothing of an API that this page could read is at /nothing/here/ask.`,
    `If the API has an address of its own, the plan has the wrong one here. If it is this one, check the path, and have the server allow pages from ${lab.url} (CORS).`,
  );
  const locked = await start(startLocked);
  const accounts = 'Check the accounts and tokens of the plan: right server, not expired, registered.';
  await expect(connecting(locked.url), 'Connection', `${ws(locked.url)} does not let this user in: your token has expired`, accounts);
  const strangers = chatPlan(lab, crowd(2, 5), { register: false });
  await expect(strangers, 'Request rest.login', `${lab.url} refused the login: 이메일 또는 비밀번호가 올바르지 않습니다.`, accounts);
  const unknown = '000000000000000000000000';
  await expect(
    chatPlan(lab, crowd(2, 5), { rest_join: true, room_ids: [unknown] }),
    'Request rest.rooms.join',
    'The server knows no such room: 채팅방을 찾을 수 없습니다.',
    "Check the room in the plan's variables, or let the scenario create one.",
  );
});

story('what one user of the chat and one of the voice service meets', async (world) => {
  const lab = await world.lab();
  const page = await world.page(lab.url);
  const LIVELY = { send_min_ms: 200, send_max_ms: 300, room_size: 2 };

  const good = await preflight(page, chatPlan(lab, crowd(600, 5), LIVELY));
  assert.match(good.summary, /^Ready, with \d+ things? to know\.$/);
  for (const title of ['Request rest.login', 'Connection', 'Room: join', 'Message comes back: message']) {
    assert.equal(good.checks[title]?.[0], 'good', `${title}: ${JSON.stringify(good.checks)}`);
    assert.match(good.checks[title][1], /^[\d.]+ m?s$/);
  }
  assert.match(good.checks.Sockets[1], new RegExp(`^250 of 250 were open at the same time at ws://127`));
  assert.equal(good.checks['Enough browsers'][1], 'This plan needs 2 more browsers for 600 users.');
  assert.match(good.checks['Processor cores'][1], /^\d+, of which one is left to the page\.$/);
  assert.match(good.checks.Clock[1], /^\d+\.\d{3} ms between two steps of the clock\.$/);
  assert.match(good.checks.Timers[1], /^99 of 100 came at most \d+\.\d ms late\.$/);
  assert.match(good.checks['Hidden tab'][1], /^This tab is visible\. If it is hidden, load goes on in workers/);
  await until('nobody to be left behind', async () => (await lab.counts()).now.connections === 0);
  assert.equal((await swarm.status(page)).phase, 'idle', 'a preflight is no run');
  await card(page).screenshot({ path: 'e2e/artifacts/preflight-good.png' }).catch(() => {});

  const room = failed(await preflight(page, chatPlan(lab, crowd(2, 5), { ...LIVELY, room_ids: ['000000000000000000000000'] })));
  assert.deepEqual(room, {
    title: 'Room: join',
    cause: 'The server knows no such room: 채팅방을 찾을 수 없습니다.',
    remedy: "Check the room in the plan's variables, or let the scenario create one.",
  });

  await lab.setFaults({ rate_limit_per_min: 1 });
  const rate = failed(await preflight(page, chatPlan(lab, crowd(2, 5), LIVELY)));
  assert.deepEqual(rate, {
    title: 'Message comes back: message',
    cause: 'The server limits the rate already for one user: 메시지 전송 횟수 제한을 초과했습니다. 잠시 후 다시 시도해주세요.',
    remedy: "Raise the server's limit for the test, give users a longer interval, or use several accounts and addresses.",
  });

  await lab.setFaults({});
  const words = (await (await fetch(`${lab.url}/lab/words`)).text()).split('\n').filter(Boolean);
  const scenario = await swarm.presetScenario(page, 'ktb-chat');
  const banned = JSON.parse(JSON.stringify(scenario).replace('${filler(message_size - len(tag) - 1)}', words[0]));
  const plan = chatPlan(lab, crowd(2, 5), LIVELY);
  plan.populations[0].scenario = banned;
  assert.deepEqual(failed(await preflight(page, plan)), {
    title: 'Message comes back: message',
    cause: 'The server rejects what the message says: 금칙어가 포함된 메시지는 전송할 수 없습니다.',
    remedy: "Change the messages' text in the scenario, or take the word from the server's list for the test.",
  });

  const voice = planOf('voice-guest', crowd(1, 20));
  voice.populations[0].variables = { target: lab.url, greeting_timeout_s: 2 };
  await lab.setVoice({ silent_greeting_share: 1 });
  const silent = await preflight(page, voice);
  assert.deepEqual(failed(silent), {
    title: 'Voice is heard: greeting',
    cause: 'The voice service let the user in and never said a word.',
    remedy: "Check the service's key for its speech provider and its log; nothing of the user's is to blame yet.",
  });
  await lab.setVoice({ silent_answer_share: 1 });
  voice.populations[0].variables = { target: lab.url, answer_timeout_s: 1, think_min_ms: 0, think_max_ms: 10, length_s: 0.5 };
  assert.deepEqual(failed(await preflight(page, voice)), {
    title: 'Voice is heard: answer',
    cause: 'The voice service heard a turn and stayed silent.',
    remedy: "Check that it hears: the audio's rate and format, the clip, and how it finds the end of a turn.",
  });
  assert.match(silent.checks.Uplink[1], /^Needs up to [\d.]+.kB\/s of uplink: 1 open microphones?\. The target is this machine/);
});

story('what the browser itself forbids is named, too', async (world) => {
  const [lab, near] = [await world.lab(), await world.lab()];
  const tls = world.use(await serveFolder(DIST, '/', selfSigned()));
  const plain = world.use(await serveFolder(DIST));
  const [secure, insecure] = [tls, plain].map(({ url }) => new URL(url).port);
  // As the browser sees it, the pages come from far away, one target is this machine, and one stands in a private network.
  const args = [
    '--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.local 127.0.0.1',
    `--ip-address-space-overrides=127.0.0.1:${secure}=public,127.0.0.1:${insecure}=public,127.0.0.1:${new URL(near.url).port}=local`,
  ];
  const page = await world.page(`https://page.test:${secure}/`, { args, ignoreHTTPSErrors: true });
  const mixed = failed(await preflight(page, connecting('http://chat.test:5002')));
  assert.deepEqual(mixed, {
    title: 'Connection',
    cause: 'This page came by https, so the browser lets it reach only encrypted servers, and ws://chat.test:5002 is not.',
    remedy: 'Use wss://chat.test:5002 if the server has it, or open this page by http, as a lab of your own serves it.',
  });

  // Nobody is there to say yes when the browser asks.
  const nearby = near.url.replace('127.0.0.1', 'chat.local');
  assert.deepEqual(failed(await preflight(page, connecting(nearby))), {
    title: 'Connection',
    cause: 'chat.local is an address of a private network, and the browser does not let this page go there (denied).',
    remedy: 'Click the icon left of the address bar, allow access to devices on the local network, then try again.',
  });
  const denied = await preflight(page, connecting(lab.url));
  assert.deepEqual(failed(denied), {
    title: 'Connection',
    cause: '127.0.0.1 is this machine itself, and the browser does not let this page go there (denied).',
    remedy: 'Click the icon left of the address bar, allow access to other apps on this device, then try again.',
  });
  assert.equal(denied.checks.Sockets[1], 'About 250, as browsers of this kind go; not tried.');
  await page.context().grantPermissions(['local-network-access']);
  await page.getByLabel('Count sockets at the target').check();
  const granted = await preflight(page, connecting(lab.url));
  assert.equal(granted.checks.Connection[0], 'good', JSON.stringify(granted.checks));
  assert.equal(granted.checks.Sockets[1], `2 of 2 were open at the same time at ${ws(lab.url)}.`);

  const unencrypted = await preflight(page, connecting(nearby));
  assert.equal(unencrypted.checks.Connection[0], 'good', JSON.stringify(unencrypted.checks));
  await page.context().clearPermissions();
  await page.goto(`http://page.test:${insecure}/`);
  assert.deepEqual(failed(await preflight(page, connecting(lab.url))), {
    title: 'Connection',
    cause: '127.0.0.1 is this machine itself, and the browser lets no page go there that came unencrypted from elsewhere.',
    remedy: 'Open this page by https and allow it when the browser asks, or have a lab of your own serve it from there.',
  });
});

story('how often a message comes to its own sender is found out before the run', async (world) => {
  const { lab, page } = await besideLab(world);
  const quick = { room_size: 2, send_min_ms: 200, send_max_ms: 400, read: 'none', reaction_share: 0 };
  const plan = (own_copies) => chatPlan(lab, crowd(2, 5), { ...quick, own_copies });
  const told = async (copies) => (await preflight(page, plan(copies))).checks['Copies to the sender: message'];
  assert.equal(await told(1), undefined);
  await lab.setFaults({ rules: { no_sender_copy: true } });
  const [state, detail, remedy] = await told(1);
  assert.deepEqual([state, detail], ['mind', 'it was acknowledged, and had not come back to its sender by the end of the preflight']);
  assert.match(remedy, /`own_copies`/);
  assert.equal(await told(0), undefined);
});
