"""Rewards for trainers: 1 for a completion whose answer is the gold answer, else 0.

TRL takes :data:`accuracy_reward` where it takes its own function of this name::

    from rs_grpo.reward import accuracy_reward
    trainer = GRPOTrainer(model, reward_funcs=accuracy_reward, train_dataset=dataset)

verl takes :func:`compute_score`, and its batch manager :func:`compute_scores`, by their address::

    reward.custom_reward_function.path=pkg://rs_grpo.reward
    reward.custom_reward_function.name=compute_score

None of them raises, whatever the texts are, and none waits: each verdict has a budget of operations,
on any thread. What could not be decided is never a silent 0. It is counted in
:attr:`MathReward.counts`, told once and then every thousandth time by a warning of the logger
``rs_grpo.reward``, and handed to the trainer: as metrics to TRL, in the result to verl.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from ._grade import Grade, grade

__all__ = ["MathReward", "Score", "accuracy_reward", "compute_score", "compute_scores"]

_log = logging.getLogger(__name__)

#: Verdicts that say neither right nor wrong.
UNDECIDED = ("gold_unparsable", "prediction_unparsable", "budget_exceeded", "failed")

_FAILED = Grade("failed", None, None, None)


class Score(TypedDict):
    """What verl is given for one completion; every key beside ``score`` becomes a metric of the run."""

    score: float
    acc: float
    pred: str
    gold_unparsable: float
    prediction_unparsable: float
    budget_exceeded: float
    failed: float


class MathReward:
    """A reward function for TRL with its own counts and options.

    ``gold`` names the column of the data set with the gold answers. Without ``boxed_only``, answers
    that are not in a box count, too. Every ``warn_every``-th undecided verdict of a kind is logged.

    A completion is a text or a list of messages, of which the last one counts, as in TRL. Its reward
    is 1.0 or 0.0, and None where its gold answer cannot be read: TRL leaves such a completion out.
    """

    def __init__(
        self, gold: str = "solution", *, boxed_only: bool = False, warn_every: int = 1000
    ) -> None:
        self.gold, self.boxed_only, self.warn_every = gold, boxed_only, max(1, warn_every)
        # TRL names its columns and metrics after this.
        self.__name__ = "accuracy_reward"
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Without the lock, which cannot go to another process."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    @property
    def counts(self) -> dict[str, int]:
        """Completions of each verdict so far, in this process; ``failed`` is a fault of the grader."""
        with self._lock:
            return dict(self._counts)

    def __call__(
        self,
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """The reward of each completion."""
        golds = columns.get(self.gold)
        if golds is None:
            # A fault of the call, not of a text: TRL would train on nothing.
            raise TypeError(f"the data set has no column {self.gold!r}; name it: MathReward(gold=…)")
        golds = [golds] * len(completions) if isinstance(golds, str) else list(golds)
        if len(golds) != len(completions):
            raise TypeError(f"{len(golds)} gold answers for {len(completions)} completions")
        grades = self.grades(golds, completions)
        if log_metric is not None and grades:
            for verdict in UNDECIDED:
                share = sum(one.verdict == verdict for one in grades) / len(grades)
                log_metric(f"grader/{verdict}", share)
        if log_extra is not None:
            log_extra("verdict", [one.verdict for one in grades])
            log_extra("extracted", [one.extracted or "" for one in grades])
        return [one.reward for one in grades]

    def grades(self, golds: Sequence[Any], completions: Sequence[Any]) -> list[Grade]:
        """The verdict on each completion; never raises. All are counted."""
        golds = [_text(gold) for gold in golds]
        texts = [_text(_content(completion)) for completion in completions]
        try:
            grades = grade(golds, texts, boxed_only=self.boxed_only)
        except BaseException as error:
            _reraise_if_asked_to_stop(error)
            grades = [self._alone(*pair) for pair in zip(golds, texts, strict=True)]
        self._count(golds, grades)
        return grades

    def _alone(self, gold: str, text: str) -> Grade:
        """One completion of a batch in which something went wrong."""
        try:
            return grade(gold, text, boxed_only=self.boxed_only)
        except BaseException as error:
            _reraise_if_asked_to_stop(error)
            _log.error("the grader failed on gold %.200r, completion …%.200r: %r", gold, text[-200:], error)
            return _FAILED

    def _count(self, golds: Sequence[str], grades: Sequence[Grade]) -> None:
        for gold, one in zip(golds, grades, strict=True):
            with self._lock:
                self._counts[one.verdict] += 1
                number, total = self._counts[one.verdict], self._counts.total()
            if one.verdict in UNDECIDED and (number - 1) % self.warn_every == 0:
                _log.warning(
                    "%s: %d of %d completions so far; this one has the gold answer %.200r",
                    one.verdict.replace("_", " "), number, total, gold,
                )


def _content(completion: Any) -> Any:
    """The text of a completion that may be a list of messages, and a message one of parts."""
    if isinstance(completion, Sequence) and not isinstance(completion, (str, bytes)):
        last = completion[-1] if len(completion) > 0 else ""
        return _content(last)
    if isinstance(completion, Mapping):
        return _content(completion.get("content", completion.get("text", "")))
    return completion


def _text(thing: Any) -> str:
    """A text that the grader takes: numbers as they are written, nothing as nothing, no half characters."""
    if thing is None:
        return ""
    if isinstance(thing, bytes):
        return thing.decode("utf-8", "replace")
    try:
        text = thing if isinstance(thing, str) else str(thing)
        return text.encode("utf-8", "replace").decode("utf-8")
    except Exception:
        return ""


def _reraise_if_asked_to_stop(error: BaseException) -> None:
    """A panic of the compiled part is no `Exception`; what stops a program on purpose is none either."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        raise error


#: TRL's ``accuracy_reward``, without its dependence on the main thread.
accuracy_reward = MathReward()

_of_verl = {boxed_only: MathReward(boxed_only=boxed_only) for boxed_only in (False, True)}


def compute_score(
    data_source: Any,
    solution_str: Any,
    ground_truth: Any,
    extra_info: Any = None,
    *,
    boxed_only: bool = False,
    **_: Any,
) -> Score:
    """The score of one completion, for verl's ``naive`` and ``dapo`` managers.

    verl needs a number for every response. Where the gold answer cannot be read the score is 0 for
    all responses to the prompt, so that an estimator which compares them learns nothing from it, and
    ``gold_unparsable`` is 1, which verl logs.
    """
    return compute_scores([data_source], [solution_str], [ground_truth], boxed_only=boxed_only)[0]


def compute_scores(
    data_sources: Sequence[Any],
    solution_strs: Sequence[Any],
    ground_truths: Sequence[Any],
    extra_infos: Any = None,
    *,
    boxed_only: bool = False,
    **_: Any,
) -> list[Score]:
    """The scores of many completions, for verl's ``batch`` manager; see :func:`compute_score`."""
    return [_score(one) for one in _of_verl[bool(boxed_only)].grades(ground_truths, solution_strs)]


def _score(one: Grade) -> Score:
    return {
        "score": one.reward or 0.0,
        "acc": one.reward or 0.0,
        "pred": one.extracted or "",
        "gold_unparsable": float(one.verdict == "gold_unparsable"),
        "prediction_unparsable": float(one.verdict == "prediction_unparsable"),
        "budget_exceeded": float(one.verdict == "budget_exceeded"),
        "failed": float(one.verdict == "failed"),
    }
