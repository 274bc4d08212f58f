//! `cargo xtask tidy`: what cargo and clippy do not hold about the shape of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::circles::circles;
use crate::shell::root;

/// The pure crates in layer order: each knows at most those before it. ARCHITECTURE.md has the same list.
const LAYERS: [&str; 16] = [
    "base",
    "document",
    "socketio",
    "faults",
    "catalogue",
    "scenario",
    "protocol",
    "plan",
    "metrics",
    "engine",
    "run",
    "swarm",
    "results",
    "app",
    "demo-service",
    "testkit",
];
/// Whose modules import each other in circles. It only ever sinks: none are wanted.
const CIRCULAR: [&str; 1] = ["engine"];
/// What only the root package may name.
const OF_THE_EDGE: [&str; 6] = ["gloo-timers", "js-sys", "leptos", "wasm-bindgen", "wasm-bindgen-futures", "web-sys"];
/// Public type names that stand more than once in the workspace. It only ever sinks.
const MOST_DOUBLED: usize = 4;
/// A file without its tests that is longer is worth the question whether it is one thing.
const LONG_FILE: usize = 500;

/// # Errors
/// What is not tidy, all of it.
pub fn tidy() -> Result<(), String> {
    let root = root();
    let mut problems = layers(&root)?;
    problems.extend(documented(&root)?);
    let sources = sources(&root)?;
    problems.extend(doubled(&sources));
    problems.extend(text_errors(&sources));
    problems.extend(retired(&read(&root.join("docs/glossary.md"))?, &sources));
    let code: Vec<_> = sources.iter().map(|(path, text)| (path.as_path(), without_tests(text))).collect();
    for name in LAYERS.iter().filter(|name| !CIRCULAR.contains(name)) {
        problems.extend(circles(&format!("crates/{name}/src"), &code));
    }
    for (path, text) in &sources {
        let lines = without_tests(text).lines().count();
        if lines > LONG_FILE {
            println!("tidy: {} has {lines} lines: is it one thing?", path.display());
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// No crate knows one that stands later, or a browser.
fn layers(root: &Path) -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    let folders = folders(&root.join("crates"))?;
    let known: BTreeSet<_> = LAYERS.iter().map(|name| (*name).to_owned()).collect();
    for name in folders.symmetric_difference(&known) {
        problems.push(format!("crates/{name}: it stands in only one of crates/ and the layers of xtask/src/tidy.rs"));
    }
    for (at, name) in LAYERS.iter().enumerate().filter(|(_, name)| folders.contains(**name)) {
        let manifest = read(&root.join("crates").join(name).join("Cargo.toml"))?;
        for wanted in dependencies(&manifest) {
            let is_later = LAYERS[at..].contains(&wanted.as_str());
            if is_later {
                problems.push(format!("crates/{name} depends on {wanted}, which stands later in the layers"));
            }
            if OF_THE_EDGE.contains(&wanted.as_str()) {
                problems.push(format!("crates/{name} depends on {wanted}: only the root package knows a browser"));
            }
        }
    }
    Ok(problems)
}

/// Each crate says what it is, what it may know and what it never does, and the map has it.
fn documented(root: &Path) -> Result<Vec<String>, String> {
    let map = read(&root.join("ARCHITECTURE.md"))?;
    let mut problems = Vec::new();
    for name in LAYERS {
        let readme = read(&root.join("crates").join(name).join("README.md"))?;
        for part in ["**May know**", "**Never**"] {
            if !readme.contains(part) {
                problems.push(format!("crates/{name}/README.md has no {part}"));
            }
        }
        if !map.contains(&format!("| `crates/{name}` |")) {
            problems.push(format!("ARCHITECTURE.md's map has no line for crates/{name}"));
        }
    }
    Ok(problems)
}

fn doubled(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut homes: BTreeMap<&str, BTreeSet<&Path>> = BTreeMap::new();
    for (path, text) in sources {
        for name in without_tests(text).lines().filter_map(public_type) {
            homes.entry(name).or_default().insert(path);
        }
    }
    let doubled: Vec<_> = homes.iter().filter(|(_, homes)| homes.len() > 1).collect();
    if doubled.len() <= MOST_DOUBLED {
        return Vec::new();
    }
    let lines = doubled.iter().map(|(name, homes)| {
        let homes: Vec<_> = homes.iter().map(|home| home.display().to_string()).collect();
        format!("  {name}: {}", homes.join(", "))
    });
    let all: Vec<_> = lines.collect();
    vec![format!(
        "{} public type names stand more than once, {MOST_DOUBLED} did before:\n{}",
        doubled.len(),
        all.join("\n")
    )]
}

/// An error is an enum, from which a view or another program makes a text; a text says nothing to the code between.
fn text_errors(sources: &[(PathBuf, String)]) -> Option<String> {
    let below_the_views = |path: &Path| path.starts_with("crates") || path.starts_with("src/browser");
    let counts = sources.iter().filter(|(path, _)| below_the_views(path));
    let counts: Vec<_> = counts
        .map(|(path, text)| {
            let text = without_tests(text);
            let results = text.match_indices("Result<").map(|(at, found)| &text[at + found.len()..]);
            (path, results.filter(|rest| error_of(rest) == Some("String")).count())
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    if counts.is_empty() {
        return None;
    }
    let lines: Vec<_> = counts.iter().map(|(path, count)| format!("  {}: {count}", path.display())).collect();
    Some(format!("errors are texts and no enums:\n{}", lines.join("\n")))
}

/// Of what follows `Result<`: the second type, if there is one.
fn error_of(rest: &str) -> Option<&str> {
    let (mut depth, mut from, mut before) = (0, None, ' ');
    for (at, c) in rest.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' if depth == 0 => return Some(rest[from?..at].trim().trim_end_matches(',')),
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 && from.is_none() => from = Some(at + 1),
            _ => {}
        }
        before = c;
    }
    None
}

/// Modules and public types that are called by a word which the glossary has replaced.
fn retired(glossary: &str, sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (word, not) in glossary.lines().flat_map(replaced) {
        for (path, text) in sources {
            let module = path.file_stem().unwrap_or_default().to_string_lossy();
            let types = without_tests(text).lines().filter_map(public_type);
            if let Some(name) = [&*module].into_iter().chain(types).find(|name| snake_case(name) == not) {
                problems.push(format!("{}: `{name}` is called {word} in docs/glossary.md", path.display()));
            }
        }
    }
    problems
}

/// Of a line of the glossary's table: the word, and each of those that it stands for now.
fn replaced(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let (word, not) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
    let is_row = word.starts_with("**");
    let not = not.split(',').map(str::trim).filter(move |not| is_row && !not.is_empty());
    not.map(move |not| (word.trim_matches('*'), not))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The name of the public type that a line begins.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let kinds = ["struct ", "enum ", "trait ", "type "];
    let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end])
}

