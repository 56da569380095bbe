"""Times the authors' bandit script and `repro bandit` side by side on one core.

    python authors.py PATH/TO/codes/bandit.py PATH/TO/repro

The script is not part of this project; it needs NumPy and matplotlib. For every beta, one run of
400,000 pulls of theirs and, right after it, the median of 9 processes of ours with 40 runs each,
less the median of 9 processes with one run each: the marginal cost of a run.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS, PROCESSES, PULLS = 41, 9, 400_000


def theirs(path, beta):
    source = open(path).read().split('if __name__ == "__main__":')[0]
    scope = {}
    exec(compile("import matplotlib; matplotlib.use('Agg')\n" + source, path, "exec"), scope)
    runner = scope["ExperimentRunner"]()
    start = time.perf_counter()
    runner.run_single_experiment(beta, n_steps=PULLS, seed=42)
    return time.perf_counter() - start


def process(repro, beta, runs):
    with tempfile.TemporaryDirectory() as out:
        command = [repro, "bandit", "--beta", str(beta), "--seeds", str(runs)]
        command += ["--threads", "1", "--quiet", "--out", out]
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def ours(repro, beta):
    one, many = [
        statistics.median(process(repro, beta, runs) for _ in range(PROCESSES)) for runs in (1, RUNS)
    ]
    return (many - one) / (RUNS - 1), one


def main(script, repro):
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    print("| β | authors' script, s | here, ms a run | ratio | whole process with one run, ms |")
    print("|---:|---:|---:|---:|---:|")
    for beta in (0, 2, 4, 8, 16, 32, 64):
        slow, (fast, whole) = theirs(script, beta), ours(repro, beta)
        row = f"{slow:.1f} | {1e3 * fast:.2f} | {slow / fast:,.0f} | {1e3 * whole:.0f}"
        print(f"| {beta} | {row} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
