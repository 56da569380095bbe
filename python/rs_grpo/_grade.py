"""Grading of mathematical answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, overload

from . import _core

#: Changes whenever some verdict may change; publish it beside a score.
GRADER_VERSION = _core.grader_version()


class Grade(NamedTuple):
    """The outcome of grading one completion."""

    verdict: str
    """``correct``, ``wrong``, ``prediction_unparsable``, ``budget_exceeded`` or ``gold_unparsable``."""
    reward: float | None
    """1 for a correct answer, else 0; None where the gold answer is at fault: leave the problem out."""
    extracted: str | None
    """The answer that was found in the completion."""
    method: str | None
    """How it was compared: ``identical``, ``choice``, ``words``, ``exact`` or ``numeric``."""


@overload
def grade(  # type: ignore[overload-overlap]  # A text is a sequence of texts, too.
    gold: str, prediction: str, *, boxed_only: bool = False
) -> Grade: ...
@overload
def grade(
    gold: str | Sequence[str], prediction: Sequence[str], *, boxed_only: bool = False
) -> list[Grade]: ...
def grade(
    gold: str | Sequence[str], prediction: str | Sequence[str], *, boxed_only: bool = False
) -> Grade | list[Grade]:
    r"""Whether a completion's answer is the gold answer.

    Takes one completion, or many with a gold answer for each, or many with one gold answer for all.
    Without ``boxed_only``, an answer that is not in a box counts, too. Verdicts depend on the two
    texts alone: no clock, signal or thread has a say. Other threads of Python run meanwhile.

    >>> grade(r"\frac{1}{2}", r"So the answer is \boxed{0.5}.").reward
    1.0
    """
    if isinstance(prediction, str):
        if not isinstance(gold, str):
            raise _core.Error("gold is a list and prediction one text; give a list of predictions")
        return _grade_all([gold], [prediction], boxed_only)[0]
    completions = list(prediction)
    golds = [gold] * len(completions) if isinstance(gold, str) else list(gold)
    if len(golds) != len(completions):
        raise _core.Error(
            f"gold has {len(golds)} texts and prediction {len(completions)}; "
            "allowed: as many, or one gold answer for all"
        )
    return _grade_all(golds, completions, boxed_only)


def _grade_all(golds: list[str], completions: list[str], boxed_only: bool) -> list[Grade]:
    return [Grade(*outcome) for outcome in _core.grade(golds, completions, boxed_only)]


def majority(answers: Sequence[str | None]) -> list[list[int]]:
    r"""Which answers are the same one, for a majority vote: lists of indices, the longest first.

    The first index of each list is the answer that the others equal; the other indices ascend. An
    answer that is None, or that cannot be read, has no vote. Equality is not transitive (50 % is 0.5
    and 50): the more frequent answer takes along what equals it, whatever the order of the votes.

    >>> majority(["7", r"50\%", "0.5", "7.0", r"\frac{1}{2}"])
    [[2, 1, 4], [0, 3]]
    """
    given = [index for index, answer in enumerate(answers) if answer is not None]
    clusters = _core.clusters([answer for answer in answers if answer is not None])
    return [
        [given[leader], *(given[vote] for vote in votes if vote != leader)]
        for leader, votes in clusters
    ]
