// Starts the page's program. A file of its own, because the page's Content-Security-Policy runs no script that stands in
// the page itself; which files to load, Trunk writes into `<meta name="program">` (see Trunk.toml).
const { js, wasm } = document.querySelector('meta[name="program"]').dataset;
const here = (path) => new URL(path, document.baseURI);

const { default: init } = await import(here(js));
await init({ module_or_path: here(wasm) });
