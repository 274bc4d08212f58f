//! `cargo xtask fuzz`: tries every decoder with inputs that nobody thought of (libFuzzer, in `fuzz/`).
//!
//! The compiler's own coverage pass is enough for that, so the stable tool chain serves; only libFuzzer itself wants a C++
//! compiler. What it finds is kept in `target/fuzz`; inputs worth keeping go to `fuzz/corpus`, which the tests play again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use crate::shell::{self, command, line, output_of};

/// No tool chain for it is at hand: nothing was searched, which is neither success nor failure.
const UNAVAILABLE: u8 = 69;

/// Fuzzes the named target (none named: each in turn) for so many minutes each.
pub fn fuzz(minutes: f64, only: Option<&str>) -> ExitCode {
    match try_all(minutes, only) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(Problem::Unavailable(what)) => {
            eprintln!(
                "xtask: fuzzing needs {what}; what is tried instead are {VARIATIONS} blind variations of the kept inputs"
            );
            if vary(only) { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
        }
        Err(Problem::Other(problem)) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

enum Problem {
    Unavailable(&'static str),
    Other(String),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Other(problem)
    }
}

fn try_all(minutes: f64, only: Option<&str>) -> Result<bool, Problem> {
    let known = targets(&shell::root())?;
    let wanted = match only {
        Some(name) if known.iter().any(|target| target == name) => vec![name.to_owned()],
        Some(name) => return Err(Problem::Other(format!("fuzz: `{name}` is none of {}", known.join(", ")))),
        None => known,
    };
    if output_of(command("c++").arg("--version")).is_none() {
        return Err(Problem::Unavailable("a C++ compiler, as `c++`, to build libFuzzer with"));
    }
    let program = build()?;
    let mut outcomes = Vec::new();
    for target in wanted {
        outcomes.push((try_one(&program, &target, minutes)?, target));
    }
    println!("\ntarget          inputs");
    for ((inputs, is_sound), target) in &outcomes {
        println!(
            "{target:<13} {inputs:>9}{}",
            if *is_sound { "" } else { "  FAILED: see above, and target/fuzz/found" }
        );
    }
    Ok(outcomes.iter().all(|((_, is_sound), _)| *is_sound))
}

/// What the host tests do with every target, with more of it. Says how many inputs each got, and whether all did well.
fn vary(only: Option<&str>) -> bool {
    let mut tests = line("cargo test --quiet --test fuzz variations_of_kept_inputs_do_no_harm -- --nocapture");
    tests.env("TABSWARM_FUZZ_INPUTS", VARIATIONS.to_string());
    if let Some(only) = only {
        tests.env("TABSWARM_FUZZ", only);
    }
    shell::run(&mut tests).is_ok()
}

/// Each has a folder of inputs; a test holds these against the targets that the code has.
fn targets(root: &Path) -> Result<Vec<String>, String> {
    let corpus = root.join("fuzz/corpus");
    let entries = std::fs::read_dir(&corpus).map_err(|error| format!("cannot read {}: {error}", corpus.display()))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn build() -> Result<PathBuf, String> {
    let host = output_of(&mut line("rustc --print host-tuple")).ok_or("rustc does not say what it builds for")?;
    let folder = shell::target_dir().join("fuzz/build");
    println!("==> building the fuzzer");
    // With a target of its own, build scripts and macros stay without instrumentation.
    let mut cargo = command("cargo");
    cargo.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", host.trim()]);
    shell::run(cargo.env("RUSTFLAGS", INSTRUMENTED.join(" ")).env("CARGO_TARGET_DIR", &folder))?;
    Ok(folder.join(host.trim()).join("release/tabswarm-fuzz"))
}

/// How many inputs were tried, and whether all did well.
fn try_one(program: &Path, target: &str, minutes: f64) -> Result<(u64, bool), String> {
    let folder = shell::target_dir().join("fuzz");
    let (grown, found) = (folder.join("grown").join(target), folder.join("found"));
    for place in [&grown, &found] {
        std::fs::create_dir_all(place).map_err(|error| format!("cannot make {}: {error}", place.display()))?;
    }
    println!("==> {target}, for {minutes} min");
    let mut fuzzer = command("nice");
    fuzzer.args(["-n", "19"]).arg(program);
    fuzzer.arg(format!("-max_total_time={}", (minutes * 60.0).ceil())).args(OPTIONS);
    fuzzer.arg(format!("-artifact_prefix={}/{target}-", found.display()));
    fuzzer.arg(&grown).arg(format!("fuzz/corpus/{target}")).env("TABSWARM_FUZZ", target);
    let problem = |error| format!("cannot run {}: {error}", program.display());
    let mut running = fuzzer.stderr(Stdio::piped()).spawn().map_err(problem)?;
    let mut inputs = 0;
    let mut told = Vec::new();
    for line in BufReader::new(running.stderr.take().ok_or("a process without a voice")?).lines().map_while(Result::ok)
    {
        match line.strip_prefix("stat::number_of_executed_units:") {
            Some(number) => inputs = number.trim().parse().unwrap_or(0),
            // Of its progress nobody needs every line.
            None if line.starts_with('#') || line.starts_with("stat::") => {}
            None => told.push(line),
        }
    }
    let is_sound = running.wait().map_err(problem)?.success();
    if !is_sound {
        told.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok((inputs, is_sound))
}

/// Of each target.
const VARIATIONS: u64 = 10_000;

/// What a coverage-guided fuzzer needs to see. All of it is stable.
const INSTRUMENTED: [&str; 6] = [
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input that takes ten seconds or two gigabytes is a find.
const OPTIONS: [&str; 4] = ["-print_final_stats=1", "-timeout=10", "-rss_limit_mb=2048", "-max_len=16384"];
