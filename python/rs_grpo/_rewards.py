"""Rewards as NumPy arrays of float32 or float64, and results in the kind that the caller gave."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rs_grpo._core import Error


class Rewards(NamedTuple):
    """Rewards in the caller's shape, C-contiguous, float32 or float64 in native byte order."""

    values: np.ndarray
    like_given: Callable[[np.ndarray], Any]
    """Turns a result of the same shape into what the caller gave: its kind, dtype and device."""


def is_tensor(thing: object) -> bool:
    """Whether this is a torch tensor. Torch is not imported for it: who has a tensor has torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def read(rewards: Any) -> Rewards:
    """Rewards from a NumPy array, a torch tensor, a list, or whatever NumPy makes an array of."""
    if is_tensor(rewards):
        return _read_tensor(rewards)
    if isinstance(rewards, np.ma.MaskedArray):
        raise Error("rewards is a masked array; give its unmasked elements: rewards.compressed()")
    try:
        given = np.asarray(rewards)
    except ValueError as error:
        raise Error(f"rewards is not an array of numbers: {error}") from error
    narrow = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
    values = _floats(given)
    if isinstance(rewards, (list, tuple)):
        return Rewards(values, np.ndarray.tolist)
    return Rewards(values, lambda result: _rounded(result, narrow.newbyteorder("=")))


def _floats(given: np.ndarray) -> np.ndarray:
    """The same numbers in float32 or float64, whichever holds them."""
    dtype = given.dtype
    if dtype.kind not in "fiub" or (dtype.kind == "f" and dtype.itemsize > 8):
        raise Error(f"rewards has dtype {dtype}; allowed: float16 to float64, integers and bool")
    wide = np.float32 if dtype.kind == "f" and dtype.itemsize == 4 else np.float64
    return np.require(given, wide, "C")


def _rounded(result: np.ndarray, dtype: np.dtype) -> np.ndarray:
    with np.errstate(over="ignore"):
        rounded = result.astype(dtype, copy=False)
    _check_range(bool(np.isfinite(rounded).all()), dtype)
    return rounded


def _check_range(fits: bool, dtype: object) -> None:
    if not fits:
        raise Error(f"an advantage does not fit {dtype}; give rewards of a wider dtype")


def _read_tensor(rewards: Any) -> Rewards:
    torch = sys.modules["torch"]
    given = rewards.detach()
    if given.is_complex():
        raise Error(f"rewards has dtype {given.dtype}; allowed: floats, integers and bool")
    dtype = given.dtype if given.is_floating_point() else torch.get_default_dtype()
    wide = torch.float32 if given.dtype == torch.float32 else torch.float64
    values = given.to(device="cpu", dtype=wide).resolve_neg().contiguous().numpy()

    def like_given(result: np.ndarray) -> Any:
        tensor = torch.from_numpy(result).to(dtype)
        _check_range(bool(tensor.isfinite().all()), dtype)
        return tensor.to(given.device)

    return Rewards(values, like_given)
