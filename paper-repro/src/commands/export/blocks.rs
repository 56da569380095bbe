//! The paper's experiments by name.

use crate::failure::Failure;
use rs_grpo_train::TrainConfig;
use std::path::Path;
use toml::Table;

macro_rules! blocks {
    ($($name:literal),+ $(,)?) => {
        /// Names of the blocks of the paper's table, and their settings.
        const BLOCKS: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/experiments/", $name, "/config.toml"
            )),
        )),+];
    };
}

blocks![
    "qwen2.5-math-1.5b-deepmath103k",
    "qwen2.5-math-7b-math12k",
    "qwen2.5-math-7b-deepmath103k",
    "qwen2.5-math-7b-dapo17k",
    "qwen2.5-7b-math12k",
    "qwen3-4b-base-math12k",
    "llama3.1-8b-instruct-math12k",
];

/// Name and settings of an experiment: of a block, or out of a file or a folder with a config.toml.
pub(super) fn find(experiment: &str) -> Result<(String, TrainConfig), Failure> {
    if let Some((name, text)) = BLOCKS.iter().find(|(name, _)| *name == experiment) {
        let origin = Path::new(name).join("config.toml");
        let table: Table = text
            .parse()
            .map_err(|error| Failure::Failed(format!("{}: {error}", origin.display())))?;
        return Ok(((*name).to_owned(), TrainConfig::default().with(table, &origin)?));
    }
    let path = Path::new(experiment);
    let file = if path.is_dir() { path.join("config.toml") } else { path.to_owned() };
    if !file.is_file() {
        return Err(unknown(experiment));
    }
    // The file's own name says more than `config`.
    let named = match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("config") | None => file.parent().and_then(Path::file_name),
        Some(_) => file.file_stem(),
    };
    let name = named.and_then(|name| name.to_str()).filter(|name| !name.is_empty());
    Ok((name.unwrap_or("run").to_owned(), TrainConfig::read(&file)?))
}

fn unknown(experiment: &str) -> Failure {
    let names = || BLOCKS.iter().map(|(name, _)| *name);
    let likeness = |name: &&str| strsim::jaro_winkler(name, experiment);
    let nearest = names().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default();
    let names = names().collect::<Vec<_>>().join(", ");
    Failure::Usage(format!(
        "EXPERIMENT is {experiment:?}; allowed: {names}, a file of settings, or a folder with a \
         config.toml; the nearest is {nearest}"
    ))
}
