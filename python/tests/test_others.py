"""pass@k, max@k, the grader, the catalogue; and that other threads run meanwhile."""

import csv
import doctest
import itertools
import json
import math
import threading
import time
import unittest
from pathlib import Path

import numpy as np

import rs_grpo

FIXTURES = Path(__file__).parent.parent.parent / "tests"


class Metrics(unittest.TestCase):
    def test_pass_at_k_is_that_of_another_program(self):
        """`pass_at_k.csv`: exact rationals, and 60 digits for large n."""
        with (FIXTURES / "core" / "fixtures" / "pass_at_k.csv").open() as file:
            rows = list(csv.reader(line for line in file if not line.startswith("#")))
        n, c, k = (np.array([int(row[i]) for row in rows]) for i in range(3))
        expected = [float(row[3]) for row in rows]
        self.assertGreater(len(expected), 50)
        np.testing.assert_allclose(rs_grpo.pass_at_k(n, c, k), expected, rtol=1e-12)

    def test_pass_at_k_broadcasts(self):
        table = rs_grpo.pass_at_k(8, np.arange(9), [[1], [2], [8]])
        self.assertEqual(table.shape, (3, 9))
        for k, c in itertools.product((1, 2, 8), range(9)):
            expected = 1 - math.comb(8 - c, k) / math.comb(8, k)
            one = rs_grpo.pass_at_k(8, c, k)
            self.assertIsInstance(one, float)
            self.assertAlmostEqual(one, expected, places=14)
            self.assertEqual(one, table[(1, 2, 8).index(k), c])

    def test_max_at_k_is_the_mean_over_all_subsets(self):
        rewards = np.random.default_rng(3).random((5, 7))
        for k in range(1, 8):
            subsets = [list(chosen) for chosen in itertools.combinations(range(7), k)]
            expected = np.mean([rewards[:, chosen].max(axis=1) for chosen in subsets], axis=0)
            np.testing.assert_allclose(rs_grpo.max_at_k(rewards, k), expected, rtol=1e-13)
            one = rs_grpo.max_at_k(rewards[2], k)
            self.assertIsInstance(one, float)
            self.assertAlmostEqual(one, expected[2], places=13)


class Grades(unittest.TestCase):
    def test_verdicts_are_those_of_the_cases(self):
        """`grade_cases.jsonl`: written by hand, each with what is right."""
        with (FIXTURES / "grade" / "fixtures" / "grade_cases.jsonl").open() as file:
            cases = [json.loads(line) for line in file]
        golds, predictions = ([case[key] for case in cases] for key in ("gold", "prediction"))
        grades = rs_grpo.grade(golds, predictions)
        self.assertEqual([one.verdict == "correct" for one in grades], [c["expected"] for c in cases])

    def test_one_and_many(self):
        one = rs_grpo.grade("1/2", r"\boxed{0.5}")
        self.assertEqual(one, ("correct", 1.0, "0.5", "exact"))
        self.assertEqual(rs_grpo.grade("1/2", [r"\boxed{0.5}"] * 2), [one, one])
        self.assertEqual(rs_grpo.grade([], []), [])

    def test_a_gold_answer_at_fault_has_no_reward(self):
        fault = rs_grpo.grade(r"\frac", r"\boxed{1}")
        self.assertEqual((fault.verdict, fault.reward), ("gold_unparsable", None))

    def test_boxed_only(self):
        self.assertEqual(rs_grpo.grade("7", "The answer is 7.").reward, 1.0)
        strict = rs_grpo.grade("7", "The answer is 7.", boxed_only=True)
        self.assertEqual((strict.verdict, strict.reward), ("prediction_unparsable", 0.0))


class Catalogue(unittest.TestCase):
    def test_every_text_reads_back(self):
        listed = rs_grpo.estimators()
        self.assertEqual(listed[0].estimator, "rs-grpo:beta=2")
        for each in listed:
            self.assertEqual(rs_grpo.estimator(each.estimator), each.estimator)
            self.assertTrue(each.optimises and each.source)
            self.assertIn("```text", each.page)
            # The help shows every formula, as the core has it.
            self.assertIn(each.page, rs_grpo.estimators.__doc__)

    def test_keywords(self):
        self.assertEqual(rs_grpo.estimator("rs-grpo"), "rs-grpo:beta=2")
        self.assertEqual(rs_grpo.estimator("rs-grpo", beta=np.float64(0.5)), "rs-grpo:beta=0.5")
        written = rs_grpo.estimator("grpo", eps=1e-4, std="population")
        self.assertEqual(written, rs_grpo.estimator("grpo:std=population,eps=0.0001"))
        # The text of another estimator comes last, whatever the order of the keywords.
        nested = rs_grpo.estimator("focal-weight", of="order:k=3,stat=min", gamma=2)
        self.assertEqual(nested, "focal-weight:gamma=2,of=order:k=3,stat=min")
        # A word of Python as a key.
        self.assertEqual(rs_grpo.estimator("w-reinforce", lambda_=0.5), "w-reinforce:lambda=0.5")

    def test_examples_of_the_documentation(self):
        modules = [rs_grpo] + [
            __import__(f"rs_grpo.{name}", fromlist=["x"])
            for name in ("_advantages", "_estimators", "_grade", "_metrics")
        ]
        results = [doctest.testmod(module) for module in modules]
        self.assertEqual(sum(result.failed for result in results), 0)
        self.assertGreater(sum(result.attempted for result in results), 5)


class Threads(unittest.TestCase):
    def longest_pause(self, call):
        """How long another thread waited at most while the call ran, as a share of the call."""
        ticks, stop = [], threading.Event()

        def tick():
            while not stop.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0.001)

        ticker = threading.Thread(target=tick)
        ticker.start()
        while not ticks:
            time.sleep(0.001)
        start = time.perf_counter()
        try:
            call()
        finally:
            end = time.perf_counter()
            stop.set()
            ticker.join()
        inside = [start, *(at for at in ticks if start < at < end), end]
        return max(b - a for a, b in itertools.pairwise(inside)) / (end - start)

    def test_another_thread_runs_meanwhile(self):
        """With the lock held, the whole call is one pause, every time; a busy machine spoils some calls."""
        rewards = np.random.default_rng(0).random(4_000_000)
        shuffled = np.random.default_rng(0).permutation(np.repeat(np.arange(250_000), 16))
        counts = np.full(1_000_000, 1000)
        hard = [r"\boxed{x^{12}+" + "+".join(f"{i}x^{{{i}}}" for i in range(11)) + "}"] * 400
        for name, call in {
            "equal groups": lambda: rs_grpo.advantages(rewards, 16, "pkpo:k=4"),
            "ids": lambda: rs_grpo.advantages(rewards, shuffled, "pkpo:k=4"),
            "pass@k": lambda: rs_grpo.pass_at_k(counts, 100, 50),
            "max@k": lambda: rs_grpo.max_at_k(rewards.reshape(-1, 16), 4),
            "grade": lambda: rs_grpo.grade("(x+1)^{12}", hard),
        }.items():
            with self.subTest(name):
                runs = any(self.longest_pause(call) < 0.5 for _ in range(50))
                self.assertTrue(runs, "no other thread runs in any of 50 calls")

    def test_many_threads_share_an_array(self):
        rewards = np.random.default_rng(1).random((1000, 16))
        expected = rs_grpo.advantages(rewards)
        results = [None] * 8

        def work(i):
            results[i] = rs_grpo.advantages(rewards)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            np.testing.assert_array_equal(result, expected)


if __name__ == "__main__":
    unittest.main()
