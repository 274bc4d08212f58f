// Starts the page's program. A file of its own, because the page's Content-Security-Policy runs no script that stands in
// the page itself; which files to load, Trunk writes into `<meta name="program">` (see Trunk.toml).
const here = (path) => new URL(path, document.baseURI);

// Inside another page's frame a click may be meant for something else. A static host sends no `frame-ancestors`, and a
// policy in the page cannot say it, so the page looks itself, before its program is loaded; its own origin is no exception.
if (window.top === window.self) await start().catch((error) => broken('Tabswarm did not start', error));
else refuse();

async function start() {
  // A program that has trapped can say nothing any more, neither in a click's handler nor in a start that was under way.
  window.addEventListener('error', ({ error }) => trapped(error));
  window.addEventListener('unhandledrejection', ({ reason }) => trapped(reason));
  const { js, wasm } = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="program"]')).dataset;
  const { default: init } = await import(here(js).href);
  await init({ module_or_path: here(wasm) });
}

/** @param {unknown} error */
function trapped(error) {
  if (error instanceof WebAssembly.RuntimeError) broken('This page has broken down, and a run with it', error);
}

/** @param {string} what @param {unknown} error */
function broken(what, error) {
  if (document.querySelector('.broken')) return;
  const text = document.createElement('p');
  text.className = 'notice bad broken';
  text.setAttribute('role', 'alert');
  text.textContent = `${what}: ${error instanceof Error ? error.message : error}. Load it anew; what was kept of runs is under Results.`;
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
