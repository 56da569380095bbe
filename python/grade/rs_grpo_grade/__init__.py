r"""Grading of mathematical answers: is what a completion says the gold answer?

>>> import rs_grpo_grade
>>> rs_grpo_grade.grade(r"\frac{1}{2}", r"So the answer is \boxed{0.5}.").verdict
'correct'

The grader is that of the Rust crate ``rs-grpo-grade``, and these are the functions of the same names in
the package ``rs_grpo``. Rewards for TRL and verl are in :mod:`rs_grpo_grade.reward`.
"""

from ._core import VERSION as __version__
from ._core import Error
from ._grade import GRADER_VERSION, Grade, grade, majority

__all__ = ["GRADER_VERSION", "Error", "Grade", "__version__", "grade", "majority"]
