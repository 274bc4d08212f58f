//! The command line, as typed and as meant.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;

use crate::{bench, test};

pub const USAGE: &str = "\
cargo xtask run                         build everything, start the lab, print the page's URL
      --port N                          the lab's port (4280; the next free one if it is taken)
      --host IP                         where it listens (127.0.0.1; 0.0.0.0 lets other machines in)
      --room                            with a broker, and the links with which browsers play one run together
cargo xtask run --headless [PLAN]       run a plan (a JSON file; without it the preset `lab`) in headless Chromium
      --report FILE                     where the report goes as data (report.json)
      --html FILE                       and as a page (report.html)
      --junit FILE                      where the thresholds go as JUnit XML (junit.xml)
      --baseline FILE                   an earlier run's report, for thresholds like `connect p95 <= baseline + 10 %`
      --allow HOST                      load may go to this host, too; may be given several times
      --port N                          as above
    exits with 0 (PASS), 99 (FAIL), 98 (INVALID: not all could be judged), 1 when anything else went wrong
cargo xtask test [--only STEP]...       fmt, tidy, js, clippy, clippy-wasm, host, wasm, build, e2e
cargo xtask bench [--only PART]...      browser, codec, simulation, voice, swarm, contexts, conclusions, page, sizes
cargo xtask fuzz [--minutes N] [NAME]   tries every decoder, or the named one, with made-up inputs (1 minute each)
    exits with 0, 1 when one failed, 69 when no tool chain for it is at hand
cargo xtask tidy                        what cargo and clippy do not hold: the order of the layers, doubled and replaced names, long files
cargo xtask build                       only the page, into dist/
cargo xtask help

What is missing (the wasm target, trunk, wasm-bindgen, npm packages, Debian's chromium and mosquitto) is installed on the way.";

#[derive(Debug, PartialEq)]
pub enum Command {
    Help,
    /// The page alone.
    Build,
    Tidy,
    Run(RunOptions),
    /// Empty: every step.
    Test {
        only: Vec<String>,
    },
    /// Empty: every part.
    Bench {
        only: Vec<String>,
    },
    /// `None`: every decoder. Minutes of each.
    Fuzz {
        minutes: f64,
        only: Option<String>,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub struct RunOptions {
    pub mode: Mode,
    pub port: u16,
    pub files: Files,
    /// An earlier report that thresholds compare with.
    pub baseline: Option<PathBuf>,
    /// Hosts besides this machine that load may go to.
    pub allow: Vec<String>,
}

/// Where a headless run leaves what came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Files {
    pub report: PathBuf,
    pub html: PathBuf,
    pub junit: PathBuf,
}

impl Default for Files {
    fn default() -> Self {
        Self { report: "report.json".into(), html: "report.html".into(), junit: "junit.xml".into() }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Mode {
    /// The lab serves the page; people open it.
    Page { host: IpAddr, room: bool },
    /// A browser without a window plays this plan; `None`: the preset that targets the lab.
    Headless(Option<PathBuf>),
}

const DEFAULT_HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DEFAULT_PORT: u16 = 4280;

/// Reads the arguments after the program's name.
///
/// # Errors
/// A sentence that names what was not understood.
pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut words = args.into_iter().peekable();
    let command = words.next().unwrap_or_else(|| "help".to_owned());
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Command::Help),
        "run" => parse_run(words),
        "build" => words.next().map_or(Ok(Command::Build), |word| Err(format!("build: unknown option `{word}`"))),
        "tidy" => words.next().map_or(Ok(Command::Tidy), |word| Err(format!("tidy: unknown option `{word}`"))),
        "test" => Ok(Command::Test { only: parse_only(words, &test::step_names())? }),
        "bench" => Ok(Command::Bench { only: parse_only(words, bench::PARTS)? }),
        "fuzz" => parse_fuzz(words),
        other => Err(format!("unknown command `{other}`")),
    }
}

fn parse_fuzz(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut minutes, mut only) = (1.0, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--minutes" => minutes = parsed("--minutes", words.next(), "a number of minutes")?,
            option if option.starts_with('-') => return Err(format!("fuzz: unknown option `{option}`")),
            name if only.is_none() => only = Some(name.to_owned()),
            name => return Err(format!("fuzz: one name, not also `{name}`")),
        }
    }
    if (0.0..=10_000.0).contains(&minutes) {
        Ok(Command::Fuzz { minutes, only })
    } else {
        Err(format!("--minutes: `{minutes}` is not a number from 0 to 10000"))
    }
}

fn parse_run(words: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut words = words.peekable();
    let (mut plan, mut host, mut room) = (None, None, false);
    let (mut port, mut files, mut baseline) = (DEFAULT_PORT, Files::default(), None);
    let mut allow = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--headless" => plan = Some(words.next_if(|next| !next.starts_with('-')).map(PathBuf::from)),
            "--host" => host = Some(parsed("--host", words.next(), "an IP address")?),
            "--port" => port = parsed("--port", words.next(), "a port number")?,
            "--report" => files.report = value_of("--report", words.next())?.into(),
            "--html" => files.html = value_of("--html", words.next())?.into(),
            "--junit" => files.junit = value_of("--junit", words.next())?.into(),
            "--baseline" => baseline = Some(PathBuf::from(value_of("--baseline", words.next())?)),
            "--allow" => allow.push(value_of("--allow", words.next())?),
            "--room" => room = true,
            other => return Err(format!("run: unknown option `{other}`")),
        }
    }
    let mode = match plan {
        None if baseline.is_some() => return Err("run: --baseline is for --headless".to_owned()),
        None if !allow.is_empty() => return Err("run: --allow is for --headless; the page asks its user".to_owned()),
        None => Mode::Page { host: host.unwrap_or(DEFAULT_HOST), room },
        Some(_) if room || host.is_some() => return Err("run: --headless takes neither --room nor --host".to_owned()),
        Some(plan) => Mode::Headless(plan),
    };
    Ok(Command::Run(RunOptions { mode, port, files, allow, baseline }))
}

