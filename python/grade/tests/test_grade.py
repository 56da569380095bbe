"""The package of the grader alone: it needs nothing, and says what the other one says."""

import doctest
import json
import sys
import unittest
from pathlib import Path

import rs_grpo_grade
from rs_grpo_grade.reward import MathReward, compute_scores

CASES = Path(__file__).parents[3] / "tests" / "grade" / "fixtures" / "grade_cases.jsonl"


class Alone(unittest.TestCase):
    def test_it_imports_nothing_but_pythons_own(self):
        for name in ("numpy", "torch", "trl", "verl", "rs_grpo"):
            self.assertNotIn(name, sys.modules)

    def test_verdicts_are_those_of_the_cases(self):
        with CASES.open() as file:
            cases = [json.loads(line) for line in file]
        golds, predictions = ([case[key] for case in cases] for key in ("gold", "prediction"))
        grades = rs_grpo_grade.grade(golds, predictions)
        self.assertEqual([one.verdict == "correct" for one in grades], [c["expected"] for c in cases])

    def test_rewards(self):
        self.assertEqual(MathReward()([r"\boxed{2}", "?"], solution=["2.0", r"\frac"]), [1.0, None])
        self.assertEqual(compute_scores(None, ["3"], ["4"])[0]["score"], 0.0)

    def test_votes(self):
        self.assertEqual(rs_grpo_grade.majority(["1/2", "3", "0.5"]), [[2, 0], [1]])

    def test_examples_of_the_documentation(self):
        self.assertEqual(doctest.testmod(rs_grpo_grade).failed, 0)
        self.assertGreater(doctest.testmod(rs_grpo_grade).attempted, 1)


if __name__ == "__main__":
    unittest.main()
