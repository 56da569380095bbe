"""The reward functions, without a trainer: what they give, that they never raise, and what they tell."""

import json
import logging
import pickle
import random
import threading
import time
import unittest

import rs_grpo
from rs_grpo.reward import MathReward, accuracy_reward, compute_score, compute_scores

GOLDS = ["4", r"\frac{1}{2}", "x+1", r"\frac", "9"]
COMPLETIONS = [
    r"So \boxed{4.0}.",
    r"\boxed{0.6}",
    r"I do not know.",
    r"\boxed{1}",
    r"\boxed{9^{9^{9^{9}}}+1}",
]
VERDICTS = ["correct", "wrong", "prediction_unparsable", "gold_unparsable", "budget_exceeded"]
REWARDS = [1.0, 0.0, 0.0, None, 0.0]


def messages(text):
    return [{"role": "assistant", "content": text}]


class Quiet(unittest.TestCase):
    """Tests that expect warnings, or do not mind them."""

    def setUp(self):
        logging.getLogger("rs_grpo.reward").setLevel(logging.CRITICAL)
        self.addCleanup(logging.getLogger("rs_grpo.reward").setLevel, logging.NOTSET)


class Trl(Quiet):
    def test_texts_and_messages(self):
        reward = MathReward()
        self.assertEqual(reward(completions=COMPLETIONS, solution=GOLDS), REWARDS)
        self.assertEqual(
            reward(completions=[messages(text) for text in COMPLETIONS], solution=GOLDS), REWARDS
        )
        self.assertEqual(reward.counts, dict.fromkeys(VERDICTS, 2))

    def test_another_column_and_only_boxes(self):
        reward = MathReward("answer", boxed_only=True)
        self.assertEqual(reward(["It is 4.", r"\boxed{4}"], answer=["4", "4"]), [0.0, 1.0])

    def test_a_wrong_call_is_told(self):
        with self.assertRaisesRegex(TypeError, "no column 'solution'"):
            accuracy_reward(completions=["1"], answer=["1"])
        with self.assertRaisesRegex(TypeError, "2 gold answers for 1 completions"):
            accuracy_reward(completions=["1"], solution=["1", "2"])

    def test_metrics_reach_the_trainer(self):
        metrics, extra = {}, {}
        MathReward()(COMPLETIONS, metrics.__setitem__, extra.__setitem__, solution=GOLDS)
        shares = {f"grader/{verdict}": 0.2 for verdict in VERDICTS[2:]}
        self.assertEqual(metrics, {**shares, "grader/failed": 0.0})
        self.assertEqual(extra["verdict"], VERDICTS)
        self.assertEqual(extra["extracted"][:3], ["4.0", "0.6", ""])

    def test_it_goes_to_another_process(self):
        reward = MathReward("answer", warn_every=7)
        reward(["4"], answer=["4"])
        copy = pickle.loads(pickle.dumps(reward))
        self.assertEqual((copy.gold, copy.warn_every, copy.counts), ("answer", 7, {"correct": 1}))
        self.assertEqual(copy(["4"], answer=["4"]), [1.0])
        self.assertEqual(copy.__name__, "accuracy_reward")


class Verl(Quiet):
    def test_every_score_has_the_same_numbers(self):
        scores = compute_scores(["x"] * 5, COMPLETIONS, GOLDS, [{}] * 5)
        self.assertEqual([score["score"] for score in scores], [1.0, 0.0, 0.0, 0.0, 0.0])
        for score, verdict in zip(scores, VERDICTS, strict=True):
            flags = {name for name in VERDICTS[2:] if score[name] == 1.0}
            self.assertEqual(flags, {verdict} & set(VERDICTS[2:]))
            self.assertEqual(score["failed"], 0.0)
            self.assertEqual(score.keys(), scores[0].keys())

    def test_one_is_as_in_a_batch(self):
        batch = compute_scores(["x"] * 5, COMPLETIONS, GOLDS)
        for text, gold, expected in zip(COMPLETIONS, GOLDS, batch, strict=True):
            alone = compute_score("x", text, gold, {"num_turns": 1}, reward_router_address=None)
            self.assertEqual(alone, expected)

    def test_gold_answers_that_are_numbers(self):
        self.assertEqual(compute_score("x", r"\boxed{-7}", -7)["score"], 1.0)

    def test_boxed_only(self):
        self.assertEqual(compute_score("x", "The answer is 7.", "7")["score"], 1.0)
        self.assertEqual(compute_score("x", "The answer is 7.", "7", boxed_only=True)["score"], 0.0)


