"""The compiled part: what `src/` defines. Its arrays are contiguous and in native byte order."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Error",
    "VERSION",
    "advantages_f32",
    "advantages_f64",
    "canonical",
    "catalogue",
    "clusters",
    "grade",
    "grader_version",
    "max_at_k",
    "pass_at_k",
]

# Group size, or an id a row: integers, texts of equal width as rows of bytes, or hashable objects.
_Ids: TypeAlias = int | NDArray[np.int64] | NDArray[np.uint8] | NDArray[np.object_]
_Name: TypeAlias = Callable[[int], str]

VERSION: str

class Error(ValueError):
    """A reward, a group, a parameter or a text that is not allowed; the message says what is."""

def advantages_f32(
    rewards: NDArray[np.float32], ids: _Ids, estimator: str, name: _Name
) -> NDArray[np.float32]: ...
def advantages_f64(
    rewards: NDArray[np.float64], ids: _Ids, estimator: str, name: _Name
) -> NDArray[np.float64]: ...
def canonical(estimator: str) -> str: ...
def catalogue() -> list[tuple[str, str, str]]: ...
def clusters(answers: list[str]) -> list[tuple[int, list[int]]]: ...
def grade(
    golds: list[str], completions: list[str], boxed_only: bool
) -> list[tuple[str, float | None, str | None, str | None]]: ...
def grader_version() -> str: ...
def max_at_k(rewards: NDArray[np.float64], size: int, k: int) -> NDArray[np.float64]: ...
def pass_at_k(
    n: NDArray[np.uint64], c: NDArray[np.uint64], k: NDArray[np.uint64]
) -> NDArray[np.float64]: ...
