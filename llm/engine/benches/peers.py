"""Speed on the CPU beside transformers and PyTorch: the same random checkpoint, the same threads, one
run.

    python3 -m venv VENV && VENV/bin/pip install torch==2.15.0 transformers==5.23.0
    cargo bench -p rs-grpo-engine --bench speed --no-run       # prints the path of the program
    VENV/bin/python llm/engine/benches/peers.py PROGRAM [--threads N] [--folder FOLDER] [--only decode:16,…]

Writes a checkpoint of Qwen3's shape with 116 M weights in f32 (and the same in bf16) unless FOLDER
has it, takes every measurement in a process of its own, ours and theirs in turn, and prints a table
of medians with the least and the most of the repetitions.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROMPT, NEW = 64, 64
TASKS = ["decode:1", "decode:16", "decode:64", "prefill:512", "train:8:512:all"]
OURS_ONLY = ["train:8:512:inputs", "open"]


def write_checkpoints(folder):
    """A random model, `f32` and `bf16`."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=151936, hidden_size=512, intermediate_size=1536, num_hidden_layers=12,
        num_attention_heads=8, num_key_value_heads=4, head_dim=64, max_position_embeddings=4096,
        tie_word_embeddings=True, eos_token_id=None, bos_token_id=None, pad_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    print(f"{model.num_parameters() / 1e6:.0f} M weights", file=sys.stderr)
    model.save_pretrained(folder / "f32")
    model.to(torch.bfloat16).save_pretrained(folder / "bf16")


def repeat(work):
    """Seconds of several runs, after one that warms up."""

    def timed():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    first = timed()
    return [timed() for _ in range(min(15, max(3, int(10 / first))))]


def theirs(folder, threads, task):
    """One measurement of transformers, in this process."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    kind, *numbers = task.split(":")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    vocab = model.config.vocab_size

    def prompts(count, tokens):
        rows = [[(i * 7919 + t * 104729 + 11) % vocab for t in range(tokens)] for i in range(count)]
        return torch.tensor(rows)

    if kind == "decode":
        ids = prompts(int(numbers[0]), PROMPT)
        settings = dict(max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False, pad_token_id=0)
        mask = torch.ones_like(ids)
        with torch.inference_mode():
            return repeat(lambda: model.generate(ids, attention_mask=mask, **settings))
    if kind == "prefill":
        ids = prompts(1, int(numbers[0]))
        with torch.inference_mode():
            return repeat(lambda: model(ids, use_cache=True, logits_to_keep=1))
    ids = prompts(int(numbers[0]), int(numbers[1]))

    def train():
        model.zero_grad(set_to_none=True)
        logits = model(ids, use_cache=False).logits[:, :-1].float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()

    return repeat(train)


def measure(command, threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), HF_HUB_OFFLINE="1")
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{command}: {result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def row(task, precision, ours, peer):
    """A line of the table."""

    def cell(result):
        low, high = min(result["seconds"]), max(result["seconds"])
        middle = statistics.median(result["seconds"])
        if task.startswith("decode"):
            tokens = int(task.split(":")[1]) * NEW
            return f"{tokens / middle:,.0f} tokens/s ({tokens / high:,.0f}–{tokens / low:,.0f})"
        return f"{middle * 1e3:,.0f} ms ({low * 1e3:,.0f}–{high * 1e3:,.0f})"

    def memory(result):
        return f"{result['peak_bytes'] / 1e9:.1f}"

    if peer is None:
        return f"| {task} | {precision} | {cell(ours)} | – | – | {memory(ours)} | – |"
    ratio = statistics.median(peer["seconds"]) / statistics.median(ours["seconds"])
    return (
        f"| {task} | {precision} | {cell(ours)} | {cell(peer)} | {ratio:.2f} "
        f"| {memory(ours)} | {memory(peer)} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default=",".join(TASKS + OURS_ONLY))
    parser.add_argument("--precision", default="f32,bf16")
    parser.add_argument("--theirs", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.theirs:
        folder, task = options.theirs
        seconds = theirs(folder, options.threads, task)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peak_bytes": peak}))
        return
    folder = options.folder or Path(tempfile.mkdtemp())
    if not (folder / "bf16" / "config.json").exists():
        write_checkpoints(folder)
    threads = str(options.threads)
    print("| task | weights | here | PyTorch | ratio | GB here | GB PyTorch |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for precision in options.precision.split(","):
        path = str(folder / precision)
        for task in options.only.split(","):
            # Weights that are trained are f32 here.
            if precision == "bf16" and task.startswith("train"):
                continue
            ours = measure([options.program, path, threads, task], options.threads)
            peer = None
            if task in TASKS:
                command = [sys.executable, __file__, "--threads", threads, "--theirs", path, task]
                peer = measure(command, options.threads)
            print(row(task, precision, ours, peer), flush=True)


if __name__ == "__main__":
    main()
