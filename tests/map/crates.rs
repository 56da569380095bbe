//! Which crate depends on which.

use crate::workspace;
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// Every package but those of tests, with its folder and the packages of the workspace that it uses.
/// This is the map: whoever adds an arrow adds it here and in `llm/README.md`.
const MAP: [(&str, &str, &[&str]); 12] = [
    ("rs-grpo", ".", &[]),
    ("rs-grpo-sims", "sims", &["rs-grpo"]),
    ("rs-grpo-figures", "figures", &[]),
    ("rs-grpo-files", "llm/files", &[]),
    ("rs-grpo-grade", "llm/grade", &[]),
    ("rs-grpo-hub", "llm/hub", &["rs-grpo-files"]),
    ("rs-grpo-engine", "llm/engine", &["rs-grpo-files"]),
    ("rs-grpo-fleet", "llm/fleet", &["rs-grpo-engine", "rs-grpo-files"]),
    ("rs-grpo-plan", "llm/plan", &["rs-grpo-engine", "rs-grpo-files"]),
    ("rs-grpo-train", "llm/train", TRAIN),
    ("rs-grpo-python", "python", &["rs-grpo", "rs-grpo-grade"]),
    ("repro", "paper-repro", REPRO),
];

const TRAIN: &[&str] = &[
    "rs-grpo",
    "rs-grpo-engine",
    "rs-grpo-files",
    "rs-grpo-fleet",
    "rs-grpo-grade",
    "rs-grpo-hub",
    "rs-grpo-plan",
];

/// The command brings everything together.
const REPRO: &[&str] = &[
    "rs-grpo",
    "rs-grpo-engine",
    "rs-grpo-figures",
    "rs-grpo-files",
    "rs-grpo-fleet",
    "rs-grpo-grade",
    "rs-grpo-hub",
    "rs-grpo-plan",
    "rs-grpo-sims",
    "rs-grpo-train",
];

fn manifest(folder: &str) -> Table {
    let path = workspace().join(folder).join("Cargo.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Packages of the workspace among the dependencies of a manifest, for the tests or not.
fn own_dependencies(manifest: &Table, own: &BTreeSet<&str>) -> BTreeSet<String> {
    let of_target = manifest.get("target").and_then(|target| target.as_table());
    let tables = of_target.into_iter().flat_map(|target| target.values());
    let tables = tables.filter_map(|table| table.as_table()).chain([manifest]);
    let kinds = ["dependencies", "build-dependencies"];
    tables
        .flat_map(|table| kinds.into_iter().filter_map(|kind| table.get(kind)?.as_table()))
        .flat_map(|dependencies| dependencies.keys())
        .filter(|name| own.contains(name.as_str()))
        .cloned()
        .collect()
}

#[test]
fn every_crate_depends_on_what_the_map_says() {
    let own: BTreeSet<&str> = MAP.iter().map(|(name, ..)| *name).collect();
    for (name, folder, allowed) in MAP {
        let manifest = manifest(folder);
        assert_eq!(manifest["package"]["name"].as_str(), Some(name));
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(own_dependencies(&manifest, &own), allowed, "{name}");
    }
}

/// Every package of the workspace is on the map, but for those that only test.
#[test]
fn no_crate_is_missing_from_the_map() {
    let members = &manifest(".")["workspace"]["members"];
    let mut folders = BTreeSet::new();
    for member in members.as_array().unwrap() {
        let member = member.as_str().unwrap();
        match member.strip_suffix("/*") {
            Some(folder) => {
                for entry in std::fs::read_dir(workspace().join(folder)).unwrap() {
                    let path = entry.unwrap().path();
                    if path.join("Cargo.toml").exists() {
                        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                        folders.insert(format!("{folder}/{name}"));
                    }
                }
            }
            None => drop(folders.insert(member.to_owned())),
        }
    }
    folders.retain(|folder| !folder.starts_with("tests/"));
    let mapped: BTreeSet<String> = MAP.iter().map(|(_, folder, _)| (*folder).to_owned()).collect();
    assert_eq!(folders, mapped);
}

/// The map itself has no ring: taking away crates whose dependencies are gone leaves none.
#[test]
fn arrows_between_crates_point_one_way() {
    let mut rest: BTreeMap<&str, &[&str]> =
        MAP.iter().map(|(name, _, uses)| (*name, *uses)).collect();
    while !rest.is_empty() {
        let before = rest.len();
        let left: BTreeSet<&str> = rest.keys().copied().collect();
        rest.retain(|_, uses| uses.iter().any(|name| left.contains(name)));
        assert!(rest.len() < before, "a ring among {:?}", rest.keys());
    }
}

/// The core knows no tensor, file, clock or random number: `libm`, the error type and the nearest name of
/// a misspelt estimator are all that it uses.
#[test]
fn the_core_depends_on_next_to_nothing() {
    let core = manifest(".");
    let direct: Vec<&String> = core["dependencies"].as_table().unwrap().keys().collect();
    assert_eq!(direct, ["libm", "strsim", "thiserror"]);
}
