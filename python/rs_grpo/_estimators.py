"""The estimators and their text form."""

from __future__ import annotations

from typing import NamedTuple

from rs_grpo import _core


class Listed(NamedTuple):
    """A line of the catalogue."""

    estimator: str
    """The text form, with default parameters."""
    optimises: str
    """What its expected gradient climbs."""
    source: str
    """Where it comes from."""


def estimators() -> list[Listed]:
    """Every estimator with its default parameters, what it optimises and its source."""
    return [Listed(*line) for line in _core.catalogue()]


def estimator(name: str, /, **parameters: float | str) -> str:
    """The text form of an estimator from keywords; parameters left out take their default.

    >>> estimator("rs-grpo", beta=4)
    'rs-grpo:beta=4'
    """
    text = ",".join(f"{key}={value}" for key, value in parameters.items())
    return _core.canonical(f"{name}:{text}" if text else name)
