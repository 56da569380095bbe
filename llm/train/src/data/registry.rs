//! The named data sets.
//!
//! Ids, files and columns were compared with public code that reads these sets from the hub, and the
//! counts of benchmarks with copies of them. Licences and counts of training sets are from the sets'
//! pages. A revision is a commit where public code names one together with its files or row count, and
//! the newest otherwise; the number of problems is checked in either case.

use super::{AnswerForm, Columns};

/// What a set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To train on.
    Training,
    /// To evaluate on; training sets are decontaminated of it.
    Benchmark,
}

/// A set of problems with a short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// The short name.
    pub name: &'static str,
    /// The name in the paper's table.
    pub title: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// Its repository on the hub.
    pub repository: &'static str,
    /// Branch, tag or commit.
    pub revision: &'static str,
    /// Prefix of its files in the repository.
    pub files: &'static str,
    /// Where a row has its problem, its answer and its name.
    pub columns: Columns<&'static str>,
    /// The licence of the problems.
    pub licence: &'static str,
    /// Number of problems.
    pub count: usize,
}

impl DataSet {
    /// The set of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        DATA_SETS.iter().find(|set| set.name == name)
    }

    /// The sets to evaluate on.
    pub fn benchmarks() -> impl Iterator<Item = &'static Self> {
        DATA_SETS.iter().filter(|set| set.purpose == Purpose::Benchmark)
    }
}

const PROBLEM_AND_ANSWER: Columns<&str> =
    Columns { problem: "problem", answer: "answer", id: "", form: AnswerForm::Plain };
const TRAIN: &str = "data/train-";
const NEWEST: &str = "main";

/// Every set: those to train on, then the benchmarks.
pub const DATA_SETS: &[DataSet] = &[
    DataSet {
        name: "math12k",
        title: "math12k",
        purpose: Purpose::Training,
        repository: "hiyouga/math12k",
        revision: NEWEST,
        files: TRAIN,
        columns: PROBLEM_AND_ANSWER,
        licence: "MIT",
        count: 12_000,
    },
    DataSet {
        name: "deepmath103k",
        title: "deepmath103k",
        purpose: Purpose::Training,
        repository: "zwhe99/DeepMath-103K",
        revision: "5cf055d1fe3d7a2eb19719ac020211469736ae44",
        files: TRAIN,
        columns: Columns { problem: "question", answer: "final_answer", ..PROBLEM_AND_ANSWER },
        licence: "MIT",
        count: 103_022,
    },
    DataSet {
        name: "dapo17k",
        title: "dapo17k",
        purpose: Purpose::Training,
        repository: "open-r1/DAPO-Math-17k-Processed",
        revision: NEWEST,
        files: "all/train-",
        columns: Columns { problem: "prompt", answer: "solution", ..PROBLEM_AND_ANSWER },
        licence: "Apache-2.0",
        count: 17_398,
    },
    DataSet {
        name: "gsm8k",
        title: "GSM8K",
        purpose: Purpose::Training,
        repository: "openai/gsm8k",
        revision: "740312add88f781978c0658806c59bc2815b9866",
        files: "main/train-",
        columns: Columns { problem: "question", form: AnswerForm::Hashes, ..PROBLEM_AND_ANSWER },
        licence: "MIT",
        count: 7_473,
    },
    DataSet {
        name: "math500",
        title: "MATH500",
        purpose: Purpose::Benchmark,
        repository: "HuggingFaceH4/MATH-500",
        revision: NEWEST,
        files: "test.jsonl",
        columns: Columns { id: "unique_id", ..PROBLEM_AND_ANSWER },
        licence: "MIT",
        count: 500,
    },
    DataSet {
        name: "aime24",
        title: "AIME24",
        purpose: Purpose::Benchmark,
        repository: "HuggingFaceH4/aime_2024",
        revision: "2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
        files: TRAIN,
        columns: Columns { id: "id", ..PROBLEM_AND_ANSWER },
        licence: "Apache-2.0",
        count: 30,
    },
    arena("aime25", "AIME25", "MathArena/aime_2025", 30),
    arena("hmmt24", "HMMT_Feb24", "MathArena/hmmt_feb_2024", 30),
    arena("hmmt25", "HMMT_Feb25", "MathArena/hmmt_feb_2025", 30),
    DataSet {
        revision: "8f27517ce4ad1d05e023c0e7eca4344754ba2a04",
        ..arena("cmimc25", "CMIMC25", "MathArena/cmimc_2025", 40)
    },
];

/// A benchmark of MathArena, whose repositories are all alike.
const fn arena(
    name: &'static str,
    title: &'static str,
    repository: &'static str,
    count: usize,
) -> DataSet {
    DataSet {
        name,
        title,
        purpose: Purpose::Benchmark,
        repository,
        revision: NEWEST,
        files: TRAIN,
        columns: Columns { id: "problem_idx", ..PROBLEM_AND_ANSWER },
        licence: "CC-BY-NC-SA-4.0",
        count,
    }
}
