"""Registration of the estimators with verl, which must not fail silently."""

import logging


def register() -> None:
    """Puts every estimator into verl's registry.

    verl logs what goes wrong in a plugin at the level DEBUG alone, and goes on. So the error is
    written where everybody sees it, before verl swallows it; and either all estimators are
    registered or none, so that verl stops at the first use of one.
    """
    try:
        from verl.trainer.ppo import core_algos

        from rs_grpo.verl._estimators import ESTIMATORS

        _refuse_taken_names(ESTIMATORS, core_algos.ADV_ESTIMATOR_REGISTRY)
        for name, estimator in ESTIMATORS.items():
            core_algos.register_adv_est(name)(estimator)
    except Exception:
        logging.getLogger("verl.plugins.rs_grpo").exception(
            "rs_grpo: no estimator is registered with verl"
        )
        raise


def _refuse_taken_names(estimators, registry) -> None:
    taken = sorted(estimators.keys() & registry.keys())
    if taken:
        raise RuntimeError(
            f"verl, or another plugin, has estimators named {', '.join(taken)}; this version of "
            "rs_grpo does not work beside it"
        )
