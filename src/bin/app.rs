//! The page.

#[cfg(target_arch = "wasm32")]
fn main() {
    tabswarm::ui::open();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program is a web page; `cargo xtask run` builds and serves it");
}
