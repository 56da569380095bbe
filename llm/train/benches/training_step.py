"""Seconds a training step and peak memory, here and in TRL's GRPOTrainer, on the same threads and model.

    cargo build --release
    python3 -m venv VENV && VENV/bin/pip install torch==2.15.0 transformers==5.23.0 trl==1.16.0
    VENV/bin/python llm/train/benches/training_step.py --repro target/release/repro --threads 2

A step is 64 prompts × 16 completions of Countdown on the embedded model: sampled, graded, one update of
all weights. Both sides take the estimator `grpo`, token-mean loss, no reference, AdamW.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(__file__).parents[2] / "paper-repro" / "models" / "countdown"
PROMPTS, SAMPLES, TOKENS, WARM_UP = 64, 16, 16, 2


def ours(repro, threads, steps, samples):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [repro, "--quiet", "--threads", str(threads), "llm", "--estimator", "grpo",
             "--prompts", str(PROMPTS), "--samples", str(samples), "--steps", str(steps),
             "--save", "every=1000000", "--out", f"{folder}/run"],
            check=True, stdout=subprocess.DEVNULL,
        )
        lines = [json.loads(line) for line in open(f"{folder}/run/metrics.jsonl")][WARM_UP:]
    median = lambda name: statistics.median(line[name] for line in lines)
    return {
        "step": median("timing_s/step"), "sample": median("timing_s/sample"),
        "grade": median("timing_s/grade"), "train": median("timing_s/train"),
        "memory": max(line["perf/peak_rss_gib"] for line in lines),
        "tokens": median("completions/mean_length"),
    }


def reward(prompts, completions, **_):
    """The numbers used at most once, and the value reached."""
    rewards = []
    for prompt, completion in zip(prompts, completions):
        target, *numbers = map(int, re.findall(r"\d+", prompt))
        used = list(map(int, re.findall(r"\d+", completion)))
        try:
            legal = all(used.count(n) <= numbers.count(n) for n in used)
            right = legal and re.fullmatch(r"[\d +*/()-]+", completion) and eval(completion) == target
        except (SyntaxError, ZeroDivisionError, TypeError):
            right = False
        rewards.append(float(bool(right)))
    return rewards


def theirs(threads, steps):
    import time

    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    torch.set_num_threads(threads)
    random = __import__("random").Random(0)
    prompts = []
    while len(prompts) < PROMPTS * steps:
        numbers = [random.randint(1, 12) for _ in range(4)]
        prompts.append(f"make {random.randint(1, 99)} from {' '.join(map(str, numbers))} =")
    times = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            times.append(-time.perf_counter())

        def on_step_end(self, *_, **__):
            times[-1] += time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder, use_cpu=True, per_device_train_batch_size=PROMPTS * SAMPLES,
            num_generations=SAMPLES, max_completion_length=TOKENS, max_steps=steps, temperature=1.0,
            loss_type="dapo", beta=0.0, learning_rate=2e-4, lr_scheduler_type="constant",
            report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, bf16=False,
            gradient_checkpointing=False, shuffle_dataset=False,
        )
        trainer = GRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32),
            processing_class=AutoTokenizer.from_pretrained(MODEL),
            reward_funcs=reward, args=config, train_dataset=Dataset.from_dict({"prompt": prompts}),
        )
        trainer.add_callback(Clock())
        begin = time.perf_counter()
        trainer.train()
        whole = (time.perf_counter() - begin) / steps
    # Generation happens while a batch is prepared, before the step "begins": count whole steps.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"step": whole, "train": statistics.median(times), "memory": peak}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repro", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--peer-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer_only:
        print(json.dumps(theirs(options.threads, options.steps)))
        return
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    run = subprocess.run(
        [sys.executable, __file__, "--repro", options.repro, "--peer-only", "--threads",
         str(options.threads), "--steps", str(options.steps)],
        env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )
    peer = json.loads(run.stdout.strip().splitlines()[-1])
    rows = {n: ours(options.repro, options.threads, options.steps, n) for n in (16, 32, 64)}
    mine = rows[16]
    print(f"{options.threads} threads, {PROMPTS} × {SAMPLES} completions of {mine['tokens']:.1f} tokens\n")
    print("| | here | TRL 1.16 | ratio |\n|---|---:|---:|---:|")
    print(f"| seconds a step | {mine['step']:.3f} | {peer['step']:.3f} | {peer['step'] / mine['step']:.1f} × |")
    print(f"| peak memory, GiB | {mine['memory']:.2f} | {peer['memory']:.2f} | {peer['memory'] / mine['memory']:.1f} × |")
    print("\n| samples a prompt | step, s | sample | grade | train | peak GiB |\n|---:|---:|---:|---:|---:|---:|")
    for samples, row in rows.items():
        print(f"| {samples} | {row['step']:.3f} | {row['sample']:.3f} | {row['grade']:.3f} | {row['train']:.3f} | {row['memory']:.2f} |")


if __name__ == "__main__":
    main()
