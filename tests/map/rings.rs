//! No ring of files or folders inside a crate.

use crate::imports::Crate;
use crate::workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The sources of every crate.
const CRATES: [&str; 11] = [
    "src",
    "sims/src",
    "figures/src",
    "llm/files/src",
    "llm/grade/src",
    "llm/hub/src",
    "llm/engine/src",
    "llm/fleet/src",
    "llm/plan/src",
    "llm/train/src",
    "paper-repro/src",
];

type Arrows = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// What is left when everything that uses nothing of the rest is taken away, again and again, from both
/// ends: the rings, and nothing where there are none.
fn rings(mut arrows: Arrows) -> Arrows {
    loop {
        let before = arrows.len();
        let left: BTreeSet<PathBuf> = arrows.keys().cloned().collect();
        for used in arrows.values_mut() {
            used.retain(|path| left.contains(path));
        }
        arrows.retain(|_, used| !used.is_empty());
        let used: BTreeSet<PathBuf> = arrows.values().flatten().cloned().collect();
        arrows.retain(|path, _| used.contains(path));
        if arrows.len() == before {
            return arrows;
        }
    }
}

/// The arrows between the entries of a folder, each subfolder taken as a whole.
fn between_entries(arrows: &Arrows, folder: &Path) -> Arrows {
    let entry = |path: &Path| {
        let below = path.strip_prefix(folder).ok()?;
        Some(folder.join(below.iter().next()?))
    };
    let mut between = Arrows::new();
    for (path, used) in arrows {
        let Some(from) = entry(path) else { continue };
        let used = used.iter().filter_map(|path| entry(path)).filter(|to| *to != from);
        between.entry(from.clone()).or_default().extend(used);
    }
    between
}

fn folders(arrows: &Arrows) -> BTreeSet<PathBuf> {
    arrows.keys().filter_map(|path| path.parent().map(Path::to_owned)).collect()
}

#[test]
fn no_ring_of_files_or_folders() {
    let mut found = Vec::new();
    for name in CRATES {
        let src = workspace().join(name);
        let arrows = Crate::read(&src).arrows();
        assert!(arrows.values().flatten().count() > 2, "{name}: the scan sees no arrow");
        let mut levels = vec![("files".to_owned(), rings(arrows.clone()))];
        for folder in folders(&arrows) {
            let below = folder.strip_prefix(workspace()).unwrap().display().to_string();
            levels.push((below, rings(between_entries(&arrows, &folder))));
        }
        for (level, ring) in levels.into_iter().filter(|(_, ring)| !ring.is_empty()) {
            found.push(format!("{name}, {level}:"));
            for (path, used) in ring {
                let short = |path: &Path| path.strip_prefix(&src).unwrap().display().to_string();
                let used: Vec<String> = used.iter().map(|path| short(path)).collect();
                found.push(format!("  {} -> {}", short(&path), used.join(", ")));
            }
        }
    }
    assert!(found.is_empty(), "rings:\n{}", found.join("\n"));
}

/// The scan sees a ring where there is one, through a re-export, too, and none where there is none.
#[test]
fn the_scan_knows_a_ring_when_it_sees_one() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a;\nmod b;\npub use a::{One, Other};\n");
    write("a/mod.rs", "mod one;\nmod other;\npub use one::One;\npub use other::Other;\n");
    write("a/one.rs", "pub struct One;\n");
    write("a/other.rs", "use super::One;\npub struct Other(One);\n");
    write("b.rs", "use crate::Other;\npub(crate) struct B(Other);\n");
    let arrows = Crate::read(folder.path()).arrows();
    assert!(rings(arrows.clone()).is_empty(), "{arrows:?}");
    let top = between_entries(&arrows, folder.path());
    assert!(top[&folder.path().join("b.rs")].contains(&folder.path().join("a")), "{top:?}");
    write("a/one.rs", "// use crate::b::B;\npub struct One(Option<Box<crate::b::B>>);\n");
    let arrows = Crate::read(folder.path()).arrows();
    assert_eq!(rings(arrows.clone()).len(), 3, "{arrows:?}");
    assert_eq!(rings(between_entries(&arrows, folder.path())).len(), 2);
}
