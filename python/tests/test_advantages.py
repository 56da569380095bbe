"""Values, kinds and shapes of `rs_grpo.advantages`."""

import json
import unittest
from pathlib import Path

import numpy as np

import rs_grpo

HERE = Path(__file__).parent
SIXTEEN = np.random.default_rng(5).random((40, 16))


class Values(unittest.TestCase):
    def test_bits_are_those_of_repro(self):
        """`advantages.jsonl` is what `repro advantage --format json` printed (make_advantages.py)."""
        text = (HERE / "advantages.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        names = {line["estimator"].split(":")[0] for line in lines}
        self.assertEqual(names, {each.estimator.split(":")[0] for each in rs_grpo.estimators()})
        for line in lines:
            rewards = line["rewards"]
            with self.subTest(estimator=line["estimator"], rewards=rewards):
                actual = rs_grpo.advantages(rewards, len(rewards), line["estimator"])
                self.assertEqual(actual, line["advantages"])

    def test_values_are_those_of_another_program(self):
        """`golden_advantages.json`: mpmath with 60 digits; null where the estimator refuses the group."""
        golden = HERE.parent.parent / "tests" / "core" / "fixtures" / "golden_advantages.json"
        compared = 0
        for group in json.loads(golden.read_text())["groups"]:
            rewards = np.array(group["rewards"])
            for estimator, expected in group["advantages"].items():
                with self.subTest(estimator=estimator, group=group["name"]):
                    compared += 1
                    if expected is None:
                        with self.assertRaises(rs_grpo.Error):
                            rs_grpo.advantages(rewards, len(rewards), estimator)
                    else:
                        actual = rs_grpo.advantages(rewards, len(rewards), estimator)
                        scale = max(1e-300, np.abs(expected).max())
                        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-13 * scale)
        self.assertGreater(compared, 200)

    def test_beta_0_is_dr_grpo(self):
        """The limit that the core documents."""
        neutral = rs_grpo.advantages(SIXTEEN, estimator="rs-grpo:beta=0")
        np.testing.assert_array_equal(neutral, rs_grpo.advantages(SIXTEEN, estimator="dr-grpo"))

    def test_constant_groups_get_0(self):
        for estimator in ("rs-grpo", "grpo", "dr-grpo", "rloo", "maxrl", "pkpo-loo-mm"):
            given = rs_grpo.advantages(np.full((3, 8), 0.7), estimator=estimator)
            np.testing.assert_array_equal(given, np.zeros((3, 8)))

    def test_the_default_is_the_authors_recommendation(self):
        explicit = rs_grpo.advantages(SIXTEEN, estimator="rs-grpo:beta=2")
        np.testing.assert_array_equal(rs_grpo.advantages(SIXTEEN), explicit)

    def test_float32_is_the_result_of_float64_rounded_once(self):
        single = SIXTEEN.astype(np.float32)
        for listed in rs_grpo.estimators():
            rewards = np.round(single)  # Binary, so that every estimator accepts it.
            actual = rs_grpo.advantages(rewards, estimator=listed.estimator)
            wide = rs_grpo.advantages(rewards.astype(np.float64), estimator=listed.estimator)
            self.assertEqual(actual.dtype, np.float32)
            np.testing.assert_array_equal(actual, wide.astype(np.float32))


class Kinds(unittest.TestCase):
    def check(self, rewards, dtype):
        expected = rs_grpo.advantages(np.array(rewards, np.float64), estimator="dr-grpo")
        actual = rs_grpo.advantages(rewards, estimator="dr-grpo")
        self.assertIsInstance(actual, np.ndarray)
        self.assertEqual(actual.dtype, np.dtype(dtype))
        np.testing.assert_allclose(actual, expected, atol=1e-3)

    def test_dtypes(self):
        binary = np.round(SIXTEEN)
        for dtype in (np.float16, np.float32, np.float64):
            self.check(binary.astype(dtype), dtype)
        for dtype in (np.bool_, np.int8, np.uint8, np.int32, np.int64, np.uint64):
            self.check(binary.astype(dtype), np.float64)

    def test_layouts(self):
        for rewards in (
            SIXTEEN.astype(">f8"),
            SIXTEEN.astype(">f4"),
            np.asfortranarray(SIXTEEN),
            SIXTEEN[::-1, ::-1],
            SIXTEEN[::3, ::2],
            SIXTEEN.T,
            np.broadcast_to(SIXTEEN[0], (4, 16)),
        ):
            self.check(rewards, rewards.dtype.newbyteorder("="))
        read_only = SIXTEEN.copy()
        read_only.flags.writeable = False
        self.check(read_only, np.float64)

    def test_rewards_are_not_changed(self):
        rewards = SIXTEEN.copy()
        result = rs_grpo.advantages(rewards)
        np.testing.assert_array_equal(rewards, SIXTEEN)
        self.assertFalse(np.shares_memory(rewards, result))

    def test_lists_give_lists(self):
        self.assertEqual(rs_grpo.advantages([1, 0], 2, "dr-grpo"), [0.5, -0.5])
        self.assertEqual(rs_grpo.advantages((True, False), 2, "dr-grpo"), [0.5, -0.5])
        self.assertEqual(rs_grpo.advantages([[1, 0], [0, 4]], None, "dr-grpo"), [[0.5, -0.5], [-2, 2]])

    def test_an_empty_batch_gives_an_empty_one(self):
        self.assertEqual(rs_grpo.advantages(np.zeros(0), 4).shape, (0,))
        self.assertEqual(rs_grpo.advantages(np.zeros(0), np.zeros(0, np.int64)).shape, (0,))
        self.assertEqual(rs_grpo.advantages(np.zeros((0, 4))).shape, (0, 4))
        self.assertEqual(rs_grpo.advantages([], []), [])

    def test_other_array_types_are_taken_through_numpy(self):
        class Foreign:
            def __array__(self, dtype=None, copy=None):
                return np.array([1.0, 0.0])

        np.testing.assert_array_equal(rs_grpo.advantages(Foreign(), 2, "dr-grpo"), [0.5, -0.5])


if __name__ == "__main__":
    unittest.main()
