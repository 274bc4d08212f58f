//! The Rust side of the tool chain: the wasm target, trunk, and the wasm-bindgen that Cargo.lock names.

use std::process::Command;

use crate::shell::{self, command, line, output_of};

/// Newer ones need a newer compiler than `rust-version` promises to work with.
const TRUNK_VERSION: &str = "0.22.0-beta.1";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

pub fn ensure_wasm_target() -> Result<(), String> {
    let libraries = output_of(&mut line(&format!("rustc --print target-libdir --target {WASM_TARGET}")));
    if libraries.is_some_and(|folder| std::path::Path::new(&folder).is_dir()) {
        return Ok(());
    }
    println!("==> rustup: adding {WASM_TARGET}");
    shell::run(&mut line(&format!("rustup target add {WASM_TARGET}")))
        .map_err(|problem| format!("{problem}; the Rust target {WASM_TARGET} is needed (https://rustup.rs)"))
}

/// A toolchain of rustup's minimal profile comes without them.
pub fn ensure_component(component: &str, program: &str) -> Result<(), String> {
    if output_of(command(program).arg("--version")).is_some() {
        return Ok(());
    }
    println!("==> rustup: adding {component}");
    shell::run(&mut line(&format!("rustup component add {component}")))
        .map_err(|problem| format!("{problem}; the Rust component {component} is needed (https://rustup.rs)"))
}

pub fn ensure_trunk() -> Result<(), String> {
    // Native certificates would need a C compiler for OpenSSL; rustls does not.
    ensure("trunk", "trunk", TRUNK_VERSION, &["--locked", "--no-default-features", "--features", "rustls"])
}

/// The command line tool and the crate must be the same version, to the digit.
pub fn ensure_wasm_bindgen() -> Result<(), String> {
    let lock = std::fs::read_to_string(shell::root().join("Cargo.lock"))
        .map_err(|e| format!("cannot read Cargo.lock: {e}"))?;
    let version = locked_version(&lock, "wasm-bindgen").ok_or("Cargo.lock does not name wasm-bindgen")?;
    // Not `--locked`: its own lock file may name crate versions that the registry has withdrawn.
    ensure("wasm-bindgen", "wasm-bindgen-cli", version, &[])
}

fn ensure(program: &str, package: &str, version: &str, options: &[&str]) -> Result<(), String> {
    let found = installed_version(program);
    if found.as_deref() == Some(version) {
        return Ok(());
    }
    let mut install = command("cargo");
    install.args(["install", package, "--version", version]).args(options);
    match found {
        Some(other) => {
            println!("==> cargo install {package} {version} for this project ({other} stays where it is)");
            install.arg("--force").arg("--root").arg(shell::private_tools());
        }
        None => println!("==> cargo install {package} {version} (two to three minutes, once)"),
    }
    shell::run(quick_build(&mut install))?;
    match installed_version(program) {
        Some(now) if now == version => Ok(()),
        _ => Err(format!("installed {package} {version}, but `{program}` on PATH is not it")),
    }
}

/// Tools that run for seconds are not worth minutes of link-time optimisation.
fn quick_build(install: &mut Command) -> &mut Command {
    install
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_TARGET_DIR", shell::private_tools().join("build"))
}

/// `trunk 0.22.0-beta.1` -> `0.22.0-beta.1`.
fn installed_version(program: &str) -> Option<String> {
    output_of(command(program).arg("--version"))?.split_whitespace().nth(1).map(str::to_owned)
}

/// The version that `Cargo.lock` names for a package.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\n"))?;
    entry.lines().next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_locked_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
