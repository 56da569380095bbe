"""Which rewards belong together, in the forms that the compiled part takes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rs_grpo._core import Error
from rs_grpo._rewards import is_tensor


class Groups(NamedTuple):
    """A group size or an id a row, and the name of the group that a row is in."""

    ids: Any
    name: Callable[[int], str]


def read(groups: Any, shape: tuple[int, ...]) -> Groups:
    """The groups of rewards of this shape."""
    if len(shape) == 2 and groups is None:
        return _of_size(shape[1], shape[0] * shape[1]) if shape[0] else _of_size(1, 0)
    if len(shape) != 1:
        with_groups = "" if groups is None else " with groups"
        raise Error(
            f"rewards has shape {shape}{with_groups}; allowed: one dimension with groups, "
            "or two without, where each row is a group"
        )
    if groups is None:
        raise Error(
            "groups is missing; give the size of equal groups or an id for each reward "
            "(one group: groups=len(rewards))"
        )
    size = _as_size(groups)
    return _of_ids(_as_array(groups), shape[0]) if size is None else _of_size(size, shape[0])


def _as_size(groups: Any) -> int | None:
    if isinstance(groups, (bool, np.bool_)):
        raise Error(f"groups is {groups}; allowed: a size from 1 up, or an id for each reward")
    if is_tensor(groups) and groups.ndim:
        return None  # one id in a tensor, which would pass for a number
    try:
        return operator.index(groups)
    except TypeError:
        return None


def _of_size(size: int, count: int) -> Groups:
    if size < 1:
        raise Error(f"groups is {size}; a group has at least one reward")
    if count % size:
        raise Error(f"rewards has {count} elements, which do not divide into groups of {size}")
    return Groups(size, lambda row: f"group {row // size}")


def _as_array(groups: Any) -> np.ndarray:
    if is_tensor(groups):
        return groups.detach().cpu().numpy()
    if isinstance(groups, (list, tuple)):
        # Tensors of one id are equal by identity alone.
        groups = [id.item() if is_tensor(id) and not id.ndim else id for id in groups]
        return np.fromiter(groups, dtype=object, count=len(groups))
    return np.asarray(groups)


def _of_ids(given: np.ndarray, count: int) -> Groups:
    if given.shape != (count,):
        raise Error(f"groups has shape {given.shape}; allowed: ({count},), an id for each reward")

    def name(row: int) -> str:
        return f"group {given[row : row + 1].tolist()[0]!r}"

    return Groups(_plain(given), name)


def _plain(given: np.ndarray) -> np.ndarray:
    """Integers as int64, texts as rows of bytes, everything else as objects; equal ids stay equal."""
    kind = given.dtype.kind
    if kind == "i":
        return np.require(given, np.int64, "C")
    if kind == "u":
        return np.require(given, np.uint64, "C").view(np.int64)
    if kind in "US" and given.dtype.itemsize:
        return np.ascontiguousarray(given).view(np.uint8).reshape(len(given), -1)
    if kind in "USTO":
        return np.require(given, np.object_, "C")
    raise Error(f"groups has dtype {given.dtype}; allowed: integers, strings and objects")
