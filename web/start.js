// Starts the page's program. A file of its own, because the page's Content-Security-Policy runs no script that stands in
// the page itself; which files to load, Trunk writes into `<meta name="program">` (see Trunk.toml).
/** @param {string} [path] */
const here = (path = '') => new URL(path, document.baseURI);

/** Longer than a good line needs for the largest file: who waits is told what for. */
const PATIENCE_MS = 20_000;

/** This browser lacks what the program is made for. */
class Outdated extends Error {}

// Inside another page's frame a click may be meant for something else. A static host sends no `frame-ancestors`, and a
// policy in the page cannot say it, so the page looks itself, before its program is loaded; its own origin is no exception.
if (window.top === window.self) start().catch(failed);
else refuse();

async function start() {
  // A program that has trapped can say nothing any more, neither in a click's handler nor in a start that was under way.
  window.addEventListener('error', ({ error }) => trapped(error));
  window.addEventListener('unhandledrejection', ({ reason }) => trapped(reason));
  if (typeof WebAssembly === 'undefined') throw new Outdated('WebAssembly is missing or switched off');
  const { js, wasm } = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="program"]')).dataset;
  const { default: init } = await patiently(js, import(here(js).href));
  await patiently(wasm, init({ module_or_path: here(wasm) }));
}

/**
 * Says so when something takes long, and goes on waiting for it.
 * @template T
 * @param {string | undefined} file
 * @param {Promise<T>} pending
 */
async function patiently(file, pending) {
  const late = setTimeout(() => tell('Tabswarm is still loading', [
    `A part of its program (${file?.replace(/^.*\//, '')}) is not here after ${PATIENCE_MS / 1_000} seconds. This page goes on waiting, and starts by itself when it comes.`,
    'On a slow line this takes its time. Otherwise load the page anew: a content blocker, a proxy or the server may hold the file back.',
  ]), PATIENCE_MS);
  try {
    return await pending;
  } finally {
    clearTimeout(late);
    document.querySelector('.start')?.remove();
  }
}

/** @param {unknown} error */
function failed(error) {
  const [what, then] = reason(error);
  tell('Tabswarm did not start', [what, `Load the page anew. ${then} Runs that this browser has kept are not lost.`], error);
}

/** What happened, and what to do if it happens again. @param {unknown} error */
function reason(error) {
  const { CompileError, LinkError, RuntimeError } = globalThis.WebAssembly ?? { CompileError: Outdated, LinkError: Outdated, RuntimeError: Outdated };
  if (error instanceof Outdated || [SyntaxError, CompileError, LinkError].some((kind) => error instanceof kind)) {
    return [
      'This browser cannot run its program: the browser is too old, WebAssembly is switched off in it, or the file came damaged.',
      'If that does not help, use a current Chrome, Edge, Firefox or Safari.',
    ];
  }
  if (error instanceof RuntimeError) {
    return ['Its program broke down while it started.', 'If that does not help, the text below says to its makers what went wrong.'];
  }
  return [
    'Its program could not be loaded: the server does not have it or cannot be reached, or a content blocker or a proxy holds it back.',
    'If that does not help, switch content blockers off for this page, or ask whoever runs its server.',
  ];
}

/**
 * In place of a page that is not there.
 * @param {string} title
 * @param {string[]} words
 * @param {unknown} [error]
 */
function tell(title, words, error) {
  document.querySelector('.start')?.remove();
  const [place, told, again] = [element('main', ''), element('div', ''), element('button', 'Load anew')];
  place.className = 'start';
  told.setAttribute('role', 'alert');
  told.append(element('h1', title), ...words.map((text) => element('p', text)));
  again.addEventListener('click', () => location.reload());
  place.append(told, again);
  if (error !== undefined) place.append(element('p', `The browser said: ${error instanceof Error ? error.message : error}`));
  document.body.prepend(place);
}

/** @param {string} name @param {string} text */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** @param {unknown} error */
function trapped(error) {
  if (typeof WebAssembly === 'undefined' || !(error instanceof WebAssembly.RuntimeError)) return;
  if (document.querySelector('.broken')) return;
  const text = element('p', `This page has broken down, and a run with it: ${error.message}. Load it anew; what was kept of runs is under Results.`);
  text.className = 'notice bad broken';
  text.setAttribute('role', 'alert');
  document.body.prepend(text);
}

function refuse() {
  const [text, link] = [document.createElement('p'), document.createElement('a')];
  text.textContent = 'Tabswarm does not run inside another page. ';
  link.textContent = 'Open it on its own';
  Object.assign(link, { href: location.href, target: '_blank', rel: 'noopener noreferrer' });
  text.append(link, '.');
  document.body.append(text);
}
