//! The build's id covers everything that the page and its worker are made of.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../build.rs"]
#[expect(dead_code, reason = "cargo runs its main")]
mod build;

/// Sources of two lines, which are gone when the test is over.
struct Sources(PathBuf);

impl Sources {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for (file, text) in
            [("src/lib.rs", "1"), ("crates/plan/src/lib.rs", "2"), ("presets/lab.json", "3"), ("Cargo.lock", "4")]
        {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a test may write there");
            fs::write(path, text).expect("a test may write there");
        }
        Self(root)
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn one_byte_of_any_source_is_another_build() {
    let sources = Sources::new("build_id");
    let before = build::stamp(&sources.0);
    assert_eq!(build::stamp(&Sources::new("build_id_elsewhere").0), before, "wherever they lie");
    for file in ["src/lib.rs", "crates/plan/src/lib.rs", "presets/lab.json", "Cargo.lock"] {
        let path = sources.0.join(file);
        let text = fs::read(&path).expect("it was written");
        fs::write(&path, b"5").expect("a test may write there");
        assert_ne!(build::stamp(&sources.0), before, "{file}");
        fs::write(&path, text).expect("a test may write there");
        assert_eq!(build::stamp(&sources.0), before);
    }
    fs::write(sources.0.join("crates/plan/src/new.rs"), "").expect("a test may write there");
    assert_ne!(build::stamp(&sources.0), before, "a new file");
}

#[test]
fn what_the_programs_are_made_of_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    build::SOURCES.iter().for_each(|source| assert!(root.join(source).exists(), "{source}"));
}
