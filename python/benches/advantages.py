"""Speed of `rs_grpo.advantages` beside the same formulas vectorised in NumPy and in torch on the CPU.

    python benches/advantages.py [--rewards 1000000] [--rounds 15]

Every form gets the same rewards in groups of 16 and must give the same advantages. The forms take turns,
and the median time of each counts. NumPy uses one thread; rs_grpo takes all for groups of neighbours, and
one for ids; torch is measured with one, and with as many as it takes by itself. Torch's threads sleep
while others have their turn. Torch has no strings: it gets them as integers, which NumPy finds.
"""

import argparse
import os
import platform
import statistics
import time
import uuid

# Read when torch starts its threads: they would spin after each of its turns, and slow down the next.
os.environ["OMP_WAIT_POLICY"] = "passive"

import numpy as np
import torch

import rs_grpo

SIZE = 16
ESTIMATORS = {"grpo": "grpo", "rs-grpo": "rs-grpo:beta=2"}


def numpy_rows(name, rewards):
    """A group a row."""
    if name == "grpo":
        deviation = rewards - rewards.mean(axis=1, keepdims=True)
        return deviation / (rewards.std(axis=1, ddof=1, keepdims=True) + 1e-6)
    tilted = np.exp(2 * (rewards - rewards.max(axis=1, keepdims=True)))
    return (tilted / tilted.mean(axis=1, keepdims=True) - 1) / 2


def torch_rows(name, rewards):
    """A group a row."""
    if name == "grpo":
        deviation = rewards - rewards.mean(dim=1, keepdim=True)
        return deviation / (rewards.std(dim=1, keepdim=True) + 1e-6)
    tilted = torch.exp(2 * (rewards - rewards.amax(dim=1, keepdim=True)))
    return (tilted / tilted.mean(dim=1, keepdim=True) - 1) / 2


def numpy_ids(name, rewards, ids):
    """An id a reward."""
    _, group, size = np.unique(ids, return_inverse=True, return_counts=True)

    def mean(values):
        return (np.bincount(group, values) / size).astype(rewards.dtype)

    if name == "grpo":
        deviation = rewards - mean(rewards)[group]
        spread = np.sqrt(mean(deviation**2) * (size / (size - 1)).astype(rewards.dtype))
        return deviation / (spread[group] + rewards.dtype.type(1e-6))
    largest = np.full(len(size), -np.inf, rewards.dtype)
    np.maximum.at(largest, group, rewards)
    tilted = np.exp(2 * (rewards - largest[group]))
    return (tilted / mean(tilted)[group] - 1) / 2


def torch_ids(name, rewards, ids):
    """An id a reward."""
    if not isinstance(ids, torch.Tensor):
        ids = torch.from_numpy(np.unique(ids, return_inverse=True)[1])
    _, group, size = torch.unique(ids, return_inverse=True, return_counts=True)
    zeros = torch.zeros(len(size), dtype=rewards.dtype)

    def mean(values):
        return zeros.index_add(0, group, values) / size

    if name == "grpo":
        deviation = rewards - mean(rewards)[group]
        spread = torch.sqrt(mean(deviation**2) * (size / (size - 1)))
        return deviation / (spread[group] + 1e-6)
    largest = torch.full_like(zeros, -torch.inf).scatter_reduce(0, group, rewards, "amax")
    tilted = torch.exp(2 * (rewards - largest[group]))
    return (tilted / mean(tilted)[group] - 1) / 2


def medians(forms, rounds):
    """Median milliseconds of each form; they take turns."""
    times = {form: [] for form in forms}
    for turn in range(rounds + 1):
        for form, (threads, call) in forms.items():
            torch.set_num_threads(threads)
            start = time.perf_counter()
            call()
            if turn:  # The first turn warms up.
                times[form].append(1e3 * (time.perf_counter() - start))
    return {form: statistics.median(taken) for form, taken in times.items()}


def forms(name, rewards, ids, threads):
    """What is compared; `ids` is absent where each row is a group."""
    tensor = torch.from_numpy(rewards)
    estimator = ESTIMATORS[name]
    if ids is None:
        ours = lambda: rs_grpo.advantages(rewards, estimator=estimator)
        in_numpy, in_torch = lambda: numpy_rows(name, rewards), lambda: torch_rows(name, tensor)
    else:
        torch_id = torch.from_numpy(ids) if ids.dtype == np.int64 else ids
        ours = lambda: rs_grpo.advantages(rewards, ids, estimator)
        in_numpy = lambda: numpy_ids(name, rewards, ids)
        in_torch = lambda: torch_ids(name, tensor, torch_id)
    for form in (in_numpy, in_torch):
        np.testing.assert_allclose(ours(), np.asarray(form()), atol=2e-3 if "rs" not in name else 1e-5)
    compared = {"rs_grpo": (threads, ours), "NumPy": (1, in_numpy), "torch, 1 thread": (1, in_torch)}
    return compared | {f"torch, {threads} threads": (threads, in_torch)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rewards", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    rng = np.random.default_rng(0)
    groups = arguments.rewards // SIZE
    order = rng.permutation(groups * SIZE)
    uids = np.array([str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(groups)], dtype=object)
    kinds = {
        "a group a row": None,
        "int64 ids, shuffled": np.repeat(np.arange(groups), SIZE)[order],
        "uid strings, neighbours": np.repeat(uids, SIZE),
        "uid strings, shuffled": np.repeat(uids, SIZE)[order],
    }
    print(f"{groups * SIZE:,} rewards in groups of {SIZE}; milliseconds, median of {arguments.rounds}.")
    print(f"NumPy {np.__version__}, torch {torch.__version__}, Python {platform.python_version()}\n")
    header = True
    for kind, ids in kinds.items():
        for rewarded in ("uniform", "binary") if ids is None else ("binary",):
            for dtype in (np.float32, np.float64):
                draw = rng.random if rewarded == "uniform" else lambda n: rng.integers(0, 2, n)
                rewards = draw(groups * SIZE).astype(dtype)
                shaped = rewards.reshape(-1, SIZE) if ids is None else rewards
                for name in ESTIMATORS:
                    rounds = 3 if ids is not None and ids.dtype == object else arguments.rounds
                    took = medians(forms(name, shaped, ids, threads), rounds)
                    if header:
                        print("| groups | rewards | dtype | estimator |", " | ".join(took), "|")
                        print("|---|---|---|---|" + "--:|" * len(took))
                        header = False
                    cells = " | ".join(f"{ms:.1f}" for ms in took.values())
                    print(f"| {kind} | {rewarded} | {np.dtype(dtype)} | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
