"""Advantages of many groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from rs_grpo import _core, _groups, _rewards

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor  # type: ignore[import-not-found, unused-ignore]

    Float = TypeVar("Float", np.float16, np.float32, np.float64)


@overload
def advantages(
    rewards: NDArray[Float], groups: Any = None, estimator: str = ...
) -> NDArray[Float]: ...
@overload
def advantages(
    rewards: NDArray[np.integer[Any] | np.bool_], groups: Any = None, estimator: str = ...
) -> NDArray[np.float64]: ...
@overload
def advantages(
    rewards: list[float] | tuple[float, ...], groups: Any = None, estimator: str = ...
) -> list[float]: ...
@overload
def advantages(rewards: Tensor, groups: Any = None, estimator: str = ...) -> Tensor: ...
@overload
def advantages(  # type: ignore[overload-cannot-match, unused-ignore]
    rewards: ArrayLike, groups: Any = None, estimator: str = ...
) -> Any: ...
def advantages(rewards: Any, groups: Any = None, estimator: str = "rs-grpo:beta=2") -> Any:
    """The advantage of each response within its group.

    Advantages are in *mean form*: the gradient of a group is the mean over its responses of
    advantage times the gradient of the log-probability. Infinite or NaN rewards are refused.

    Parameters
    ----------
    rewards
        One number a response: a NumPy array, a torch tensor on any device, or a list.
    groups
        The size of equal groups of neighbours; or an id for each reward, integers, strings or
        hashable objects in any order, such as verl's ``uid``. Two-dimensional rewards have a group a
        row, and no ``groups``.
    estimator
        A name with parameters, such as ``"rs-grpo:beta=2"``, ``"grpo:eps=1e-4"`` or
        ``"pkpo-loo1:k=4"``. :func:`rs_grpo.estimators` lists all, and its help shows their formulas;
        :func:`rs_grpo.estimator` writes one from keywords.

    Returns
    -------
    Advantages in the order, shape, kind, float dtype and device of the rewards; they carry no
    gradient. Integers and bools give float64, and torch's default dtype in a tensor. Arithmetic is
    that of float64, rounded once. Other threads of Python run meanwhile; they must not write to
    ``rewards``.

    Raises
    ------
    rs_grpo.Error
        With the group's number or id, what was given and what is allowed.

    Examples
    --------
    >>> advantages([1, 0, 0, 1], ["a", "b", "b", "a"], "dr-grpo")
    [0.0, 0.0, 0.0, 0.0]
    """
    values, like_given = _rewards.read(rewards)
    ids, name = _groups.read(groups, values.shape)
    single = values.dtype == np.float32
    compute: Any = _core.advantages_f32 if single else _core.advantages_f64
    return like_given(compute(values.ravel(), ids, estimator, name).reshape(values.shape))
