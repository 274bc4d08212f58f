//! Stamps both binaries with a hash of their sources: the worker's file name never changes, so a page must be able to
//! tell whether the browser's cache handed it an old one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Everything that the two programs are made of.
pub const SOURCES: [&str; 4] = ["src", "crates", "presets", "Cargo.lock"];

fn main() {
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    println!("cargo:rustc-env=TABSWARM_BUILD_ID={:016x}", stamp(Path::new(".")));
}

/// The same for the same sources, wherever they lie.
pub fn stamp(root: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        hash_tree(root, Path::new(source), &mut hasher);
    }
    hasher.finish()
}

fn hash_tree(root: &Path, path: &Path, hasher: &mut DefaultHasher) {
    let here = root.join(path);
    if here.is_dir() {
        let mut names: Vec<_> = std::fs::read_dir(&here)
            .expect("a source folder is readable")
            .flatten()
            .map(|child| child.file_name())
            .collect();
        names.sort();
        for name in names {
            hash_tree(root, &path.join(name), hasher);
        }
    } else if let Ok(bytes) = std::fs::read(&here) {
        path.to_string_lossy().hash(hasher);
        bytes.hash(hasher);
    }
}
