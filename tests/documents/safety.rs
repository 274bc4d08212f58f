//! `docs/safety.md` says of everybody what he can and cannot do here, and names the test that shows it: each of them exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::read_text;

const ACTORS: [&str; 9] = [
    "a server",
    "a broker",
    "a member",
    "a conductor",
    "a link",
    "a file",
    "a framing page",
    "a page that opened ours",
    "a page of the same origin",
];

/// Who, whether he can, what, and what shows it.
fn rows(document: &str) -> Vec<[&str; 4]> {
    let (_, table) =
        document.split_once("| who | | what | shown by |\n|---|---|---|---|\n").expect("the table has its head");
    let lines = table.lines().take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            <[&str; 4]>::try_from(cells).unwrap_or_else(|cells| panic!("{} cells: {line}", cells.len()))
        })
        .collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("a readable folder").path()) {
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Functions that stand below `#[test]`, in all sources that host tests are in.
fn tests() -> BTreeSet<String> {
    let mut sources = Vec::new();
    for folder in ["src", "crates", "tests", "lab/src", "lab/tests"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
    let texts = sources.into_iter().map(|path| std::fs::read_to_string(&path).expect("a source is text"));
    texts.flat_map(|text| names_of_tests(&text)).collect()
}

fn names_of_tests(source: &str) -> Vec<String> {
    let bodies = source.split("#[test]").skip(1);
    let name = |body: &str| Some(body.split_once("fn ")?.1.split_once('(')?.0.to_owned());
    bodies.filter_map(name).collect()
}

/// What a cell names: functions, and stories by file and first words.
fn named(cell: &str) -> (Vec<&str>, Vec<(&str, &str)>) {
    let (mut functions, mut stories) = (Vec::new(), Vec::new());
    let mut rest = cell;
    while let Some((_, after)) = rest.split_once('`') {
        let (name, after) = after.split_once('`').unwrap_or_else(|| panic!("a name without an end: {cell}"));
        rest = after;
        if name.ends_with(".mjs") {
            let title = after.trim_start().strip_prefix('"').and_then(|title| title.split_once('"'));
            let (title, after) = title.unwrap_or_else(|| panic!("`{name}` without the words of a story: {cell}"));
            stories.push((name, title));
            rest = after;
        } else {
            functions.push(name);
        }
    }
    (functions, stories)
}

fn is_told(file: &str, title: &str) -> bool {
    let source = read_text(&format!("e2e/tests/{file}"));
    ["story('", "test('", "story(`"].iter().any(|call| source.contains(&format!("{call}{title}")))
}

#[test]
fn whoever_is_named_there_has_a_test_for_what_he_can_and_cannot_do() {
    let document = read_text("docs/safety.md");
    let tests = tests();
    let mut said: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for [who, can, what, shown_by] in rows(&document) {
        assert!(["can", "cannot"].contains(&can), "`{can}` of {who}: {what}");
        said.entry(who).or_default().insert(can);
        let (functions, stories) = named(shown_by);
        assert!(!what.is_empty() && functions.len() + stories.len() > 0, "nothing shows of {who}: {what}");
        let unknown: Vec<_> = functions.into_iter().filter(|name| !tests.contains(*name)).collect();
        assert!(unknown.is_empty(), "no test is called {unknown:?}: {who} {can} {what}");
        let untold: Vec<_> = stories.into_iter().filter(|(file, title)| !is_told(file, title)).collect();
        assert!(untold.is_empty(), "no story begins like {untold:?}: {who} {can} {what}");
    }
    for who in ACTORS {
        assert_eq!(said.get(who).map(BTreeSet::len), Some(2), "what {who} can and cannot do");
    }
}

#[test]
fn names_of_tests_are_found_where_they_stand() {
    let source = "#[test]\nfn one() {}\nfn not_this(n: u32) {}\n    #[test]\n    fn two(\n bytes: Vec<u8>) {}";
    assert_eq!(names_of_tests(source), ["one", "two"]);
    let cell = "`a_b`, `x.test.mjs` \"the words\", `c`";
    assert_eq!(named(cell), (vec!["a_b", "c"], vec![("x.test.mjs", "the words")]));
}
