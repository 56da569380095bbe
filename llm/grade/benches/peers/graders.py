"""The graders that are compared, each behind one function: gold and completion in, verdict out.

A verdict is True, False, or None where the grader itself says that it cannot decide. Every grader
gets its default configuration, and the gold answer in the form that its documentation shows.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Grade = Callable[[str, str], "bool | None"]


def _in_dollars(gold: str) -> str:
    """Math-Verify takes a gold answer for a formula where it stands between dollar signs or in a box."""
    return gold if "$" in gold or "\\boxed" in gold or "\\[" in gold else f"${gold}$"


def _without_dollars(gold: str) -> str:
    inner = gold.strip()
    whole = inner.startswith("$") and inner.endswith("$") and inner.count("$") == 2
    return inner[1:-1] if whole else gold


def rs_grpo_grade() -> Grade:
    import rs_grpo

    verdicts = {"correct": True, "wrong": False, "prediction_unparsable": False}
    return lambda gold, completion: verdicts.get(rs_grpo.grade(gold, completion).verdict)


def math_verify() -> Grade:
    from math_verify import parse, verify

    def grade(gold: str, completion: str) -> bool | None:
        parsed = parse(_in_dollars(gold))
        return verify(parsed, parse(completion)) if parsed else None

    return grade


def trl() -> Grade:
    from trl.rewards import accuracy_reward

    def grade(gold: str, completion: str) -> bool | None:
        reward = accuracy_reward([[{"content": completion}]], [_in_dollars(gold)])[0]
        return None if reward is None else reward == 1.0

    return grade


def verl_prime_math() -> Grade:
    from verl.utils.reward_score import prime_math

    return lambda gold, completion: bool(
        prime_math.compute_score(completion, _without_dollars(gold))[0]
    )


def verl_math_dapo() -> Grade:
    from verl.utils.reward_score import math_dapo

    return lambda gold, completion: bool(
        math_dapo.compute_score(completion, _without_dollars(gold))["acc"]
    )


def qwen25_math() -> Grade:
    # Qwen2.5-Math's `parser.py` and `grader.py` are in no package of their own; RLinf carries them.
    # Its folder is put on the path as a package: RLinf itself would import PyTorch and more.
    rlinf = importlib.util.find_spec("rlinf")
    if rlinf is None or not rlinf.submodule_search_locations:
        raise ModuleNotFoundError("rlinf")
    sys.path.insert(0, str(Path(rlinf.submodule_search_locations[0]) / "algorithms/rewards/math"))
    verify = importlib.import_module("math_verifier.verify")
    return lambda gold, completion: bool(
        verify.verify_math_solution(completion, _without_dollars(gold))
    )


# Name in the table, the package whose version is stated, and what loads it.
GRADERS: dict[str, tuple[str, Callable[[], Grade]]] = {
    "rs-grpo-grade": ("rs-grpo", rs_grpo_grade),
    "Math-Verify": ("math-verify", math_verify),
    "TRL accuracy_reward": ("trl", trl),
    "verl prime_math": ("verl", verl_prime_math),
    "verl math_dapo": ("verl", verl_math_dapo),
    "Qwen2.5-Math (RLinf)": ("rlinf", qwen25_math),
}


def version(name: str) -> str:
    """The version of a grader's package; raises `PackageNotFoundError` without it."""
    return importlib.metadata.version(GRADERS[name][0])


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drops what graders print and log about single cases."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
    sys.stdout.flush()
