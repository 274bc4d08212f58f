//! What is built: the page in `dist/`, and the lab that serves it.

use std::path::PathBuf;

use crate::shell::{self, line};
use crate::{browser, cargo_tools};

/// Builds the page for release into `dist/`, which any static host can serve.
pub fn build_page() -> Result<(), String> {
    cargo_tools::ensure_wasm_target()?;
    cargo_tools::ensure_trunk()?;
    cargo_tools::ensure_wasm_bindgen()?;
    browser::ensure_node()?;
    println!("==> trunk build --release");
    // Trunk takes NO_COLOR for a flag of its own and stops at the usual value `1`.
    shell::run(line("trunk build --release").env_remove("NO_COLOR"))
}

/// Whether the lab has a broker in it, which takes some minutes more to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lab {
    Plain,
    WithRoom,
}

/// Builds the lab and says where it is. Its profile is quick to build and fast enough not to be the bottleneck.
pub fn build_lab(lab: Lab) -> Result<PathBuf, String> {
    let features = match lab {
        Lab::Plain => "",
        Lab::WithRoom => " --features room",
    };
    println!("==> cargo build lab{features}");
    shell::run(&mut line(&format!("cargo build --package lab --profile lab{features}")))?;
    Ok(lab_program())
}

pub fn lab_program() -> PathBuf {
    shell::target_dir().join("lab").join(format!("lab{}", std::env::consts::EXE_SUFFIX))
}
