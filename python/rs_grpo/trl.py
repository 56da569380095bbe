"""Every estimator of rs-grpo inside TRL's `GRPOTrainer`::

    from rs_grpo.trl import RSGRPOTrainer
    trainer = RSGRPOTrainer(model, reward_funcs, args, dataset, estimator="rs-grpo:beta=2")

`accuracy_reward` is a reward function for it, or for any trainer of TRL: see `rs_grpo.reward`.

TRL computes its advantages in the middle of `_generate_and_score_completions` and has no hook
there. The mixin takes the rewards on their way in and replaces the advantages on their way out:
those that train, and those that TRL logs. It makes sure that they are where TRL 1.16 has them; with
a TRL that works otherwise, the run stops.

Rewards are TRL's: the sum of the reward functions with `reward_weights`. A completion for which
every function returns None takes no part in its group, and has advantage 0. TRL's `scale_rewards`
has no effect, because the estimator says what is divided by what; TRL's `beta` is its KL
coefficient.
"""

from typing import TYPE_CHECKING, Any

import torch
import trl

import rs_grpo
from rs_grpo.reward import MathReward, accuracy_reward

__all__ = ["GroupAdvantageMixin", "MathReward", "RSGRPOTrainer", "accuracy_reward"]

# What the mixin is mixed with; it has no base of its own, so that it works with any subclass.
if TYPE_CHECKING:
    _Trainer = trl.GRPOTrainer
else:
    _Trainer = object


class GroupAdvantageMixin(_Trainer):
    """Puts an estimator of rs-grpo into `trl.GRPOTrainer`, or into a subclass of it.

    It comes first: `class MyTrainer(GroupAdvantageMixin, MyGRPOTrainer)`. As in TRL, every process
    computes the advantages of all completions, and keeps those of its own.
    """

    def __init__(self, *args: Any, estimator: str = "rs-grpo:beta=2", **kwargs: Any) -> None:
        self.estimator = estimator
        self._gathered_rewards: list[torch.Tensor] = []
        super().__init__(*args, **kwargs)
        self._refuse_what_cannot_work()

    def _refuse_what_cannot_work(self) -> None:
        if self.multi_objective_aggregation != "sum_then_normalize":
            raise rs_grpo.Error(
                f"multi_objective_aggregation is '{self.multi_objective_aggregation}'; allowed: "
                "'sum_then_normalize', which gives the estimator one reward for each completion"
            )
        if self.scale_rewards == "batch":
            raise rs_grpo.Error(
                "scale_rewards is 'batch', but an estimator looks at one group at a time; "
                "leave it out"
            )
        sizes = {self.num_generations}
        if self.eval_dataset is not None:
            sizes.add(self.num_generations_eval)
        for size in sizes:
            # Refuses a text that is not an estimator, and a group too small for it.
            rs_grpo.advantages([0.0] * size, size, self.estimator)

    def _calculate_rewards(self, *args, **kwargs):
        rewards = super()._calculate_rewards(*args, **kwargs)
        self._gathered_rewards.append(rewards)
        return rewards

    def _generate_and_score_completions(self, inputs):
        group_size = self.num_generations if self.model.training else self.num_generations_eval
        self._gathered_rewards.clear()
        output = super()._generate_and_score_completions(inputs)
        if len(self._gathered_rewards) != 1:
            raise _changed(
                f"_calculate_rewards ran {len(self._gathered_rewards)} times in a step, not once"
            )
        rewards_per_func = self._gathered_rewards.pop()
        advantages = self._advantages(rewards_per_func, group_size)
        start = self.accelerator.process_index * len(inputs)
        own = slice(start, start + len(inputs))
        self._refuse_other_internals(output, rewards_per_func, own)
        output["advantages"] = advantages[own]
        self._replace_logged(advantages)
        return output

    def _advantages(self, rewards_per_func: torch.Tensor, group_size: int) -> torch.Tensor:
        """The advantage of every completion of all processes; one row of rewards each."""
        rewards = (rewards_per_func * self.reward_weights.to(rewards_per_func)).nansum(dim=1)
        scored = ~rewards_per_func.isnan().all(dim=1)
        groups = torch.arange(len(rewards), device=rewards.device) // group_size
        advantages = torch.zeros_like(rewards)
        advantages[scored] = rs_grpo.advantages(rewards[scored], groups[scored], self.estimator)
        return advantages

    def _refuse_other_internals(self, output, rewards_per_func: torch.Tensor, own: slice) -> None:
        """Stops unless TRL logged these rewards, and logged the advantages that it handed on."""
        log, given = self._logs["advantages"], output["advantages"]
        if given.shape != (own.stop - own.start,):
            raise _changed(
                f"advantages have the shape {tuple(given.shape)}, not ({own.stop - own.start},)"
            )
        if len(log) < len(rewards_per_func):
            # The log holds one batch of training; one of evaluation may be larger.
            return
        logged = torch.tensor(list(log)[len(log) - len(rewards_per_func) :])
        if not torch.equal(logged[own].to(given), given):
            raise _changed("the advantages that it logs are not those that it trains on")
        for name, rewards in zip(self.reward_func_names, rewards_per_func.T, strict=True):
            logged = torch.tensor(list(self._logs["rewards"][name])[-len(rewards) :])
            if not torch.equal(logged.nan_to_num(), rewards.cpu().nan_to_num()):
                raise _changed(
                    f"the rewards of {name} that it logs are not those of _calculate_rewards"
                )

    def _replace_logged(self, advantages: torch.Tensor) -> None:
        log = self._logs["advantages"]
        for _ in range(min(len(log), len(advantages))):
            log.pop()
        log.extend(advantages.tolist())


class RSGRPOTrainer(GroupAdvantageMixin, trl.GRPOTrainer):
    """`trl.GRPOTrainer` with the argument `estimator`, which is `rs-grpo:beta=2` unless given."""


def _changed(what: str) -> RuntimeError:
    return RuntimeError(
        f"this trainer of TRL {trl.__version__} works otherwise than rs_grpo.trl expects: {what}; "
        "rs_grpo.trl is made for trl.GRPOTrainer of TRL 1.16"
    )
