//! `cargo xtask run`: from a fresh clone to a page that only waits for Start, or to a finished headless run.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::args::{Mode, RunOptions};
use crate::shell::{become_command, command};
use crate::{artifacts, browser, shell};

/// Does not return when all goes well: this process becomes the lab, or the headless run.
pub fn run(options: &RunOptions) -> Result<(), String> {
    // A plan that is not there should not cost a build first.
    if let Mode::Headless(Some(plan)) = &options.mode
        && !plan.is_file()
    {
        return Err(format!("there is no plan file {}", plan.display()));
    }
    artifacts::build_page()?;
    let lab = artifacts::build_lab()?;
    match &options.mode {
        Mode::Page => serve(&lab, options.port),
        Mode::Headless(plan) => play(&lab, plan.as_deref(), options),
    }
}

fn serve(lab: &Path, port: u16) -> Result<(), String> {
    let port = free_port(port)?;
    println!("==> lab on port {port}; Ctrl-C stops it");
    let mut serve = command(&lab.to_string_lossy());
    become_command(serve.arg("--dist").arg("dist").arg("--port").arg(port.to_string()))
}

fn play(lab: &Path, plan: Option<&Path>, options: &RunOptions) -> Result<(), String> {
    let chromium = browser::ensure_chromium()?;
    browser::ensure_e2e_packages()?;
    let mut play = command("node");
    play.arg(shell::root().join("e2e/headless.mjs"));
    // File names are meant from where the command was typed, which is not the root that our commands run in.
    let here = std::env::current_dir().map_err(|e| format!("cannot tell the working folder: {e}"))?;
    play.arg("--report").arg(here.join(&options.report));
    if let Some(plan) = plan {
        play.arg("--plan").arg(here.join(plan));
    }
    play.arg("--port").arg(free_port(options.port)?.to_string());
    become_command(play.env("CHROME", chromium).env("TABSWARM_LAB", lab))
}

/// The port, or the next one that nobody listens on.
fn free_port(wanted: u16) -> Result<u16, String> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = (wanted..=u16::MAX).find(is_free).ok_or_else(|| format!("no port from {wanted} on is free"))?;
    if port != wanted {
        println!("port {wanted} is busy: using {port}");
    }
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_over_a_busy_port() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let busy = taken.local_addr().unwrap().port();
        assert!(free_port(busy).is_ok_and(|port| port > busy));
    }
}
