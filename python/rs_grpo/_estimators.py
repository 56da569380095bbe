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
    page: str
    """Formula, parameters, limits, expectation and source, as Markdown."""


def estimators() -> list[Listed]:
    """Every estimator with its default parameters, what it optimises, its source and its page."""
    return [Listed(*line) for line in _core.catalogue()]


def _with_pages(summary: str | None) -> str:
    """A docstring that ends with every formula."""
    pages = (f"{line.estimator}\n{'-' * len(line.estimator)}\n{line.page}" for line in estimators())
    return "\n\n".join([summary or "", _core.SYMBOLS, *pages])


estimators.__doc__ = _with_pages(estimators.__doc__)


def estimator(name: str, /, **parameters: float | str) -> str:
    """The text form of an estimator from keywords; parameters left out take their default.

    >>> estimator("rs-grpo", beta=4)
    'rs-grpo:beta=4'
    >>> estimator("focal-weight", of="rs-grpo:beta=2", gamma=0.5)
    'focal-weight:gamma=0.5,of=rs-grpo:beta=2'

    ``help(rs_grpo.estimators)`` shows all with their formulas and parameters. Where a key is a word
    of Python, write ``lambda_=0.1``.
    """
    # The text of another estimator may have commas of its own, so it comes last.
    pairs = sorted(parameters.items(), key=lambda pair: pair[0] == "of")
    text = ",".join(f"{key.removesuffix('_')}={value}" for key, value in pairs)
    return _core.canonical(f"{name}:{text}" if text else name)
