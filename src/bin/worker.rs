//! What runs in the page's workers: the engine, and the link to a swarm.

#[cfg(target_arch = "wasm32")]
fn main() {
    tabswarm::browser::any_worker_main();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program is a part of a web page; `cargo xtask run` builds and serves it");
}
