//! `cargo xtask test`: every check of the repository, in the order in which a mistake is found soonest.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::artifacts::{self, Lab};
use crate::shell::{command, line, root, run, run_watched};
use crate::tally::Tally;
use crate::{browser, cargo_tools, mosquitto, tidy};

/// A step counts the tests it ran.
type Step = fn(&mut Tally) -> Result<(), String>;

const STEPS: &[(&str, Step)] = &[
    ("fmt", fmt),
    ("tidy", |_| tidy::tidy()),
    ("js", |_| js()),
    ("clippy", clippy),
    ("clippy-wasm", clippy_wasm),
    ("host", host_tests),
    ("wasm", wasm_tests),
    ("build", build),
    ("e2e", e2e),
];

/// With all that the lab can have; `cargo xtask run` builds it without.
const ROOM: &str = "--features lab/room";
const WASM: &str = "--target wasm32-unknown-unknown";

pub fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|(name, _)| *name).collect()
}

/// Runs the named steps (none named: all) until one fails, then prints what ran and how long it took.
/// The last line is the sum of all tests, alone.
pub fn test(only: &[String]) -> ExitCode {
    let mut tally = Tally::default();
    let mut rows = Vec::new();
    let mut failure = None;
    for (name, step) in STEPS {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        if failure.is_some() {
            rows.push(format!("{name:<12} not run"));
            continue;
        }
        println!("\n==> {name}");
        let started = Instant::now();
        let outcome = step(&mut tally);
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        let row = format!("{name:<12} {verdict:<7} {:>9}", shown(started.elapsed()));
        println!("    {row}");
        rows.push(row);
        failure = outcome.err().map(|problem| format!("{name}: {problem}"));
    }
    if failure.is_some() && tally.failed == 0 {
        // The step that failed is no test runner (or never got as far); the closing line must not read as success.
        tally.failed = 1;
    }
    println!("\n{}", rows.join("\n"));
    if let Some(problem) = &failure {
        println!("{problem}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if failure.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn fmt(_: &mut Tally) -> Result<(), String> {
    cargo_tools::ensure_component("rustfmt", "cargo-fmt")?;
    run(&mut line("cargo fmt --all --check"))
}

/// What TypeScript and Biome have to say about our JavaScript.
fn js() -> Result<(), String> {
    browser::ensure_node()?;
    browser::ensure_e2e_packages()?;
    run(&mut line("npm run check --prefix e2e --silent"))
}

fn clippy(_: &mut Tally) -> Result<(), String> {
    cargo_tools::ensure_component("clippy", "cargo-clippy")?;
    run(&mut line(&format!("cargo clippy --workspace --all-targets {ROOM} --quiet -- -D warnings")))?;
    run(&mut line("cargo clippy --package lab --quiet -- -D warnings"))
}

fn clippy_wasm(_: &mut Tally) -> Result<(), String> {
    cargo_tools::ensure_component("clippy", "cargo-clippy")?;
    cargo_tools::ensure_wasm_target()?;
    run(&mut line(&format!("cargo clippy {WASM} --lib --bins --test page --test worker --quiet -- -D warnings")))
}

fn host_tests(tally: &mut Tally) -> Result<(), String> {
    run_watched(&mut line(&format!("cargo test --workspace {ROOM} --no-fail-fast")), |line| tally.read(line))
}

fn wasm_tests(tally: &mut Tally) -> Result<(), String> {
    cargo_tools::ensure_wasm_target()?;
    cargo_tools::ensure_wasm_bindgen()?;
    browser::ensure_chromium()?;
    let driver = browser::ensure_chromedriver()?;
    let mut tests = line(&format!("cargo test {WASM} --test page --test worker --no-fail-fast"));
    run_watched(tests.env("CHROMEDRIVER", driver), |line| tally.read(line))
}

fn build(_: &mut Tally) -> Result<(), String> {
    // The page's link-time optimisation leaves all processors but one alone.
    std::thread::scope(|scope| {
        let lab = scope.spawn(|| artifacts::build_lab(Lab::WithRoom));
        let page = artifacts::build_page();
        // Stories of a hostile member start it; it is built with the host tests, unless only this step is wanted.
        let page = page
            .and_then(|()| run(&mut line(&format!("cargo build --quiet --workspace {ROOM} --example hostile_member"))));
        page.and(lab.join().expect("a build does not panic").map(drop))
    })
}

fn e2e(tally: &mut Tally) -> Result<(), String> {
    let chromium = browser::ensure_chromium()?;
    let mosquitto = mosquitto::ensure_mosquitto()?;
    browser::ensure_openssl()?;
    browser::ensure_node()?;
    browser::ensure_e2e_packages()?;
    let (calm, others): (Vec<_>, Vec<_>) = test_files()?.into_iter().partition(|file| needs_calm(file));
    // Most of a story is waiting, so up to three at a time; a story that measures, or takes all there is, is alone.
    let side_by_side = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 3));
    let tell = |files: &[PathBuf], at_once: usize, tally: &mut Tally| {
        let mut tests = command("node");
        tests.args(["--test", &format!("--test-concurrency={at_once}"), "--test-reporter=spec"]).args(files);
        tests.env("CHROME", &chromium).env("MOSQUITTO", &mosquitto).env("TABSWARM_LAB", artifacts::lab_program());
        tests.env("TABSWARM_FAILED", failed_list());
        run_watched(&mut tests, |line| tally.read(line))
    };
    let mut unsteady = Vec::new();
    let passes = [(others, side_by_side), (calm, 1)].map(|(files, at_once)| {
        // What an earlier run left there is about that run.
        let _ = std::fs::remove_file(failed_list());
        let mut seen = Tally::default();
        let outcome = tell(&files, at_once, &mut seen);
        let again = worth_another_try(&seen, &std::fs::read_to_string(failed_list()).unwrap_or_default());
        if outcome.is_ok() || again.is_empty() {
            tally.add(seen);
            return outcome;
        }
        println!("\n--> once more, alone: {}", names(&again));
        // Each of them counts once, by how it ended.
        let outcome = tell(&again, 1, &mut Tally::default());
        if outcome.is_ok() {
            seen = Tally { passed: seen.passed + seen.failed, failed: 0 };
            unsteady.extend(again);
        }
        tally.add(seen);
        outcome
    });
    if !unsteady.is_empty() {
        println!("UNSTEADY: failed, then passed alone: {}", names(&unsteady));
    }
    passes.into_iter().collect()
}

