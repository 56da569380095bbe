"""The recorded counts as Markdown."""

from __future__ import annotations

# Rows of the tables of faults: what is counted, in which parts, and whether wrong or right answers.
RIGHT = ["labelled", "as it is", "re-formatted"]
WRONG = ["labelled", "changed"]


def markdown(results: dict) -> str:
    graders = results["graders"]
    versions = ", ".join(
        f"{name}: {each['version']} ({each['date']})" for name, each in graders.items()
    )
    head = (
        "# This grader beside others\n\n"
        f"Written by `compare.py`; {results['machine']}. Versions of the packages, and the days on which "
        f"they ran: {versions}. At most {results['golds_per_data_set']} different gold answers of a "
        "data set. Counts of cases; what is decided neither way counts as refused.\n"
    )
    parts = [
        head,
        "## False positives: wrong answers taken for right\n\n" + faults(graders, WRONG, "false_positives"),
        "## False negatives: right answers refused\n\n" + faults(graders, RIGHT, "false_negatives"),
        "## Cases that may be argued\n\nDecided otherwise than their file says.\n\n" + policy(graders),
        "## No verdict\n\nUndecided by the grader's own word, errors raised, and processes lost, of all cases.\n\n"
        + no_verdict(graders),
        "## Time and memory\n\nVerdicts a second and the median are of single calls from Python on MATH500's "
        "golds, each against itself in a box, in processor time; the slowest is by the clock.\n\n" + speeds(graders),
    ]
    return "\n".join(parts)


def faults(graders: dict, parts: list[str], fault: str) -> str:
    """A row for each set and part that has cases of this kind."""
    first = next(iter(graders.values()))["counts"]
    rows, totals = [], [0] * (1 + len(graders))
    for name, by_part in first.items():
        for part in parts:
            if part not in by_part:
                continue
            right = by_part[part]["right"]
            cells = [right if fault == "false_negatives" else by_part[part]["cases"] - right]
            cells += [each["counts"][name][part][fault] for each in graders.values()]
            totals = [total + cell for total, cell in zip(totals, cells, strict=True)]
            rows.append([name if part == "labelled" else f"{name}, {part}", *cells])
    kind = "right" if fault == "false_negatives" else "wrong"
    return table(["cases of", f"{kind} answers", *graders], [*rows, ["all", *totals]])


def policy(graders: dict) -> str:
    first = next(iter(graders.values()))["counts"]
    rows = []
    for name, by_part in first.items():
        if "policy" in by_part:
            otherwise = [
                count["false_positives"] + count["false_negatives"]
                for count in (each["counts"][name]["policy"] for each in graders.values())
            ]
            rows.append([name, by_part["policy"]["cases"], *otherwise])
    return table(["cases of", "cases", *graders], rows)


def no_verdict(graders: dict) -> str:
    def total(each: dict, kind: str) -> int:
        return sum(count[kind] for parts in each["counts"].values() for count in parts.values())

    rows = [
        [kind, *(total(each, kind) for each in graders.values())]
        for kind in ("undecided", "errors", "lost")
    ]
    return table(["", *graders], rows)


def speeds(graders: dict) -> str:
    head = ["grader", "verdicts/s", "median, µs", "slowest of all, ms", "memory, MiB", "loaded, MiB"]
    keys = ["verdicts_per_second", "median_us", "slowest_ms_of_all", "memory_peak_mib", "memory_loaded_mib"]
    rows = [[name, *(f"{each['speed'][key]:,}" for key in keys)] for name, each in graders.items()]
    return table(head, rows)


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
