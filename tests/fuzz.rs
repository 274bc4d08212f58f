//! What fuzzing has found, and what it starts from, played again on every run of the tests: `cargo xtask fuzz` looks for more.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn kept_inputs_do_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned()).collect()
    };
    let targets: BTreeSet<_> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpus), targets, "each target has a folder of inputs");
    for (name, target) in targets::TARGETS {
        let files = names(&corpus.join(name));
        assert!(!files.is_empty(), "{name} starts from nothing");
        for file in files {
            let path = corpus.join(name).join(file);
            eprintln!("{}", path.display());
            let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            target(&bytes);
        }
    }
}
