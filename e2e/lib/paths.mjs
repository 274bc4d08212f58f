// Where things lie.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(ROOT, 'dist');
export const ARTIFACTS = join(ROOT, 'e2e', 'artifacts');

/** The lab's program: `cargo xtask` names it, and where cargo puts it by default otherwise. */
export function labProgram() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const program = process.env.TABSWARM_LAB ?? join(target, 'lab', process.platform === 'win32' ? 'lab.exe' : 'lab');
  if (!existsSync(program)) throw new Error(`there is no ${program}: run \`cargo xtask test --only build\` first`);
  return program;
}

/** A member of a swarm that lies: where cargo puts an example by default, or `TABSWARM_MEMBER`. */
export function memberProgram() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const name = process.platform === 'win32' ? 'hostile_member.exe' : 'hostile_member';
  const program = process.env.TABSWARM_MEMBER ?? join(target, 'debug', 'examples', name);
  if (!existsSync(program)) throw new Error(`there is no ${program}: run \`cargo build --example hostile_member\` first`);
  return program;
}

/** Chromium's program: `CHROME` or `CHROMIUM`, then the usual names on PATH. */
export function chromiumProgram() {
  const named = [process.env.CHROME, process.env.CHROMIUM].find((path) => path && existsSync(path));
  if (named) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = onPath(name);
    if (found) return found;
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  if (existsSync(mac)) return mac;
  throw new Error('no Chromium found: install it, or set CHROME to its program');
}

/** Mosquitto's program: `MOSQUITTO`, then PATH, then where Debian and Homebrew put it, which is not on everybody's PATH. */
export function mosquittoProgram() {
  const named = process.env.MOSQUITTO;
  if (named && existsSync(named)) return named;
  const found = onPath('mosquitto', ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']);
  if (found) return found;
  throw new Error("no mosquitto found: install it (Debian's package is `mosquitto`), or set MOSQUITTO to its program");
}

function onPath(name, more = []) {
  const folders = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':');
  return [...folders, ...more].map((folder) => join(folder, name)).find(existsSync);
}
