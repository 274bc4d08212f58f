//! No module imports one that imports it, at any depth: each can be read, tested and moved with what stands
//! below it. Between crates cargo holds that, within one nobody does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Module<'a> = Vec<&'a str>;
/// A name in a module that does not define it, and the module that does.
type PassedOn<'a> = ((Module<'a>, &'a str), Module<'a>);

/// `code`: the sources below `folder` without their tests, from the root.
pub fn circles(folder: &str, code: &[(&Path, &str)]) -> Vec<String> {
    let files: Vec<_> =
        code.iter().filter_map(|(path, text)| Some((module(path.strip_prefix(folder).ok()?), *text))).collect();
    let modules: BTreeSet<_> = files.iter().map(|(module, _)| module.clone()).collect();
    let passed_on: BTreeMap<_, _> = files.iter().flat_map(|(module, text)| passed_on(module, text, &files)).collect();
    let mut imports: BTreeMap<Module<'_>, BTreeSet<Module<'_>>> = BTreeMap::new();
    for (from, text) in &files {
        for path in paths(text) {
            let to = home(from, &path, &modules, &passed_on);
            let common = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
            // What a module has from one below or above it is its own business.
            if common < from.len().min(to.len()) {
                imports.entry(from[..=common].to_vec()).or_default().insert(to[..=common].to_vec());
            }
        }
    }
    let found = imports.keys().filter_map(|start| circle(start, &imports)).map(|circle| {
        let names: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
        format!("{folder}: modules import each other in a circle: {}", names.join(" -> "))
    });
    found.collect()
}

/// `run/view/mod.rs` and `run/view.rs` are `run::view`; the root has no name.
fn module(file: &Path) -> Module<'_> {
    let mut names: Module<'_> = file.iter().filter_map(|name| name.to_str()).collect();
    let last = names.pop().map(|last| last.trim_end_matches(".rs"));
    names.extend(last.filter(|last| !["mod", "lib"].contains(last)));
    names
}

/// What a module has of its children and gives as its own, each with its home.
fn passed_on<'a>(module: &Module<'a>, text: &'a str, files: &[(Module<'a>, &'a str)]) -> Vec<PassedOn<'a>> {
    let mut found = Vec::new();
    for line in text.split('\n').filter_map(|line| line.strip_prefix("pub use ")) {
        let line = line.trim_start_matches("self::");
        if let Some(child) = line.strip_suffix("::*;") {
            let child = [module.as_slice(), &[child]].concat();
            for (_, text) in files.iter().filter(|(of, _)| *of == child) {
                found.extend(public_names(text).map(|name| ((module.clone(), name), child.clone())));
                let further = passed_on(&child, text, files).into_iter();
                found.extend(further.map(|((_, name), home)| ((module.clone(), name), home)));
            }
            continue;
        }
        let from = &text[line.as_ptr() as usize - text.as_ptr() as usize..];
        let mut all = Vec::new();
        expand(from, &[], &mut all);
        for mut path in all {
            let Some(name) = path.pop() else { continue };
            found.push(((module.clone(), name), [module.as_slice(), &path].concat()));
        }
    }
    found
}

/// What a file itself defines for others.
fn public_names(text: &str) -> impl Iterator<Item = &str> {
    let kinds = ["const fn ", "fn ", "struct ", "enum ", "trait ", "type ", "const ", "static "];
    let items = text.split('\n').filter_map(|line| line.strip_prefix("pub "));
    let items = items.filter_map(move |line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    items.filter_map(|item| item.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

/// All paths of a text that begin with `crate` or `super`, groups in braces taken apart.
fn paths(text: &str) -> Vec<Module<'_>> {
    let mut found = Vec::new();
    for line in text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")) {
        let at = line.as_ptr() as usize - text.as_ptr() as usize;
        for start in ["crate::", "super::"].iter().flat_map(|start| line.match_indices(start)) {
            let is_inside = line[..start.0].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before));
            if !is_inside {
                expand(&text[at + start.0..], &[], &mut found);
            }
        }
    }
    found
}