/// Where stories that fail leave the names of their files.
fn failed_list() -> PathBuf {
    root().join("target/failed-stories.txt")
}

/// On a machine that others use, too, a browser may stand still for longer than a story waits. A few stories may be told again, and what
/// comes of that is said; many have failed of something else, and so has a test that is no story.
fn worth_another_try(seen: &Tally, failed: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = failed.lines().map(PathBuf::from).collect();
    if files.len() as u64 != seen.failed || files.len() > MOST_UNSTEADY {
        return Vec::new();
    }
    files.sort();
    files.dedup();
    files
}

fn names(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy()).collect();
    names.join(", ")
}

/// Stories of one pass that may fail in company.
const MOST_UNSTEADY: usize = 2;

/// Its story asks how fast something was, or fills the machine.
fn needs_calm(file: &Path) -> bool {
    file.to_string_lossy().ends_with(".calm.test.mjs")
}

/// Node's own search for test files differs between its versions.
fn test_files() -> Result<Vec<PathBuf>, String> {
    let folder = root().join("e2e/tests");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} m {:02.0} s", time.as_secs() / 60, (seconds % 60.0).floor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_times_as_people_read_them() {
        assert_eq!(shown(Duration::from_millis(1_234)), "1.2 s");
        assert_eq!(shown(Duration::from_millis(125_900)), "2 m 05 s");
    }

    #[test]
    fn only_a_few_stories_are_told_again() {
        let check = |failed: u64, list: &str, expected: &[&str]| {
            let files = worth_another_try(&Tally { passed: 90, failed }, list);
            assert_eq!(files, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{list}");
        };
        check(0, "", &[]);
        check(1, "b.test.mjs\n", &["b.test.mjs"]);
        check(2, "b.test.mjs\nb.test.mjs\n", &["b.test.mjs"]);
        check(2, "b.test.mjs\na.test.mjs\n", &["a.test.mjs", "b.test.mjs"]);
        check(3, "a.test.mjs\nb.test.mjs\nc.test.mjs\n", &[]);
        // One of those that failed is no story, or ended without a word.
        check(2, "a.test.mjs\n", &[]);
    }
}
