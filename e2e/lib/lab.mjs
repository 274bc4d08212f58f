// The lab as tests see it: an address, its fault switches, and what it counted.
import { DIST, labProgram } from './paths.mjs';
import { freePort, start } from './process.mjs';
import { fatal, until } from './wait.mjs';

/**
 * Starts a lab that serves the page, the chat service and the voice service.
 * @param {{port?: number, args?: string[]}} [options]
 */
export async function startLab({ port, args = [] } = {}) {
  if (port) return launch(port, args);
  // Another program may take the port between us and the lab.
  return launch(await freePort(), args).catch(async (error) => {
    if (!error.fatal) throw error;
    return launch(await freePort(), args);
  });
}

async function launch(port, args) {
  const lab = start(labProgram(), ['--dist', DIST, '--port', String(port), ...args]);
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(`the lab to answer at ${url}`, async () => {
      if (lab.hasEnded()) throw fatal('the lab ended at once');
      return (await fetch(`${url}/lab/counts`)).ok;
    });
  } catch (error) {
    await lab.stop();
    throw Object.assign(new Error(`${error.message}\n${lab.output()}`), { fatal: error.fatal });
  }
  return {
    url,
    output: () => lab.output(),
    stop: () => lab.stop(),
    /** Its process stands still: connections stay, and nothing is read or answered. */
    pause: () => lab.kill('SIGSTOP'),
    resume: () => lab.kill('SIGCONT'),
    counts: ({ users = false } = {}) => answer(fetch(`${url}/lab/counts?users=${Number(users)}`)),
    faults: () => answer(fetch(`${url}/lab/faults`)),
    setFaults: (faults) => answer(post(`${url}/lab/faults`, faults)),
    setVoice: (switches) => answer(post(`${url}/lab/voice`, switches)),
    restart: (how) => answer(post(`${url}/lab/restart`, how)),
    reset: () => answer(post(`${url}/lab/reset`, {})),
  };
}

const post = (url, body) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function answer(pending) {
  const response = await pending;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}
