//! `cargo xtask run`: from a fresh clone to a page that only waits for Start, or to a finished headless run.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;

use crate::args::{Mode, RunOptions};
use crate::artifacts::Lab;
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
    match &options.mode {
        Mode::Page { host, room } => serve(*host, options.port, *room),
        Mode::Headless(plan) => play(plan.as_deref(), options),
    }
}

fn serve(host: IpAddr, port: u16, room: bool) -> Result<(), String> {
    let lab = artifacts::build_lab(if room { Lab::WithRoom } else { Lab::Plain })?;
    let port = free_port(host, port)?;
    let mut serve = command(&lab.to_string_lossy());
    serve.args(["--dist", "dist", "--host", &host.to_string(), "--port", &port.to_string()]);
    if room {
        let broker = free_port(host, port.checked_add(1).ok_or("no port is left for the broker")?)?;
        serve.args(["--room", "--broker-port", &broker.to_string()]);
    }
    println!("==> lab on port {port}; Ctrl-C stops it");
    become_command(&mut serve)
}

fn play(plan: Option<&Path>, options: &RunOptions) -> Result<(), String> {
    let lab = artifacts::build_lab(Lab::Plain)?;
    let chromium = browser::ensure_chromium()?;
    browser::ensure_e2e_packages()?;
    let mut play = command("node");
    play.arg(shell::root().join("e2e/headless.mjs"));
    // File names are meant from where the command was typed, which is not the root that our commands run in.
    let here = std::env::current_dir().map_err(|e| format!("cannot tell the working folder: {e}"))?;
    let files = &options.files;
    for (option, file) in [("--report", &files.report), ("--html", &files.html), ("--junit", &files.junit)] {
        play.arg(option).arg(here.join(file));
    }
    if let Some(plan) = plan {
        play.arg("--plan").arg(here.join(plan));
    }
    if let Some(baseline) = &options.baseline {
        play.arg("--baseline").arg(here.join(baseline));
    }
    for host in &options.allow {
        play.arg("--allow").arg(host);
    }
    play.arg("--port").arg(free_port(Ipv4Addr::LOCALHOST.into(), options.port)?.to_string());
    become_command(play.env("CHROME", chromium).env("TABSWARM_LAB", lab))
}

/// The port, or the next one that nobody listens on there.
fn free_port(host: IpAddr, wanted: u16) -> Result<u16, String> {
    TcpListener::bind((host, 0)).map_err(|e| format!("cannot listen on {host}: {e}"))?;
    let is_free = |port: &u16| TcpListener::bind((host, *port)).is_ok();
    let port =
        (wanted..=u16::MAX).find(is_free).ok_or_else(|| format!("no port of {host} from {wanted} on is free"))?;
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
        assert!(free_port(Ipv4Addr::LOCALHOST.into(), busy).is_ok_and(|port| port > busy));
    }

    #[test]
    fn says_that_an_address_is_not_ours() {
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        assert!(free_port(elsewhere, 4280).is_err_and(|problem| problem.starts_with("cannot listen on 192.0.2.1: ")));
    }
}
