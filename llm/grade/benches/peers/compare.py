"""This grader beside others, on the same cases: `python compare.py --data FOLDER`. See README.md."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import platform
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import forms
import report
from graders import GRADERS

HERE = Path(__file__).parent
OWN = HERE.parents[3] / "tests" / "grade" / "fixtures" / "grade_cases.jsonl"
# Files of cases with a verdict beside each, and data sets of problems with gold answers.
LABELLED = {
    "public reports": "grader_public_reports.jsonl",
    "Math-Verify's tests": "grader_math_verify.jsonl",
    "TRL's tests": "grader_trl.jsonl",
    "Qwen2.5-Math's tests": "grader_qwen25_math.jsonl",
}
GOLDS = {
    "SVAMP": "svamp.jsonl",
    "MAWPS": "mawps.jsonl",
    "ASDiv": "asdiv.jsonl",
    "OlympiadBench": "olympiadbench.jsonl",
}
# On these alone is speed measured: each gold answer against itself in a box.
SPEED = "MATH500"
# Seconds after which a case is given up, and its process ended; and those to load a grader.
PATIENCE = 60.0
LOADING = 600.0


@dataclass(frozen=True)
class Case:
    """A gold answer, a completion, and whether it is right."""

    set: str
    part: str
    id: str
    gold: str
    prediction: str
    expected: bool


def labelled(name: str, path: Path) -> Iterator[Case]:
    """Cases with a verdict; those whose verdict may be argued are a part of their own."""
    for line in rows(path):
        policy = line.get("policy") is not None or line.get("verdict") == "policy"
        texts = line.get("gold"), line.get("prediction")
        if all(isinstance(text, str) for text in texts) and isinstance(line.get("expected"), bool):
            part = "policy" if policy else "labelled"
            yield Case(name, part, str(line.get("id")), *texts, line["expected"])


def of_golds(name: str, path: Path, most: int) -> Iterator[Case]:
    """Every different gold answer, at most this many, as it is, in other forms, and changed."""
    golds = list(dict.fromkeys(str(line["answer"]) for line in rows(path)))
    step = max(1, -(-len(golds) // most))
    for gold in golds[::step]:
        parts = [
            ("as it is", forms.same(gold), True),
            ("re-formatted", forms.right(gold), True),
            ("changed", forms.wrong(gold), False),
        ]
        for part, completions, expected in parts:
            for form, completion in completions:
                yield Case(name, part, f"{gold} [{form}]", gold, completion, expected)


def for_speed(path: Path) -> Iterator[Case]:
    for line in rows(path):
        yield Case(SPEED, "as it is", line["id"], line["answer"], forms.boxed(line["answer"]), True)


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def all_cases(data: Path, most: int) -> list[Case]:
    cases = list(labelled("cases of our own", OWN))
    for name, file in LABELLED.items():
        cases += labelled(name, data / file)
    for name, file in GOLDS.items():
        cases += of_golds(name, data / file, most)
    return cases + list(for_speed(data / "math500.jsonl"))


class Outcomes:
    """What one grader said of every case."""

    def __init__(self) -> None:
        self.version = ""
        self.rss = {"loaded": 0.0, "peak": 0.0}
        self.lines: dict[int, dict] = {}


def run(grader: str, python: str, path: Path, number: int) -> Outcomes:
    """Runs a grader on all cases; a process that ends or hangs is started again behind its case."""
    outcomes, first = Outcomes(), 0
    while first < number:
        for line in worker(grader, python, path, first):
            if "ready" in line:
                outcomes.version, outcomes.rss["loaded"] = line["ready"], line["rss"]
            else:
                outcomes.lines[line["index"]] = line
                first = line["index"] + 1
                outcomes.rss["peak"] = max(outcomes.rss["peak"], line["rss"])
        if not outcomes.version:
            raise RuntimeError(f"{grader} cannot be loaded by {python}")
        if first < number:
            outcomes.lines[first] = {"verdict": None, "error": "lost", "cpu": 0.0, "seconds": PATIENCE}
            first += 1
    return outcomes


def worker(grader: str, python: str, path: Path, first: int) -> Iterator[dict]:
    """The lines of a process, until it ends or is silent for too long."""
    command = [python, str(HERE / "worker.py"), grader, str(path), str(first)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    patience = LOADING
    try:
        while (line := lines.get(timeout=patience)) is not None:
            yield json.loads(line)
            patience = PATIENCE
    except queue.Empty:
        pass
    finally:
        process.kill()
        process.wait()


def counts(cases: list[Case], outcomes: Outcomes) -> dict[str, dict[str, dict[str, int]]]:
    """By set and part: cases, those that are right, false positives and negatives, and what was not decided."""
    result: dict[str, dict[str, Counter[str]]] = {}
    for index, case in enumerate(cases):
        line = outcomes.lines[index]
        count = result.setdefault(case.set, {}).setdefault(case.part, Counter())
        count["cases"] += 1
        count["right"] += case.expected
        count["false_positives"] += line["verdict"] is True and not case.expected
        count["false_negatives"] += line["verdict"] is not True and case.expected
        count["undecided"] += line["verdict"] is None and line["error"] is None
        count["errors"] += line["error"] not in (None, "lost")
        count["lost"] += line["error"] == "lost"
    return {name: {part: dict(c) for part, c in parts.items()} for name, parts in result.items()}


def speed(cases: list[Case], outcomes: Outcomes) -> dict[str, float]:
    own = [outcomes.lines[i]["cpu"] for i, case in enumerate(cases) if case.set == SPEED]
    every = sorted(line["seconds"] for line in outcomes.lines.values())
    return {
        "verdicts_per_second": round(len(own) / sum(own), 1),
        "median_us": round(1e6 * statistics.median(own), 1),
        "slowest_ms_of_all": round(1e3 * every[-1], 1),
        "memory_loaded_mib": round(outcomes.rss["loaded"]),
        "memory_peak_mib": round(outcomes.rss["peak"]),
    }


def disagreements(cases: list[Case], all_outcomes: dict[str, Outcomes]) -> list[str]:
    """False positives of the first grader, each with the others that share it."""
    (first, own), *others = all_outcomes.items()
    lines = []
    for index, case in enumerate(cases):
        if own.lines[index]["verdict"] is True and not case.expected and case.part != "policy":
            shared = [name for name, other in others if other.lines[index]["verdict"] is True]
            text = json.dumps([case.set, case.part, case.id, case.gold, case.prediction])
            lines.append(f"{first}, shared with {', '.join(shared) or 'none'}: {text}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the files of cases")
    parser.add_argument("--out", type=Path, default=HERE, help="where results.json and .md go")
    parser.add_argument("--golds", type=int, default=60, help="most gold answers of a data set")
    parser.add_argument("--grader", action="append", choices=GRADERS, help="only these")
    parser.add_argument(
        "--qwen-python", default=sys.executable, help="the Python that RLinf is installed in"
    )
    parser.add_argument("--list", type=Path, help="writes this grader's false positives there")
    options = parser.parse_args()
    cases = all_cases(options.data, options.golds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.jsonl"
        text = "".join(json.dumps(asdict(case)) + "\n" for case in cases)
        path.write_text(text)
        outcomes = {}
        for name in options.grader or GRADERS:
            python = options.qwen_python if "Qwen" in name else sys.executable
            outcomes[name] = run(name, python, path, len(cases))
            print(name, outcomes[name].version, speed(cases, outcomes[name]), flush=True)
    now = {
        name: {
            "version": each.version,
            "date": datetime.date.today().isoformat(),
            "speed": speed(cases, each),
            "counts": counts(cases, each),
        }
        for name, each in outcomes.items()
    }
    results = {
        "machine": f"{processor()}, Python {platform.python_version()}",
        "golds_per_data_set": options.golds,
        "sha256_of_cases": hashlib.sha256(text.encode()).hexdigest(),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    before = earlier(options.out / "results.json", results["sha256_of_cases"])
    known = {**before, **now}
    results["graders"] = {name: known[name] for name in GRADERS if name in known}
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (options.out / "results.md").write_text(report.markdown(results))
    if options.list:
        options.list.write_text("\n".join(disagreements(cases, outcomes)) + "\n")


def earlier(path: Path, cases: str) -> dict[str, dict]:
    """The graders of an earlier output, if it was of the same cases."""
    results = json.loads(path.read_text()) if path.exists() else {}
    return results["graders"] if results.get("sha256_of_cases") == cases else {}


def processor() -> str:
    """The name of the processor, where the system tells it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor()


if __name__ == "__main__":
    main()
