// A web page of a stranger, of an origin of its own: it frames ours, opens our links, changes their fragments, and talks to them.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { portOf } from './process.mjs';

/** Serves it. `open(context)` answers with what it can do there, in a tab of that browser. */
export async function startHostilePage() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><title>You have won</title><button>Take it</button><main></main>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Another name than ours, so another site, too.
  const url = `http://localhost:${portOf(server)}/`;
  return {
    url,
    async open(context) {
      const page = await context.newPage();
      await page.goto(url);
      return attack(page);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const attack = (page) => ({
  page,
  /** In a frame, with these attributes; answers with the frame when it has loaded. */
  async frames(address, attributes = {}) {
    await page.evaluate(([address, attributes]) => {
      const frame = Object.assign(document.createElement('iframe'), { src: address });
      for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
      document.querySelector('main')?.replaceChildren(frame);
      return loaded;
    }, [address, attributes]);
    return page.frames().at(-1);
  },
  /** In a window that it has a hold of; answers with the tab. A browser wants a click for it, and gets one. */
  async opens(address) {
    await page.evaluate((address) => {
      const button = document.querySelector('button');
      if (button) button.onclick = () => (window.victim = window.open(address, 'victim'));
    }, address);
    const [tab] = await Promise.all([page.context().waitForEvent('page'), page.locator('button').click()]);
    return tab;
  },
  /** Has the opened window show another address; another fragment of the same one loads nothing anew. */
  leads: (address) => page.evaluate((address) => void (window.victim.location.href = address), address),
  /** Says this to the opened window, as whoever listens to messages could take for an order. */
  says: (message) => page.evaluate((message) => window.victim.postMessage(message, '*'), message),
});
