//! `repro export verl`: the files as verl gets them, and what is refused.

use crate::support::{refusal, repro_in, success};
use parquet::file::reader::{FileReader, SerializedFileReader};
use repro::Exit;
use tempfile::TempDir;

/// The blocks of the paper's table.
const BLOCKS: [&str; 7] = [
    "qwen2.5-math-1.5b-deepmath103k",
    "qwen2.5-math-7b-math12k",
    "qwen2.5-math-7b-deepmath103k",
    "qwen2.5-math-7b-dapo17k",
    "qwen2.5-7b-math12k",
    "qwen3-4b-base-math12k",
    "llama3.1-8b-instruct-math12k",
];

fn export(dir: &TempDir, arguments: &str) {
    let answer = repro_in(dir, &format!("export verl {arguments} --out {{dir}}/out"));
    assert_eq!(answer.exit, Exit::Success, "{}", answer.err);
}

fn read(dir: &TempDir, file: &str) -> String {
    std::fs::read_to_string(dir.path().join("out").join(file)).unwrap()
}

/// The settings of every block. `python/checks/verl_exports.py` has verl itself check them.
#[test]
fn every_block_as_settings_of_verl() {
    for block in BLOCKS {
        let dir = TempDir::new().unwrap();
        export(&dir, &format!("{block} --nodes 4 --gpus-per-node 8 --no-data"));
        insta::assert_snapshot!(format!("export_{block}"), read(&dir, "overrides.txt"));
        assert!(!dir.path().join("out/train.parquet").exists());
    }
}

#[test]
fn the_command_and_the_notes() {
    let dir = TempDir::new().unwrap();
    export(&dir, "qwen2.5-7b-math12k --nodes 4 --gpus-per-node 8 --no-data");
    insta::assert_snapshot!("export_run_sh", read(&dir, "run.sh"));
    insta::assert_snapshot!("export_notes", read(&dir, "NOTES.md"));
    insta::assert_snapshot!("export_reward", read(&dir, "reward.py"));
}

/// Every setting that a block leaves at its default, moved: each has a place in verl, or a note.
#[test]
fn settings_that_no_block_has() {
    let dir = TempDir::new().unwrap();
    let settings = "--estimator pkpo-loo1:k=4 --loss constant-length:kl=k3,dual_clip=3 --kl-coef 0.01 \
                    --entropy-coef 0.001 --importance-cap 0 --overlong-buffer 512 --sampling-rounds 1 \
                    --epochs 2 --schedule cosine:warmup=3 --optimizer adamw:weight_decay=0.1,state=bf16 \
                    --lora rank=16,alpha=32 --eval every=10,problems=50,samples=8 --seed 7";
    export(&dir, &format!("qwen2.5-7b-math12k --no-data {settings}"));
    insta::assert_snapshot!("export_other_settings", read(&dir, "overrides.txt"));
    insta::assert_snapshot!("export_other_notes", read(&dir, "NOTES.md"));
}

