"""Has verl itself check what `repro export verl` writes.

    pip install verl==0.9.1 "TransferQueue>=0.1.10" cachetools fastapi uvicorn pyarrow
    cargo build -p repro
    python python/checks/verl_exports.py target/debug/repro > python/checks/verl_exports.txt

No GPU, and no package of ours: verl's own config is composed with the overrides of each export and put
through its `validate_config`, its dataclasses for actor, rollout, model and reward are built, and the
problems are read by its data set. `verl_exports.txt` beside this file is the last output.
"""

import contextlib
import importlib.metadata
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import omega_conf_to_dataclass, validate_config

BLOCKS = [
    "qwen2.5-math-1.5b-deepmath103k",
    "qwen2.5-math-7b-math12k",
    "qwen2.5-math-7b-deepmath103k",
    "qwen2.5-math-7b-dapo17k",
    "qwen2.5-7b-math12k",
    "qwen3-4b-base-math12k",
    "llama3.1-8b-instruct-math12k",
]
# Settings that no block has, so that every override is seen by verl.
OTHERS = {
    "grpo": "--estimator grpo",
    "pkpo": "--estimator pkpo-loo1:k=4",
    "gspo": "--loss gspo",
    "Dr. GRPO, divergence, entropy, dual clip": "--loss constant-length:kl=k3,dual_clip=3 --kl-coef 0.01"
    " --entropy-coef 0.001 --estimator dr-grpo",
    "overlong penalty": "--overlong-buffer 512",
    "no correction, two epochs": "--importance-cap 0 --epochs 2",
    "cosine, decay": "--schedule cosine:warmup=3 --optimizer adamw:weight_decay=0.1",
    "evaluation": "--eval every=10,problems=50,samples=8",
}


def export(repro: str, folder: Path, *arguments: str) -> list[str]:
    """The overrides of an export, with those that its run.sh adds."""
    command = [repro, "--quiet", "export", "verl", *arguments, "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    lines = (folder / "overrides.txt").read_text().splitlines()
    overrides = [line for line in lines if line and not line.startswith("#")]
    # As bash has them: what run.sh would hand to verl, printed instead.
    script = (folder / "run.sh").read_text()
    script = script[: script.index("# Whether verl accepts")] + 'printf "%s\\n" "${overrides[@]}"\n'
    (folder / "train.parquet").touch()
    # `run.sh` finds its folder by its own path.
    (folder / "print.sh").write_text(script)
    printed = subprocess.run(["bash", str(folder / "print.sh")], check=True, stdout=subprocess.PIPE, text=True)
    given = printed.stdout.splitlines()
    assert given[: len(overrides)] == overrides and len(given) == len(overrides) + 4, given
    return given


def check(overrides: list[str]):
    """verl's config with the overrides, refused as verl refuses."""
    config = compose("ppo_trainer", overrides=overrides)
    OmegaConf.resolve(config)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        validate_config(config, use_reference_policy=need_reference_policy(config), use_critic=need_critic(config))
    assert "All configuration checks passed" in said.getvalue(), said.getvalue()
    omega_conf_to_dataclass(config.actor_rollout_ref.rollout)
    omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    assert not need_critic(config)
    return config


def check_data(repro: str, folder: Path):
    """The problems as verl's own data set reads them."""
    from datasets import load_dataset

    folder.mkdir()
    problems = [{"problem": "1+1?", "answer": "2.0", "id": "a"}, {"problem": "½?", "answer": "\\frac{1}{2}", "id": "b"}]
    (folder / "problems.jsonl").write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    data = ["--data", str(folder / "problems.jsonl"), "--prompts", "64", "--minibatches", "1"]
    command = [repro, "--quiet", "export", "verl", "qwen2.5-7b-math12k", *data, "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    # RLHFDataset._read_files_and_tokenize reads files by this call.
    rows = load_dataset("parquet", data_files=str(folder / "train.parquet"), cache_dir=str(folder))["train"]
    for row, problem, index in zip(rows, problems, range(2), strict=True):
        [message] = row["prompt"]
        assert message["role"] == "user" and message["content"].startswith(problem["problem"]), row
        assert message["content"].endswith("\\boxed{}.\n"), row
        assert row["reward_model"] == {"style": "rule", "ground_truth": problem["answer"]}, row
        assert row["extra_info"] == {"index": index, "id": problem["id"]}, row
        assert row["data_source"] == str(folder / "problems.jsonl"), row
    return len(rows)


def main(repro: str):
    print("verl", importlib.metadata.version("verl"))
    with tempfile.TemporaryDirectory() as place, initialize_config_module("verl.trainer.config", version_base=None):
        place = Path(place)
        for block in BLOCKS:
            overrides = export(repro, place / block, block, "--nodes", "4", "--gpus-per-node", "8", "--no-data")
            config = check(overrides)
            estimator = config.algorithm.adv_estimator
            print(f"{block}: {len(overrides)} settings, estimator {estimator}: accepted")
        for number, (what, settings) in enumerate(OTHERS.items()):
            overrides = export(
                repro, place / str(number), "qwen2.5-7b-math12k", "--no-data", *settings.split()
            )
            check(overrides)
            print(f"{what}: {len(overrides)} settings: accepted")
        # verl asks vLLM for the ranks that it knows, so its check of adapters needs that installed.
        overrides = export(repro, place / "lora", "qwen2.5-7b-math12k", "--no-data", "--lora", "rank=16,alpha=32")
        config = compose("ppo_trainer", overrides=overrides)
        omega_conf_to_dataclass(config.actor_rollout_ref.actor)
        print(f"LoRA: {len(overrides)} settings: composed; verl validates adapters only where vLLM is installed")
        print(f"problems: {check_data(repro, place / 'data')} rows read as they were written")


if __name__ == "__main__":
    main(sys.argv[1])
