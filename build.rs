//! Stamps both binaries with a hash of their sources: the worker's file name never changes, so a page must be able to
//! tell whether the browser's cache handed it an old one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    for root in ["src", "presets", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={root}");
        hash_tree(Path::new(root), &mut hasher);
    }
    println!("cargo:rustc-env=TABSWARM_BUILD_ID={:016x}", hasher.finish());
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) {
    if path.is_dir() {
        let mut children: Vec<_> = std::fs::read_dir(path).expect("a source folder is readable").flatten().collect();
        children.sort_by_key(std::fs::DirEntry::file_name);
        for child in children {
            hash_tree(&child.path(), hasher);
        }
    } else if let Ok(bytes) = std::fs::read(path) {
        path.to_string_lossy().hash(hasher);
        bytes.hash(hasher);
    }
}
