"""Every estimator of rs-grpo inside verl.

verl imports this module by itself, in every process that imports verl: it is the entry point
`rs_grpo` of the group `verl.plugins`. A run chooses an estimator by two keys of verl's own config::

    python -m verl.trainer.main_ppo algorithm.adv_estimator=rs_grpo +algorithm.rs_grpo.beta=2 ...

The name is that of `rs_grpo.estimators()` with `_` for `-`. Three names are verl's own; ours are
`reference_grpo`, `reference_rloo` and `reference_grpo_passk`. Each parameter stands below the name;
those that `rs_grpo.estimators()` writes out, such as `beta`, `k` and `stat`, have no default here. The
text of an estimator inside another is quoted: `"+algorithm.focal_weight.of='rs-grpo:beta=2'"`. Both keys are part of the config, so they reach the process
that computes advantages on any node, and stand in what verl saves and logs.

`python -m rs_grpo.verl check`, with the same overrides, tries all of it without a GPU.

What differs from verl's own `grpo`, on purpose: the response of a group of one has advantage 0
(verl: its raw reward), and so has every response of a group with equal rewards (verl: what rounding
leaves, divided by 1e-6). verl's `norm_adv_by_std_in_grpo` has no say here: `dr_grpo` is the form
without a divisor. Where an agent loop returns several outputs for one response, verl's trainer
gives only its own `grpo` the last one; every other estimator, and so each of these, counts every
output as a response.
"""

from rs_grpo.verl._register import register

register()

from rs_grpo.verl._estimators import ESTIMATORS, VerlEstimator  # noqa: E402

__all__ = ["ESTIMATORS", "VerlEstimator"]
