"""Torch tensors in and out."""

import subprocess
import sys
import unittest

import numpy as np

import rs_grpo

try:
    import torch
except ImportError:
    torch = None

REWARDS = np.random.default_rng(2).random((6, 8))


@unittest.skipIf(torch is None, "torch is not installed")
class Tensors(unittest.TestCase):
    def test_values_are_those_of_numpy(self):
        expected = rs_grpo.advantages(REWARDS)
        actual = rs_grpo.advantages(torch.from_numpy(REWARDS))
        self.assertIsInstance(actual, torch.Tensor)
        self.assertEqual(actual.dtype, torch.float64)
        np.testing.assert_array_equal(actual.numpy(), expected)

    def test_dtypes(self):
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
            rewards = torch.from_numpy(REWARDS).to(dtype)
            actual = rs_grpo.advantages(rewards)
            expected = rs_grpo.advantages(rewards.double().numpy())
            self.assertEqual((actual.dtype, actual.shape), (dtype, rewards.shape))
            torch.testing.assert_close(actual, torch.from_numpy(expected).to(dtype), rtol=0, atol=0)
        for dtype in (torch.bool, torch.int32, torch.int64, torch.uint8):
            actual = rs_grpo.advantages(torch.tensor([1, 0]).to(dtype), 2, "dr-grpo")
            self.assertEqual(actual.dtype, torch.get_default_dtype())
            self.assertEqual(actual.tolist(), [0.5, -0.5])

    def test_views_and_gradients(self):
        rewards = torch.from_numpy(REWARDS).clone().requires_grad_()
        for view in (rewards, rewards.T, rewards[::2, ::3], rewards.flip(0)):
            actual = rs_grpo.advantages(view)
            self.assertFalse(actual.requires_grad)
            expected = rs_grpo.advantages(view.detach().numpy().copy())
            np.testing.assert_array_equal(actual.numpy(), expected)

    def test_ids(self):
        rewards = torch.tensor([1.0, 5.0, 0.0, 7.0])
        for ids in (torch.tensor([4, 9, 4, 9]), ["a", "b", "a", "b"], np.array([4, 9, 4, 9])):
            actual = rs_grpo.advantages(rewards, ids, "dr-grpo")
            self.assertEqual(actual.tolist(), [0.5, -1.0, -0.5, 1.0])
        self.assertEqual(rs_grpo.advantages([1.0, 0.0], torch.tensor(2), "dr-grpo"), [0.5, -0.5])
        actual = rs_grpo.advantages(rewards, list(torch.tensor([4, 9, 4, 9])), "dr-grpo")
        self.assertEqual(actual.tolist(), [0.5, -1.0, -0.5, 1.0])
        # One id, which is not a size.
        self.assertEqual(rs_grpo.advantages(torch.ones(1), torch.tensor([3])).tolist(), [0.0])

    def test_refusals(self):
        with self.assertRaisesRegex(rs_grpo.Error, "dtype torch.complex64"):
            rs_grpo.advantages(torch.zeros(2, dtype=torch.complex64), 2)
        with self.assertRaisesRegex(rs_grpo.Error, "does not fit torch.float16"):
            rs_grpo.advantages(torch.tensor([65504.0, -65504.0]).half(), 2, "rloo")
        with self.assertRaisesRegex(rs_grpo.Error, "group 0: rewards"):
            rs_grpo.advantages(torch.tensor([torch.nan, 1.0]), 2)

    @unittest.skipUnless(torch and torch.cuda.is_available(), "no GPU")
    def test_device(self):
        rewards = torch.from_numpy(REWARDS).cuda()
        actual = rs_grpo.advantages(rewards)
        self.assertEqual(actual.device, rewards.device)
        np.testing.assert_array_equal(actual.cpu().numpy(), rs_grpo.advantages(REWARDS))


class WithoutTorch(unittest.TestCase):
    def test_torch_is_never_imported(self):
        program = "import sys, rs_grpo; rs_grpo.advantages([1, 0], 2); sys.exit('torch' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], check=False)
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