fn parse_only(mut words: impl Iterator<Item = String>, known: &[&str]) -> Result<Vec<String>, String> {
    let mut only = Vec::new();
    while let Some(word) = words.next() {
        if word != "--only" {
            return Err(format!("unknown option `{word}`"));
        }
        let name = value_of("--only", words.next())?;
        if !known.contains(&name.as_str()) {
            return Err(format!("--only: `{name}` is none of {}", known.join(", ")));
        }
        only.push(name);
    }
    Ok(only)
}

fn parsed<T: FromStr>(option: &str, value: Option<String>, kind: &str) -> Result<T, String> {
    let value = value_of(option, value)?;
    value.parse().map_err(|_| format!("{option}: `{value}` is not {kind}"))
}

fn value_of(option: &str, value: Option<String>) -> Result<String, String> {
    value.ok_or_else(|| format!("{option} needs a value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Command, &str>) {
        let parsed = parse(line.split_whitespace().map(str::to_owned));
        assert_eq!(parsed, expected.map_err(str::to_owned));
    }

    fn run(mode: Mode, port: u16, [report, html, junit]: [&str; 3]) -> Result<Command, &'static str> {
        let files = Files { report: report.into(), html: html.into(), junit: junit.into() };
        Ok(Command::Run(RunOptions { mode, port, files, allow: Vec::new(), baseline: None }))
    }

    fn page(host: [u8; 4], room: bool) -> Mode {
        Mode::Page { host: host.into(), room }
    }

    const USUAL: [&str; 3] = ["report.json", "report.html", "junit.xml"];
    const HERE: [u8; 4] = [127, 0, 0, 1];

    #[test]
    fn reads_command_lines() {
        check("", Ok(Command::Help));
        check("run", run(page(HERE, false), 4280, USUAL));
        check("run --port 5000", run(page(HERE, false), 5000, USUAL));
        check("run --room", run(page(HERE, true), 4280, USUAL));
        check("run --host 0.0.0.0 --room --port 80", run(page([0, 0, 0, 0], true), 80, USUAL));
        check("run --headless", run(Mode::Headless(None), 4280, USUAL));
        check("run --allow a.example", Err("run: --allow is for --headless; the page asks its user"));
        let allow = vec!["a.example".to_owned(), "b.example".to_owned()];
        let allowed =
            RunOptions { mode: Mode::Headless(None), port: 4280, files: Files::default(), allow, baseline: None };
        check("run --headless --allow a.example --allow b.example", Ok(Command::Run(allowed)));
        let (mode, baseline) = (Mode::Headless(None), Some("old.json".into()));
        let compared = RunOptions { mode, port: 4280, files: Files::default(), allow: Vec::new(), baseline };
        check("run --headless --baseline old.json", Ok(Command::Run(compared)));
        check("run --headless --report out.json", run(Mode::Headless(None), 4280, ["out.json", USUAL[1], USUAL[2]]));
        check("run --headless my.json --port 1", run(Mode::Headless(Some("my.json".into())), 1, USUAL));
        let placed = [USUAL[0], "a.html", "b.xml"];
        check("run --headless --html a.html --junit b.xml", run(Mode::Headless(None), 4280, placed));
        check("build", Ok(Command::Build));
        check("tidy", Ok(Command::Tidy));
        check("tidy up", Err("tidy: unknown option `up`"));
        check("test", Ok(Command::Test { only: vec![] }));
        check("test --only fmt --only host", Ok(Command::Test { only: vec!["fmt".into(), "host".into()] }));
        check("fuzz", Ok(Command::Fuzz { minutes: 1.0, only: None }));
        check("fuzz --minutes 0.5 mqtt", Ok(Command::Fuzz { minutes: 0.5, only: Some("mqtt".into()) }));
        check("bench --only sizes", Ok(Command::Bench { only: vec!["sizes".into()] }));
    }

    #[test]
    fn names_what_it_does_not_understand() {
        check("fly", Err("unknown command `fly`"));
        check("run --prot 1", Err("run: unknown option `--prot`"));
        check("run --port", Err("--port needs a value"));
        check("run --port 70000", Err("--port: `70000` is not a port number"));
        check("run --host here", Err("--host: `here` is not an IP address"));
        check("run --baseline old.json", Err("run: --baseline is for --headless"));
        check("run --headless --baseline", Err("--baseline needs a value"));
        check("run --headless --room", Err("run: --headless takes neither --room nor --host"));
        check("run --host 0.0.0.0 --headless a.json", Err("run: --headless takes neither --room nor --host"));
        check(
            "test --only moon",
            Err("--only: `moon` is none of fmt, tidy, js, clippy, clippy-wasm, host, wasm, build, e2e"),
        );
        check("fuzz --minutes", Err("--minutes needs a value"));
        check("fuzz --minutes -3", Err("--minutes: `-3` is not a number from 0 to 10000"));
        check("fuzz --minutes NaN", Err("--minutes: `NaN` is not a number from 0 to 10000"));
        check("fuzz --hours 3", Err("fuzz: unknown option `--hours`"));
        check("fuzz mqtt csv", Err("fuzz: one name, not also `csv`"));
        check("test fmt", Err("unknown option `fmt`"));
    }
}
