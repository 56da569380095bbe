"""One grader on a file of cases, in a process of its own: `worker.py GRADER CASES.jsonl FIRST`.

Writes one JSON line when it is ready and one a case, so that a case which kills or hangs the process
is known. Times are of single calls: that of the processor, which other programs do not disturb, and
that of the clock.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

import graders


def main() -> None:
    name, path, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # Graders that write to the standard output must not write among the lines.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with graders.silence():
        grade = graders.GRADERS[name][1]()
        grade("1", "\\boxed{1}")
    print(json.dumps({"ready": graders.version(name), "rss": peak()}), file=out, flush=True)
    with open(path, encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    for index in range(first, len(cases)):
        start, used = time.perf_counter(), time.process_time()
        error = None
        try:
            with graders.silence():
                verdict = grade(cases[index]["gold"], cases[index]["prediction"])
        except Exception as raised:
            verdict, error = None, type(raised).__name__
        line = {
            "index": index,
            "verdict": verdict,
            "error": error,
            "cpu": time.process_time() - used,
            "seconds": time.perf_counter() - start,
            "rss": peak(),
        }
        print(json.dumps(line), file=out, flush=True)


def peak() -> float:
    """Most memory that this process held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
