"""Group advantages for reinforcement learning of language models.

>>> import rs_grpo
>>> rs_grpo.advantages([1, 0, 0, 0, 1, 1, 0, 0], groups=4, estimator="dr-grpo")
[0.75, -0.25, -0.25, -0.25, 0.5, 0.5, -0.5, -0.5]

The arithmetic is that of the Rust crate ``rs-grpo``, to the last bit. Whatever is not allowed raises
:class:`Error`, a ``ValueError`` whose message says what is.
"""

from rs_grpo._advantages import advantages
from rs_grpo._core import VERSION as __version__
from rs_grpo._core import Error
from rs_grpo._estimators import Listed, estimator, estimators
from rs_grpo._grade import GRADER_VERSION, Grade, grade, majority
from rs_grpo._metrics import max_at_k, pass_at_k

__all__ = [
    "GRADER_VERSION",
    "Error",
    "Grade",
    "Listed",
    "__version__",
    "advantages",
    "estimator",
    "estimators",
    "grade",
    "majority",
    "max_at_k",
    "pass_at_k",
]
