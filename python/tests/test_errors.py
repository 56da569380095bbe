"""Every refusal is an exception that says what was given, where, and what is allowed."""

import unittest

import numpy as np

import rs_grpo

NAN = float("nan")


class Errors(unittest.TestCase):
    def refused(self, message, call, *arguments, **more):
        with self.assertRaises(rs_grpo.Error) as caught:
            call(*arguments, **more)
        self.assertEqual(str(caught.exception), message)
        self.assertIsInstance(caught.exception, ValueError)

    def test_messages_of_the_core_with_the_group(self):
        finite = "every reward must be a finite number"
        for rewards, groups, message in (
            ([0.0, 1.0, 2.0, NAN], 2, f"group 1: rewards[1] is NaN; {finite}"),
            ([0.0, 1.0, 2.0, -np.inf], [8, 8, 9, 9], f"group 9: rewards[1] is -inf; {finite}"),
            ([0.0, NAN, 2.0, 1.0], ["a", "b", "a", "b"], f"group 'b': rewards[0] is NaN; {finite}"),
            ([[0.0, 1.0], [np.inf, 1.0]], None, f"group 1: rewards[0] is inf; {finite}"),
        ):
            for kind in (list, np.array, np.float32):
                self.refused(message, rs_grpo.advantages, kind(rewards), groups)
        of_ids = np.array([7, 2**64 - 1, 7], np.uint64)
        self.refused(
            f"group {2**64 - 1}: the group has 1 reward(s); rloo needs at least 2",
            rs_grpo.advantages, np.ones(3), of_ids, "rloo",
        )
        self.refused(
            "group 0: k is 4; allowed: 1 to 2 (the group size)",
            rs_grpo.advantages, [1, 0], 2, "pkpo:k=4",
        )
        self.refused(
            "group 1: rewards[0] is 0.5; focal needs binary rewards (0 or 1)",
            rs_grpo.advantages, np.array([[1.0, 0.0], [0.5, 0.0]]), None, "focal:k=1",
        )

    def test_a_result_that_does_not_fit_is_never_infinite(self):
        for dtype in (np.float32, np.float16):
            largest = np.finfo(dtype).max
            rewards = np.array([largest, -largest], dtype)
            with self.assertRaisesRegex(rs_grpo.Error, "does not fit float"):
                rs_grpo.advantages(rewards, 2, "rloo")
        with self.assertRaisesRegex(rs_grpo.Error, "scale the rewards down"):
            rs_grpo.advantages([1e308, -1e308], 2, "rloo")

    def test_rewards(self):
        allowed = "allowed: float16 to float64, integers and bool"
        for rewards, dtype in (
            (np.array(["1", "0"]), "<U1"),
            (np.array([1, None]), "object"),
            (np.array([1j, 0]), "complex128"),
            ([1.0, None], "object"),
            (np.zeros(2, "m8[s]"), "timedelta64[s]"),
        ):
            message = f"rewards has dtype {dtype}; {allowed}"
            self.refused(message, rs_grpo.advantages, rewards, 2)
        with self.assertRaisesRegex(rs_grpo.Error, "rewards is not an array of numbers"):
            rs_grpo.advantages([[1, 0], [1]])
        with self.assertRaisesRegex(rs_grpo.Error, "masked array"):
            rs_grpo.advantages(np.ma.array([1.0, 0.0], mask=[0, 1]), 2)

    def test_shapes(self):
        for rewards, groups in (
            (1.0, 1),
            (np.float64(1), None),
            (np.zeros((2, 2)), 2),
            (np.zeros((1, 2, 2)), None),
        ):
            with self.assertRaisesRegex(rs_grpo.Error, r"rewards has shape .*; allowed: one dim"):
                rs_grpo.advantages(rewards, groups)
        with self.assertRaisesRegex(rs_grpo.Error, "groups is missing"):
            rs_grpo.advantages([1, 0])
        with self.assertRaisesRegex(rs_grpo.Error, "a group has at least one reward"):
            rs_grpo.advantages(np.zeros((3, 0)))

    def test_groups(self):
        rewards = [1, 0, 1, 0]
        for groups, message in (
            (3, "rewards has 4 elements, which do not divide into groups of 3"),
            (0, "groups is 0; a group has at least one reward"),
            (-2, "groups is -2; a group has at least one reward"),
            (True, "groups is True; allowed: a size from 1 up, or an id for each reward"),
            ([1, 2], "groups has shape (2,); allowed: (4,), an id for each reward"),
            ("abcd", "groups has shape (); allowed: (4,), an id for each reward"),
            (np.zeros((4, 1), int), "groups has shape (4, 1); allowed: (4,), an id for each reward"),
            (np.zeros(4), "groups has dtype float64; allowed: integers, strings and objects"),
            (np.zeros(4, bool), "groups has dtype bool; allowed: integers, strings and objects"),
        ):
            self.refused(message, rs_grpo.advantages, rewards, groups)
        with self.assertRaisesRegex(TypeError, "unhashable"):
            rs_grpo.advantages(rewards, [[1], [1], [2], [2]])

    def test_estimators(self):
        with self.assertRaisesRegex(rs_grpo.Error, "'rs-gpro' is not an estimator; did you mean 'rs-grpo'"):
            rs_grpo.advantages([1, 0], 2, "rs-gpro")
        with self.assertRaisesRegex(rs_grpo.Error, "'k' is not a parameter of rs-grpo; allowed: beta"):
            rs_grpo.estimator("rs-grpo", k=4)
        with self.assertRaisesRegex(rs_grpo.Error, "beta is"):
            rs_grpo.advantages([1, 0], 2, rs_grpo.estimator("rs-grpo", beta=NAN))
        with self.assertRaises(TypeError):
            rs_grpo.advantages([1, 0], 2, 3)

    def test_metrics(self):
        for arguments, message in (
            ((4, 5, 1), "c is 5; allowed: 0 to 4 (the number of samples)"),
            ((4, 1, 5), "k is 5; allowed: 1 to 4 (the number of samples)"),
            ((0, 0, 1), "n is 0; allowed: 1 or more samples"),
            ((4, [1, 5], 1), "element 1: c is 5; allowed: 0 to 4 (the number of samples)"),
            ((4, -1, 1), "c is -1; allowed: whole numbers from 0 up"),
            ((4.0, 1, 1), "n has dtype float64; allowed: whole numbers"),
        ):
            self.refused(message, rs_grpo.pass_at_k, *arguments)
        with self.assertRaisesRegex(rs_grpo.Error, "do not fit together"):
            rs_grpo.pass_at_k([4, 4], [1, 1, 1], 1)
        self.refused("k is 3; allowed: 1 to 2 (the group size)", rs_grpo.max_at_k, [1, 0], 3)
        self.refused(
            "group 1: rewards[0] is NaN; every reward must be a finite number",
            rs_grpo.max_at_k, [[1, 0], [NAN, 0]], 1,
        )
        for empty in ([], 1.0, np.zeros((2, 0))):
            with self.assertRaisesRegex(rs_grpo.Error, "give at least one reward a group"):
                rs_grpo.max_at_k(empty, 1)

    def test_grades(self):
        with self.assertRaisesRegex(rs_grpo.Error, "gold has 2 texts and prediction 1"):
            rs_grpo.grade(["1", "2"], ["1"])
        with self.assertRaisesRegex(rs_grpo.Error, "gold is a list and prediction one text"):
            rs_grpo.grade(["1"], "1")
        with self.assertRaises(TypeError):
            rs_grpo.grade(["1"], [None])
        with self.assertRaises(UnicodeEncodeError):
            rs_grpo.grade("1", "\ud800")


if __name__ == "__main__":
    unittest.main()
