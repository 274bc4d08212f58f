//! The engine's worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    tabswarm::browser::worker_main();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program is a part of a web page; `cargo xtask run` builds and serves it");
}
