"""pass@k and max@k without bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rs_grpo import _core, _rewards

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Any:
    """The unbiased estimate of pass@k from ``n`` samples of which ``c`` are correct.

    Whole numbers, or arrays of them that NumPy broadcasts against each other; a float, or an array
    of float64.

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    counts = [_counts(name, given) for name, given in (("n", n), ("c", c), ("k", k))]
    try:
        n_, c_, k_ = np.broadcast_arrays(*counts)
    except ValueError as error:
        raise _core.Error(f"n, c and k do not fit together: {error}") from error
    values = _core.pass_at_k(n_.ravel(), c_.ravel(), k_.ravel()).reshape(n_.shape)
    return values if values.ndim else float(values)


def _counts(name: str, given: ArrayLike) -> np.ndarray:
    counts = np.asarray(given)
    if counts.dtype.kind not in "iu":
        raise _core.Error(f"{name} has dtype {counts.dtype}; allowed: whole numbers")
    if counts.size and counts.min() < 0:
        raise _core.Error(f"{name} is {counts.min()}; allowed: whole numbers from 0 up")
    return counts.astype(np.uint64)


def max_at_k(rewards: Any, k: int) -> Any:
    """The unbiased estimate of max@k: the largest reward expected among ``k`` responses.

    Over the last axis: a float from one group, an array of float64 from an array with a group a row.
    On rewards of 0 and 1 it is pass@k.

    >>> max_at_k([1.0, 0.0, 0.0, 0.0], k=2)
    0.5
    """
    values = _rewards.read(rewards).values.astype(np.float64, copy=False)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise _core.Error(f"rewards has shape {values.shape}; give at least one reward a group")
    best = _core.max_at_k(values.ravel(), values.shape[-1], k).reshape(values.shape[:-1])
    return best if best.ndim else float(best)
