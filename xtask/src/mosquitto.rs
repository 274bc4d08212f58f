//! The broker that most people have, for the tests of runs over several browsers.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::shell::find_program;

/// Not on everybody's PATH; Debian and Homebrew put it there.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/// Mosquitto: `MOSQUITTO`, then PATH, then Debian's package. Tests start one of their own, so the package's service is
/// stopped; one that was there before is left alone.
pub fn ensure_mosquitto() -> Result<PathBuf, String> {
    if let Some(broker) = find_mosquitto() {
        return Ok(broker);
    }
    debian::install(&["mosquitto"])
        .map_err(|why| format!("install mosquitto, or set MOSQUITTO to its program: {why}"))?;
    debian::stop_service("mosquitto");
    find_mosquitto().ok_or_else(|| format!("mosquitto was installed but is neither on PATH nor in {}", FOLDERS[0]))
}

fn find_mosquitto() -> Option<PathBuf> {
    let named = std::env::var_os("MOSQUITTO").map(PathBuf::from).filter(|path| path.is_file());
    named
        .or_else(|| find_program("mosquitto"))
        .or_else(|| FOLDERS.into_iter().map(|folder| Path::new(folder).join("mosquitto")).find(|path| path.is_file()))
}