class Hostile(Quiet):
    THINGS = (
        None, "", 3, 2.5, float("nan"), b"\xff\\boxed{1}", "\ud800\\boxed{1}", [], {}, [None], [[]],
        {"content": None}, {"role": "user"}, [{"content": [{"type": "text", "text": r"\boxed{1}"}]}],
        object(), "\0" * 100, "\\boxed{" * 5000, "(" * 50_000, r"\frac" * 20_000, "9" * 100_000,
        r"\boxed{e^{10^{-10^{3}}}}", "1" + "!" * 500, "x^" * 3000, "٤", "\u202e1",
    )

    def test_nothing_raises(self):
        reward = MathReward()
        golds = [gold for gold in self.THINGS for _ in self.THINGS]
        texts = [text for _ in self.THINGS for text in self.THINGS]
        rewards = reward(completions=texts, solution=golds)
        self.assertEqual(len(rewards), len(texts))
        self.assertEqual(sum(reward.counts.values()), len(texts))
        self.assertTrue(set(rewards) <= {0.0, 1.0, None})
        unread = reward.counts["gold_unparsable"]
        self.assertEqual(sum(one is None for one in rewards), unread)
        for text in self.THINGS:
            self.assertIn(compute_score(None, text, text)["score"], (0.0, 1.0))

    def test_random_texts_are_graded_soon(self):
        """The slowest of 3,000 random formulas; a verdict has a budget, whatever it is asked."""
        rng = random.Random(5)
        parts = ["\\frac{", "}", "{", "^{", "_", "9", "x", "!", "\\sqrt{", "(", ")", ",", "10", "\\pi", " ", "="]
        texts = ["\\boxed{" + "".join(rng.choices(parts, k=40)) + "}" for _ in range(3000)]
        slowest = 0.0
        for text in texts:
            start = time.perf_counter()
            compute_score(None, text, text[7:-1])
            slowest = max(slowest, time.perf_counter() - start)
        # Forty times the bound of a verdict, for a busy machine.
        self.assertLess(slowest, 2.0)

    def test_a_fault_of_the_grader_is_counted_not_raised(self):
        """One completion of a batch fails: the others keep their verdicts."""
        class Panic(BaseException):
            pass

        def grade(golds, completions, *, boxed_only=False):
            if "bad" in (completions if isinstance(completions, list) else [completions]):
                raise Panic("of the compiled part")
            return rs_grpo.grade(golds, completions, boxed_only=boxed_only)

        import rs_grpo.reward as module

        self.addCleanup(setattr, module, "grade", module.grade)
        module.grade = grade
        reward = MathReward()
        self.assertEqual(reward(["4", "bad", "5"], solution=["4", "4", "4"]), [1.0, None, 0.0])
        self.assertEqual(reward.counts, {"correct": 1, "failed": 1, "wrong": 1})
        self.assertEqual(compute_score(None, "bad", "4")["failed"], 1.0)

    def test_a_stop_is_not_swallowed(self):
        import rs_grpo.reward as module

        def stop(*_, **__):
            raise KeyboardInterrupt

        self.addCleanup(setattr, module, "grade", module.grade)
        module.grade = stop
        with self.assertRaises(KeyboardInterrupt):
            MathReward()(["4"], solution=["4"])


class Told(unittest.TestCase):
    def test_the_first_and_every_nth_is_logged(self):
        reward = MathReward(warn_every=10)
        with self.assertLogs("rs_grpo.reward", "WARNING") as logs:
            for _ in range(25):
                reward(["what?", r"\boxed{2}"], solution=["2", "2"])
        told = [record.getMessage() for record in logs.records]
        self.assertEqual(len(told), 3)
        self.assertEqual(
            told[0], "prediction unparsable: 1 of 1 completions so far; this one has the gold answer '2'"
        )
        self.assertTrue(told[2].startswith("prediction unparsable: 21 of 41 completions"), told)

    def test_decided_verdicts_are_not(self):
        with self.assertNoLogs("rs_grpo.reward"):
            MathReward()(["1", "2"], solution=["2", "2"])

    def test_counts_of_many_threads_add_up(self):
        reward = MathReward()

        def work():
            for _ in range(200):
                reward(["3", "4"], solution=["4", "4"])

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(reward.counts, {"correct": 1600, "wrong": 1600})


class Majority(unittest.TestCase):
    def test_equal_answers_vote_together(self):
        votes = [r"25\%", "3", "0.25", None, "3", r"\frac{1}{4}", r"\frac{", "3.0", "1/4"]
        self.assertEqual(rs_grpo.majority(votes)[0], [2, 0, 5, 8])
        self.assertEqual(rs_grpo.majority(votes)[1], [1, 4, 7])
        self.assertEqual(rs_grpo.majority([]), [])

    def test_version(self):
        self.assertEqual(rs_grpo.GRADER_VERSION, json.loads(f'"{rs_grpo.GRADER_VERSION}"'))
        self.assertTrue(rs_grpo.GRADER_VERSION.isdigit())


if __name__ == "__main__":
    unittest.main()