fn without_tests(text: &str) -> &str {
    let end = ["\n#[cfg(test)]\nmod ", "\n#[cfg(all(test"].iter().filter_map(|mark| text.find(mark)).min();
    &text[..end.unwrap_or(text.len())]
}

/// Names under `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Rust files of the page, its workers and the pure crates, but for files of tests, from the root.
fn sources(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let mut found = Vec::new();
    let mut open = vec![root.join("src"), root.join("crates")];
    while let Some(folder) = open.pop() {
        for path in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                open.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
                let text = read(&path)?;
                found.push((path.strip_prefix(root).expect("it lies below").to_owned(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn folders(folder: &Path) -> Result<BTreeSet<String>, String> {
    let all = entries(folder)?.into_iter().filter(|path| path.is_dir());
    Ok(all.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_types_are_found_and_those_of_tests_are_not() {
        let names = |text: &'static str| without_tests(text).lines().filter_map(public_type).collect::<Vec<_>>();
        assert_eq!(names("pub struct A;\npub enum Be<T> {\n    pub struct No;\npub(crate) struct Nor;"), ["A", "Be"]);
        assert_eq!(names("pub trait C {}\n\n#[cfg(test)]\nmod tests {\npub struct D;"), ["C"]);
    }

    #[test]
    fn a_manifest_s_dependencies_are_read() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nbase.workspace = true\nurl = \"2\"\n\n[dev-dependencies]\nplan = {}\n";
        assert_eq!(dependencies(manifest), ["base", "url"]);
    }

    #[test]
    fn a_name_that_stands_twice_too_often_is_named_with_its_places() {
        let file = |n: usize| (PathBuf::from(format!("{n}.rs")), "pub struct A;\n".to_owned());
        let many: Vec<_> = (0..=MOST_DOUBLED).map(|n| format!("pub struct T{n};\n")).collect();
        let twice = [(PathBuf::from("a.rs"), many.concat()), (PathBuf::from("b.rs"), many.concat())];
        assert_eq!(doubled(&[file(1), file(2)]), Vec::<String>::new());
        let problems = doubled(&twice);
        assert!(problems.len() == 1 && problems[0].contains("  T0: a.rs, b.rs"), "{problems:?}");
    }

    #[test]
    fn errors_that_are_texts_are_counted_below_the_views_and_outside_tests() {
        let check = |rest: &str, expected: Option<&str>| assert_eq!(error_of(rest), expected, "{rest}");
        check("(), String> {", Some("String"));
        check("Vec<(String, [u8; 2])>, String>", Some("String"));
        check("impl Fn(A) -> B, Vec<String>>", Some("Vec<String>"));
        check("\n    A,\n    String,\n>", Some("String"));
        check("Option<String>>", None);
        let one = "fn a() -> Result<(), String>;\n";
        let count = |path: &str, text: &str| text_errors(&[(path.into(), text.into())]).is_some();
        assert!(count("crates/a/src/b.rs", one) && count("src/browser/b.rs", one));
        assert!(!count("src/ui/b.rs", one) && !count("crates/a.rs", &format!("\n#[cfg(test)]\nmod t {{{one}")));
    }

    #[test]
    fn a_word_that_the_glossary_replaced_names_no_module_and_no_type() {
        let glossary =
            "| word | what it is | not |\n|---|---|---|\n| **exemplar** | a sample | witness, eye_witness |\n";
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(retired(glossary, &[(path.into(), text.into())]).len(), expected, "{path}: {text}");
        };
        check("crates/a/src/witness.rs", "", 1);
        check("crates/a/src/b.rs", "pub struct EyeWitness;\n", 1);
        check("crates/a/src/b.rs", "pub struct Witnesses;\npub fn witness() {}\n", 0);
        check("crates/a/src/not.rs", "pub struct Not;\n", 0);
    }
}
