//! Which file of a crate uses which, read from the text of its `use` declarations and paths.

use crate::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module by its path from the root of its crate, `[]` for the root.
type Module = Vec<String>;

/// The modules of a crate.
pub(crate) struct Crate {
    /// File of every module.
    files: BTreeMap<Module, PathBuf>,
    /// Names that a module hands on, and the path that stands behind each.
    exports: BTreeMap<Module, BTreeMap<String, Module>>,
    /// Paths that each module names, resolved to modules or items of the crate.
    paths: BTreeMap<Module, Vec<Module>>,
}

impl Crate {
    /// Reads the sources of a crate.
    pub(crate) fn read(src: &Path) -> Self {
        let mut read =
            Self { files: BTreeMap::new(), exports: BTreeMap::new(), paths: BTreeMap::new() };
        for path in sources(src) {
            let module = module(path.strip_prefix(src).unwrap());
            let text = code(&std::fs::read_to_string(&path).unwrap());
            read.files.insert(module.clone(), path.clone());
            let (mut exports, mut paths) = (BTreeMap::new(), Vec::new());
            for (path, name, hands_on) in declarations(&text) {
                let Some(path) = absolute(&path, &module) else { continue };
                // A face: `pub use` in `mod.rs` or `lib.rs` names what lies below, and uses nothing.
                let is_face = hands_on && path.starts_with(&module);
                exports.insert(name, path.clone());
                if !is_face {
                    paths.push(path);
                }
            }
            paths.extend(inline_paths(&text).iter().filter_map(|path| absolute(path, &module)));
            read.exports.insert(module.clone(), exports);
            read.paths.insert(module, paths);
        }
        read
    }

    /// Files that each file uses, without itself.
    pub(crate) fn arrows(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let mut arrows = BTreeMap::new();
        for (module, file) in &self.files {
            let used: BTreeSet<PathBuf> = self.paths[module]
                .iter()
                .filter_map(|path| self.file(path, 0))
                .filter(|used| used != file)
                .collect();
            arrows.insert(file.clone(), used);
        }
        arrows
    }

    /// The file in which the last name of a path is defined.
    fn file(&self, path: &[String], depth: usize) -> Option<PathBuf> {
        let mut at = Module::new();
        for (index, name) in path.iter().enumerate() {
            let mut child = at.clone();
            child.push(name.clone());
            if self.files.contains_key(&child) {
                at = child;
                continue;
            }
            let behind = self.exports.get(&at).and_then(|exports| exports.get(name));
            return match behind {
                Some(behind) if depth < 8 => {
                    self.file(&[behind, &path[index + 1..]].concat(), depth + 1)
                }
                _ => self.files.get(&at).cloned(),
            };
        }
        self.files.get(&at).cloned()
    }
}

/// The module of a file by its path below `src`.
fn module(path: &Path) -> Module {
    let mut parts: Module =
        path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// The text without comments, documentation, tests and what only documentation needs.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut lines = Vec::new();
    let mut only_doc = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        if only_doc && !line.trim().is_empty() {
            only_doc = !line.contains(';');
            continue;
        }
        only_doc = line.trim() == "#[cfg(doc)]";
        lines.push(line);
    }
    lines.join("\n")
}

/// Every name that a `use` brings in: its path, the name it gets, and whether it is handed on.
fn declarations(text: &str) -> Vec<(Vec<String>, String, bool)> {
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some(at) = statement.rfind("use ") else { continue };
        let before = &statement[..at];
        let is_start = before.is_empty() || before.ends_with(['\n', ' ', '}', ')']);
        if !is_start {
            continue;
        }
        let hands_on = before.trim_end().ends_with("pub") || before.trim_end().ends_with(')');
        let mut leaves = Vec::new();
        expand(&[], statement[at + 4..].trim(), &mut leaves);
        found.extend(leaves.into_iter().map(|(path, name)| (path, name, hands_on)));
    }
    found
}

/// The leaves of a tree such as `a::{b, c::{d, self}, e as f}`.
fn expand(above: &[String], tree: &str, leaves: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let prefix = tree[..open].trim_end_matches("::");
        let mut path = above.to_vec();
        path.extend(prefix.split("::").filter(|part| !part.is_empty()).map(str::to_owned));
        let inside = tree[open + 1..].trim_end();
        let inside = inside.strip_suffix('}').unwrap_or(inside);
        let (mut depth, mut start) = (0_i32, 0);
        for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            if letter == ',' && depth == 0 {
                expand(&path, &inside[start..at], leaves);
                start = at + 1;
            }
        }
        return;
    }
    if tree.is_empty() {
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut full = above.to_vec();
    full.extend(
        path.trim()
            .split("::")
            .filter(|part| *part != "self" || above.is_empty())
            .map(str::to_owned),
    );
    let name = match alias.trim() {
        "" => full.last().cloned().unwrap_or_default(),
        alias => alias.to_owned(),
    };
    leaves.push((full, name));
}

/// Paths in the code itself that begin with `crate::` or `super::`.
fn inline_paths(text: &str) -> Vec<Vec<String>> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            if text[..at].ends_with(is_name) {
                continue;
            }
            let end = text[at..].find(|letter| !is_name(letter)).map_or(text.len(), |len| at + len);
            let path = text[at..end].trim_end_matches(':');
            found.push(path.split("::").map(str::to_owned).collect());
        }
    }
    found
}

/// A path from the root of the crate; nothing for paths into other crates.
fn absolute(path: &[String], module: &[String]) -> Option<Module> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first().map(String::as_str)? {
        "crate" => {
            base.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
        // A child of the module itself, such as `pub use draw::Drawn`.
        first if first.starts_with(char::is_lowercase) => {}
        _ => return None,
    }
    base.extend(rest.iter().cloned());
    Some(base)
}