/// The paths at a text's begin; gives what follows them.
fn expand<'a>(text: &'a str, before: &[&'a str], into: &mut Vec<Module<'a>>) -> &'a str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let path = if name.is_empty() { before.to_vec() } else { [before, &[name]].concat() };
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            let after = expand(rest, &path, into);
            rest = after.trim_start_matches([',', '*', ' ', '\n']);
            if rest.len() == after.len() && !rest.starts_with('}') {
                break;
            }
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    if let Some(further) = rest.strip_prefix("::") {
        return expand(further, &path, into);
    }
    if let Some(other) = rest.strip_prefix(" as ") {
        return expand(other, &path[..path.len().saturating_sub(1)], into);
    }
    into.push(path);
    rest
}

/// The module where what a path means is written.
fn home<'a>(
    from: &Module<'a>,
    path: &[&'a str],
    modules: &BTreeSet<Module<'a>>,
    passed_on: &BTreeMap<(Module<'a>, &'a str), Module<'a>>,
) -> Module<'a> {
    let ups = path.iter().take_while(|name| **name == "super").count();
    let (mut here, names) = match ups {
        0 => (Vec::new(), &path[1..]),
        ups => (from[..from.len().saturating_sub(ups)].to_vec(), &path[ups..]),
    };
    for name in names {
        here.push(name);
        if modules.contains(&here) {
            continue;
        }
        here.pop();
        match passed_on.get(&(here.clone(), *name)) {
            Some(home) => here = home.clone(),
            None => break,
        }
    }
    here
}

/// A way from a module back to it, told once: by the first of those on it.
fn circle<'a>(start: &Module<'a>, imports: &BTreeMap<Module<'a>, BTreeSet<Module<'a>>>) -> Option<Vec<Module<'a>>> {
    let mut seen = BTreeSet::new();
    let mut open = vec![vec![start.clone()]];
    while let Some(way) = open.pop() {
        for next in imports.get(way.last()?).into_iter().flatten().filter(|next| *next >= start) {
            let longer = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                open.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> = files.iter().map(|(path, text)| (PathBuf::from(format!("c/{path}")), *text)).collect();
        let code: Vec<_> = files.iter().map(|(path, text)| (path.as_path(), *text)).collect();
        let expected: Vec<_> =
            expected.iter().map(|way| format!("c: modules import each other in a circle: {way}")).collect();
        assert_eq!(circles("c", &code), expected);
    }

    #[test]
    fn circles_are_found_at_any_depth_and_through_what_is_passed_on() {
        check(&[("a.rs", "use crate::b::B;\n"), ("b.rs", "fn b() { crate::a::a() }\n")], &["a -> b -> a"]);
        check(
            &[("a.rs", "use super::b;\n"), ("b/mod.rs", ""), ("b/c.rs", "use crate::{a::{x, y}, d};\n")],
            &["a -> b -> a"],
        );
        let parent = ("b/mod.rs", "pub use c::{C, D as E};\npub use d::D;\n");
        check(
            &[parent, ("b/c.rs", "use super::D;\n"), ("b/d.rs", "use crate::b::{\n    C,\n    E,\n};\n")],
            &["b::c -> b::d -> b::c"],
        );
        let all = ("lib.rs", "pub use a::*;\n");
        check(
            &[
                all,
                ("a/mod.rs", "use crate::c;\npub use self::b::B;\npub const fn a() {}\n"),
                ("a/b.rs", ""),
                ("c.rs", "use crate::B;\n"),
            ],
            &["a -> c -> a"],
        );
    }

    #[test]
    fn a_line_of_imports_is_no_circle_nor_is_what_a_module_has_of_those_below_it() {
        check(
            &[("a.rs", "use crate::b::{self, B};\nuse crate::c;\n"), ("b.rs", "use crate::c::C;\n"), ("c.rs", "")],
            &[],
        );
        check(&[("b/mod.rs", "use crate::b::c::C;\n"), ("b/c.rs", "use super::B;\nuse crate::b;\n")], &[]);
        check(&[("a.rs", "/// See [`crate::b`].\nuse other_crate::b;\n"), ("b.rs", "use crate::a;\n")], &[]);
    }
}
