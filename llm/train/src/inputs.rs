//! What results depend on beside settings: the model's files and the problems, by their contents.

use crate::data::Problem;
use crate::error::{Error, Result};
use rs_grpo_engine::checkpoint::Checkpoint;
use rs_grpo_files::{Fingerprint, Refuse as _, digits, json_object, write_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// The file of a run or an evaluation that holds its inputs.
pub const INPUTS: &str = "inputs.json";
/// Largest such file, in bytes: a million problems.
const MAX_BYTES: u64 = 256 << 20;
/// Changes that a message names; it counts the others.
const NAMED: usize = 5;
/// Files beside the weights on which completions depend.
const FILES: [&str; 5] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "adapter_config.json",
    "adapter_model.safetensors",
];

/// Whether problems may have come since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problems {
    /// They are the same, in the same order.
    Fixed,
    /// There may be fewer or more; those of one name are the same.
    MayGrow,
}

/// The model's files and the problems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// Files of the model; none where another program serves it.
    model: Fingerprint,
    /// Name, and hash of prompt and gold answer.
    problems: Vec<(String, String)>,
}

/// The hash of a problem as a model gets it: its prompt, in tokens or as text, and its gold answer.
fn problem_hash(prompt: &[u8], gold: &str) -> String {
    let mut hash = Sha256::new();
    for part in [prompt, gold.as_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    digits(hash)
}

impl Inputs {
    /// The files of a model, hashed; those that `saved` knows unchanged are not read again.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_model(checkpoint: &Checkpoint, saved: &Path) -> Result<Self> {
        let before = Self::read(saved)?;
        let weights = checkpoint.weight_files();
        let names = FILES.into_iter().chain(weights.iter().map(String::as_str));
        let known = before.as_ref().map(|before| &before.model);
        let model = Fingerprint::of(checkpoint.folder(), names, known)?;
        Ok(Self { model, problems: Vec::new() })
    }

    /// With these problems, and their prompts in tokens.
    pub fn with_tokens(mut self, problems: &[Problem], prompts: &[Vec<u32>]) -> Self {
        let bytes = |tokens: &Vec<u32>| tokens.iter().flat_map(|t| t.to_le_bytes()).collect();
        self.problems = named(problems, prompts.iter().map(bytes));
        self
    }

    /// Problems whose prompts go out as text, to a model that another program serves.
    pub fn of_texts(problems: &[Problem], prompts: &[String]) -> Self {
        let problems = named(problems, prompts.iter().map(|text| text.clone().into_bytes()));
        Self { model: Fingerprint::default(), problems }
    }

    /// Writes the inputs of a new run into `saved`, or refuses those that differ from the ones there.
    ///
    /// # Errors
    /// Inputs that changed (what changed is named); what the operating system refuses.
    pub fn check(&self, saved: &Path, problems: Problems) -> Result<()> {
        if let Some(before) = Self::read(saved)? {
            let mut changes = self.model.changes_since(&before.model);
            changes.extend(self.changed_problems(&before, problems));
            if !changes.is_empty() {
                return Err(refusal(saved, &changes));
            }
        }
        let value = serde_json::to_value(self)
            .map_err(|error| Error::malformed(saved, "inputs", error.to_string()))?;
        let aside = saved.with_extension("json.new");
        write_json(&aside, &value)?;
        std::fs::rename(&aside, saved).map_err(Error::file(saved))
    }

    fn read(saved: &Path) -> Result<Option<Self>> {
        if !saved.exists() {
            return Ok(None);
        }
        let value = Value::Object(json_object(saved, MAX_BYTES)?);
        let inputs = serde_json::from_value(value)
            .map_err(|error| Error::malformed(saved, "the file", error.to_string()))?;
        Ok(Some(inputs))
    }

    fn changed_problems(&self, before: &Self, rule: Problems) -> Vec<String> {
        let hashes: HashMap<&str, &str> =
            before.problems.iter().map(|(id, hash)| (id.as_str(), hash.as_str())).collect();
        let differs = |(id, hash): &&(String, String)| {
            hashes.get(id.as_str()).is_some_and(|before| *before != hash)
        };
        let changed = self.problems.iter().filter(differs);
        let mut changes: Vec<String> = changed
            .map(|(id, _)| format!("problem {id:?} has another prompt or gold answer"))
            .collect();
        if rule == Problems::Fixed && changes.is_empty() && self.problems != before.problems {
            let (was, is) = (before.problems.len(), self.problems.len());
            changes.push(match was == is {
                true => "the problems have other names or another order".to_owned(),
                false => format!("there are {is} problems; there were {was}"),
            });
        }
        changes
    }
}

fn named(problems: &[Problem], prompts: impl Iterator<Item = Vec<u8>>) -> Vec<(String, String)> {
    let hash = |(problem, prompt): (&Problem, Vec<u8>)| {
        let gold = problem.answer().unwrap_or_default();
        (problem.id.clone(), problem_hash(&prompt, &gold))
    };
    problems.iter().zip(prompts).map(hash).collect()
}

fn refusal(saved: &Path, changes: &[String]) -> Error {
    let mut named = changes[..changes.len().min(NAMED)].join("; ");
    if changes.len() > NAMED {
        named += &format!("; and {} more", changes.len() - NAMED);
    }
    let problem = format!(
        "what is here was made from other inputs: {named}; restore them, or give another --out"
    );
    Error::malformed(saved, "inputs", problem)
}
