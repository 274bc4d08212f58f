//! Installing packages where we know how: on Debian, as root or with a `sudo` that asks nothing.

use crate::shell::{self, command, line, output_of};

/// Installs the packages, or says why not.
pub fn install(packages: &[&str]) -> Result<(), String> {
    if !is_debian() {
        return Err("this is not Debian".to_owned());
    }
    let prefix = root_prefix().ok_or("it takes root, or a sudo without a password")?;
    let packages = packages.join(" ");
    println!("==> apt-get install {packages}");
    let apt = |arguments: &str| {
        let mut apt = line(&format!("{prefix}apt-get {arguments}"));
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(&mut apt)
    };
    let install = format!("install --yes --no-install-recommends {packages}");
    // A machine whose package lists are fresh needs no update; a new container has none at all.
    apt(&install).or_else(|_| apt("update").and_then(|()| apt(&install)))
}

/// A package that brings a service starts it too, now and at every boot; where there is no service this does nothing.
pub fn stop_service(name: &str) {
    let prefix = root_prefix().unwrap_or_default();
    let stopped = output_of(&mut line(&format!("{prefix}systemctl disable --now {name}")));
    if stopped.is_none() {
        output_of(&mut line(&format!("{prefix}service {name} stop")));
    }
}

fn is_debian() -> bool {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian")
}

/// What to put before `apt-get`.
fn root_prefix() -> Option<&'static str> {
    if output_of(command("id").arg("-u")).as_deref() == Some("0") {
        return Some("");
    }
    output_of(&mut line("sudo -n true")).map(|_| "sudo -n ")
}
