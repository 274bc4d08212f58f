//! What drives a browser: Node with its packages, Chromium, chromedriver.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::shell::{self, find_program, line, output_of};

/// The oldest Node that Playwright runs on.
const NODE_MAJOR: u32 = 20;
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Only checked: Debian's own Node is often too old, and everything else that installs Node is the user's choice.
pub fn ensure_node() -> Result<(), String> {
    let version = output_of(&mut line("node --version")).filter(|_| find_program("npm").is_some());
    match version.as_deref().and_then(major) {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => Err(format!(
            "install Node.js {NODE_MAJOR} or newer with npm (https://nodejs.org); found {}",
            version.as_deref().unwrap_or("none")
        )),
    }
}

/// Tests ask it for certificates that nobody trusts.
pub fn ensure_openssl() -> Result<(), String> {
    match find_program("openssl") {
        Some(_) => Ok(()),
        None => debian::install(&["openssl"]).map_err(|why| format!("install openssl: {why}")),
    }
}

/// The packages of the end-to-end tests and the headless command, exactly as locked.
pub fn ensure_e2e_packages() -> Result<(), String> {
    let folder = shell::root().join("e2e");
    if is_up_to_date(&folder) {
        return Ok(());
    }
    println!("==> npm ci (e2e)");
    shell::run(&mut line("npm ci --prefix e2e --no-audit --no-fund --silent"))
}

/// npm leaves a copy of the lock file in `node_modules`; an older one means that the lock file has changed since.
fn is_up_to_date(folder: &Path) -> bool {
    let changed = |file: &str| std::fs::metadata(folder.join(file)).and_then(|meta| meta.modified()).ok();
    match (changed("node_modules/.package-lock.json"), changed("package-lock.json")) {
        (Some(installed), Some(locked)) => installed >= locked,
        _ => false,
    }
}

/// Chromium or Chrome: `CHROME` or `CHROMIUM`, then PATH, then Debian's package.
pub fn ensure_chromium() -> Result<PathBuf, String> {
    if let Some(browser) = find_chromium() {
        return Ok(browser);
    }
    debian::install(&["chromium"])
        .map_err(|why| format!("install Chromium or Chrome, or set CHROME to its program: {why}"))?;
    find_chromium().ok_or_else(|| "chromium was installed but is not on PATH".to_owned())
}

pub fn ensure_chromedriver() -> Result<PathBuf, String> {
    if let Some(driver) = find_chromedriver() {
        return Ok(driver);
    }
    debian::install(&["chromium-driver"])
        .map_err(|why| format!("install the chromedriver of your Chromium, or set CHROMEDRIVER to it: {why}"))?;
    find_chromedriver().ok_or_else(|| "chromium-driver was installed but chromedriver is not on PATH".to_owned())
}

fn find_chromium() -> Option<PathBuf> {
    from_env("CHROME")
        .or_else(|| from_env("CHROMIUM"))
        .or_else(|| CHROMIUM_NAMES.into_iter().find_map(find_program))
        .or_else(|| Some(PathBuf::from(MAC_CHROME)).filter(|path| path.is_file()))
}

fn find_chromedriver() -> Option<PathBuf> {
    from_env("CHROMEDRIVER").or_else(|| find_program("chromedriver"))
}

fn from_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_file())
}

/// `v20.20.2` -> 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_node() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major(""), None);
    }
}
