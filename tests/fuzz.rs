//! What fuzzing has found, and what it starts from, played again on every run of the tests, and some hundred variations of it:
//! `cargo xtask fuzz` looks for more.
//!
//! Where there is no fuzzer it uses the variations: `TABSWARM_FUZZ_INPUTS` of them for each target, or for the one that
//! `TABSWARM_FUZZ` names. They are no guided search, but many; the same number makes the same ones.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned()).collect()
}

/// The kept inputs of a target, each with its place.
fn kept(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus().join(target);
    let read = |file: String| {
        let path = folder.join(file);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, bytes)
    };
    names(&folder).into_iter().map(read).collect()
}

#[test]
fn kept_inputs_do_no_harm() {
    let targets: BTreeSet<_> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpus()), targets, "each target has a folder of inputs");
    for (name, target) in targets::TARGETS {
        let inputs = kept(name);
        assert!(!inputs.is_empty(), "{name} starts from nothing");
        for (path, bytes) in inputs {
            eprintln!("{}", path.display());
            target(&bytes);
        }
    }
}

#[test]
fn variations_of_kept_inputs_do_no_harm() {
    let setting = |name: &str| std::env::var(name).ok();
    let most = setting("TABSWARM_FUZZ_INPUTS").and_then(|most| most.parse().ok()).unwrap_or(USUALLY);
    let only = setting("TABSWARM_FUZZ");
    for (name, target) in targets::TARGETS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let inputs: Vec<_> = kept(name).into_iter().map(|(_, bytes)| bytes).collect();
        let mut random = fastrand::Rng::with_seed(most);
        for _ in 0..most {
            let bytes = varied(&inputs, &mut random);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&bytes))) {
                eprintln!("{name} failed with {}", bytes.escape_ascii());
                resume_unwind(panic);
            }
        }
        // What `cargo xtask fuzz` reads.
        println!("varied {name} {most}");
    }
}

/// One of them with a few changes: bits, bytes that mean something, pieces left out, doubled, or taken from another.
fn varied(inputs: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = inputs[random.usize(..inputs.len())].clone();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let piece = at..random.usize(at..=bytes.len().min(at + 40));
        match random.u8(..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 if at < bytes.len() => bytes[at] = TELLING[random.usize(..TELLING.len())],
            2 => bytes.insert(at, TELLING[random.usize(..TELLING.len())]),
            3 => drop(bytes.drain(piece)),
            4 => {
                let doubled = bytes[piece].to_vec();
                bytes.splice(at..at, doubled);
            }
            5 => {
                let other = &inputs[random.usize(..inputs.len())];
                let from = random.usize(..=other.len());
                let to = random.usize(from..=other.len().min(from + 40));
                bytes.splice(piece, other[from..to].iter().copied());
            }
            _ => bytes.insert(at, random.u8(..)),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// What formats are made of, and where numbers run over.
const TELLING: &[u8] = b"\0\x01\x7f\x80\xff\xc0\xdd\xdf\xfe0123456789-+.eE\"\\/[]{}(),:;=?&#@%$_ \t\r\nabntu<>*!|";
const LONGEST: usize = 16_384;
/// A second or two of an ordinary run of the tests.
const USUALLY: u64 = 100;