/// Estimators have our names with `_`, but for those that are verl's own.
#[test]
fn estimators_have_their_names_in_verl() {
    let names = ["grpo", "grpo:std=population", "rloo", "rs-grpo:beta=4", "maxrl"];
    let lines = names.map(|name| {
        let dir = TempDir::new().unwrap();
        export(&dir, &format!("qwen3-4b-base-math12k --no-data --estimator {name}"));
        let text = read(&dir, "overrides.txt");
        let of = |line: &&str| line.contains("adv") || line.contains("algorithm.r");
        let not = |line: &&str| !line.contains("rollout_correction");
        format!("{name}: {}", text.lines().filter(of).filter(not).collect::<Vec<_>>().join(" "))
    });
    insta::assert_snapshot!(lines.join("\n"), @r"
    grpo: algorithm.adv_estimator=reference_grpo
    grpo:std=population: algorithm.adv_estimator=reference_grpo +algorithm.reference_grpo.std=population
    rloo: algorithm.adv_estimator=reference_rloo
    rs-grpo:beta=4: algorithm.adv_estimator=rs_grpo +algorithm.rs_grpo.beta=4
    maxrl: algorithm.adv_estimator=maxrl
    ");
}

/// The text of an estimator inside another, and of weights, is quoted as verl's command line wants it.
#[test]
fn parameters_that_are_not_plain_are_quoted() {
    for (estimator, expected) in [
        (
            "focal-weight:gamma=0.5,of=grpo:eps=0.01,std=population",
            "+algorithm.focal_weight.gamma=0.5 +algorithm.focal_weight.of='grpo:eps=0.01,std=population'",
        ),
        ("order:k=3,stat=0/0.5/0.5", "+algorithm.order.k=3 +algorithm.order.stat='0/0.5/0.5'"),
        ("order:k=4,stat=top-2", "+algorithm.order.k=4 +algorithm.order.stat=top-2"),
        ("qae:level=0.4,eps=1e-9", "+algorithm.qae.level=0.4 +algorithm.qae.eps=1e-9"),
    ] {
        let dir = TempDir::new().unwrap();
        export(&dir, &format!("qwen3-4b-base-math12k --no-data --estimator {estimator}"));
        let overrides = read(&dir, "overrides.txt").lines().collect::<Vec<_>>().join(" ");
        assert!(overrides.contains(expected), "{estimator}: {overrides}");
    }
}

/// Problems of a file, as rows of verl's columns; answers are those of the file, not as they were read.
#[test]
fn problems_are_rows_of_verls() {
    let dir = TempDir::new().unwrap();
    let lines = "{\"id\": \"a\", \"problem\": \"1+1?\", \"answer\": \"2.0\"}\n\
                 {\"id\": \"b\", \"problem\": \"Half?\", \"answer\": \"\\\\frac{1}{2}\"}\n";
    std::fs::write(dir.path().join("problems.jsonl"), lines).unwrap();
    export(
        &dir,
        "qwen2.5-7b-math12k --data {dir}/problems.jsonl --eval every=5,problems=1,samples=2",
    );
    let rows = |name: &str| {
        let file = std::fs::File::open(dir.path().join("out").join(name)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string());
        rows.map(|row| row.replace(&*dir.path().to_string_lossy(), "DIR")).collect::<Vec<_>>()
    };
    insta::assert_snapshot!("export_rows", rows("train.parquet").join("\n"));
    assert_eq!(rows("val.parquet").len(), 1);
    assert!(read(&dir, "run.sh").contains("$here/val.parquet"));
}

#[test]
fn what_verl_cannot_do_is_refused() {
    let block = "qwen2.5-7b-math12k --no-data";
    let commands = [
        "qwen2.5-7b-math".to_owned(),
        "countdown --no-data".to_owned(),
        format!("{block} --data countdown"),
        format!("{block} --reward-command cat"),
        format!("{block} --mask-truncated true"),
        format!("{block} --loss gspo:dual_clip=3"),
        format!("{block} --minibatches 3"),
        format!("{block} --prompts 4 --nodes 4"),
        format!("{block} --model somebody/something"),
        format!("{block} --lora rank=8,alpha=0.5"),
        format!("{block} --tensor-parallel 3"),
    ];
    let refused = commands.map(|command| {
        let command = format!("export verl {command}");
        format!("$ repro {command}\n{}", refusal(&command))
    });
    insta::assert_snapshot!("export_refused", refused.join("\n"));
}

/// Flags are those of `repro llm`, with the names of other trainers.
#[test]
fn flags_override_an_experiment() {
    let dir = TempDir::new().unwrap();
    let block = "qwen2.5-7b-math12k --no-data";
    export(
        &dir,
        &format!("{block} --estimator rs-grpo:beta=4 --lora rank=16 --learning-rate 2e-6"),
    );
    let long = read(&dir, "overrides.txt");
    assert!(long.contains("+algorithm.rs_grpo.beta=4"), "{long}");
    export(&dir, &format!("{block} --beta 4 --lora 16 --lr 2e-6"));
    assert_eq!(read(&dir, "overrides.txt"), long);
}

/// A file of settings works as a block does, under its folder's name.
#[test]
fn a_file_of_settings_is_an_experiment() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("mine");
    std::fs::create_dir(&folder).unwrap();
    let settings = "model = \"qwen3-0.6b-base\"\ndata = \"math12k\"\nmax_new_tokens = 512\n";
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    export(&dir, "{dir}/mine --no-data");
    let text = read(&dir, "overrides.txt");
    assert!(text.contains("trainer.experiment_name='mine'"), "{text}");
    assert!(text.contains("actor_rollout_ref.model.path='Qwen/Qwen3-0.6B-Base'"), "{text}");
    assert!(success("export verl --help").contains("EXPERIMENT"));
}
