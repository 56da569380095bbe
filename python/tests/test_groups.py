"""The forms of `groups`."""

import unittest

import numpy as np

import rs_grpo

RNG = np.random.default_rng(11)
# Unequal groups in no order: 300 rewards of 41 prompts.
IDS = RNG.integers(0, 41, 300)
REWARDS = RNG.random(300)


def one_by_one(rewards, ids, estimator="rs-grpo:beta=2"):
    """Each group by a call of its own."""
    expected = np.empty_like(rewards)
    for one in np.unique(ids):
        rows = ids == one
        expected[rows] = rs_grpo.advantages(rewards[rows], int(rows.sum()), estimator)
    return expected


class Ids(unittest.TestCase):
    def check(self, groups):
        actual = rs_grpo.advantages(REWARDS, groups)
        np.testing.assert_array_equal(actual, one_by_one(REWARDS, IDS))

    def test_integers_of_any_width(self):
        for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8"):
            self.check(IDS.astype(dtype))
        self.check(IDS - 20)
        self.check(IDS.astype(np.uint64) + np.uint64(2**64 - 41))
        self.check(np.repeat(IDS, 2)[::2])
        self.check(IDS[::-1][::-1])

    def test_strings(self):
        uids = np.array([f"uid-{i:02}-é" for i in range(41)])
        self.check(uids[IDS])
        self.check(uids.astype(">U9")[IDS])
        self.check(uids[IDS].astype(object))
        self.check(np.char.encode(uids, "utf-8")[IDS])
        self.check(list(uids[IDS]))

    def test_equal_strings_are_equal_whatever_their_address(self):
        """verl's `uid` after it went through Ray: every row an object of its own."""
        self.check(np.array(["".join(["uid", str(i)]) for i in IDS], dtype=object))

    def test_objects(self):
        self.check([int(i) for i in IDS])
        self.check([(int(i) % 7, int(i) // 7) for i in IDS])
        self.check([None if i == 3 else int(i) for i in IDS])

    def test_a_list_is_not_converted(self):
        """NumPy would make "1" of 1."""
        rewards = [1.0, 0.0, 5.0, 7.0]
        self.assertEqual(
            rs_grpo.advantages(rewards, [1, 1, "1", "1"], "dr-grpo"), [0.5, -0.5, -1.0, 1.0]
        )

    def test_numpy_strings_of_variable_width(self):
        if not hasattr(np.dtypes, "StringDType"):
            self.skipTest("NumPy 2 has them")
        self.check(np.array([f"uid-{i}" for i in IDS], dtype=np.dtypes.StringDType()))

    def test_empty_strings_are_a_group(self):
        self.check(np.array(["" if i == 0 else str(i) for i in IDS]))
        actual = rs_grpo.advantages([1.0, 0.0], np.array(["", ""]), "dr-grpo")
        self.assertEqual(actual, [0.5, -0.5])

    def test_float32_by_ids(self):
        single = REWARDS.astype(np.float32)
        actual = rs_grpo.advantages(single, IDS)
        np.testing.assert_array_equal(actual, one_by_one(single, IDS))

    def test_groups_that_return_after_others(self):
        rewards, ids = [1.0, 5.0, 0.0, 7.0], [4, 9, 4, 9]
        self.assertEqual(rs_grpo.advantages(rewards, ids, "dr-grpo"), [0.5, -1.0, -0.5, 1.0])


class Sizes(unittest.TestCase):
    def test_a_size_is_a_group_a_row(self):
        rewards = REWARDS.reshape(-1, 10)
        for size in (10, np.int32(10), np.array(10)):
            flat = rs_grpo.advantages(REWARDS, size)
            np.testing.assert_array_equal(flat, rs_grpo.advantages(rewards).ravel())

    def test_one_id_is_no_size(self):
        """A group of one, named 7."""
        self.assertEqual(rs_grpo.advantages([3.0], [7], "dr-grpo"), [0.0])
        np.testing.assert_array_equal(rs_grpo.advantages(np.ones(1), np.array([7])), [0.0])


if __name__ == "__main__":
    unittest.main()
