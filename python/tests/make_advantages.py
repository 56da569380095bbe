"""Writes `advantages.jsonl`: what `repro advantage --format json` prints, to hold the package to its bits.

    python python/tests/make_advantages.py target/release/repro

Groups and estimators are those of `tests/core/fixtures/golden_advantages.json`, where a second program
checks them; and groups of 16 and 33 rewards on a grid and off it, under the whole catalogue.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "tests" / "core" / "fixtures" / "golden_advantages.json"


def repro(*arguments, groups=()):
    lines = "".join(json.dumps({"rewards": rewards}) + "\n" for rewards in groups)
    command = [sys.argv[1], "advantage", "--format", "json", *arguments]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def needs_binary(name, golden):
    """Whether an estimator refuses every group that is not of 0 and 1."""
    given = [
        expected
        for group in golden
        if not set(group["rewards"]) <= {0, 1}
        for text, expected in group["advantages"].items()
        if text.split(":")[0] == name
    ]
    return all(expected is None for expected in given)


def main():
    lines = []
    for group in json.loads(GOLDEN.read_text())["groups"]:
        for estimator, expected in group["advantages"].items():
            if expected is not None:
                asked = ["--input", "-", "--estimator", estimator]
                lines += repro(*asked, groups=[group["rewards"]])
    rng = random.Random(1)
    groups = [[float(rng.random() < 0.3) for _ in range(n)] for n in (16, 33)]
    real = [[rng.uniform(0, 3) for _ in range(n)] for n in (16, 33)]
    golden = json.loads(GOLDEN.read_text())["groups"]
    for listed in repro("--list"):
        estimator = listed["estimator"]
        more = [] if needs_binary(estimator.split(":")[0], golden) else real
        lines += repro("--input", "-", "--estimator", estimator, groups=groups + more)
    with open(HERE / "advantages.jsonl", "w") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    main()
