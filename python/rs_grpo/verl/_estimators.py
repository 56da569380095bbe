"""The estimators as verl sees them: a name, parameters from its config, a batch of tokens."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

import rs_grpo

# verl has estimators of its own under these names.
VERLS_OWN = frozenset({"grpo", "rloo", "grpo_passk"})

# A child of verl's logger: verl shows its messages, also those of its Ray actors.
logger = logging.getLogger("verl.plugins.rs_grpo")


@dataclass(frozen=True)
class VerlEstimator:
    """One estimator of the core, and how a run of verl asks for it."""

    name: str
    """The value of `algorithm.adv_estimator`, such as `pkpo_loo1`."""
    core_name: str
    """The core's name, such as `pkpo-loo1`."""
    defaults: Mapping[str, str]
    """Parameters that a run must give, with the values that the core gives them."""

    def text(self, algorithm) -> str:
        """The core's text of the estimator with the parameters of verl's `algorithm` section."""
        for other in ESTIMATORS.values():
            if other is not self and _section(algorithm, other.name) is not None:
                raise rs_grpo.Error(
                    f"algorithm.{other.name} is given, but algorithm.adv_estimator is {self.name}; "
                    f"remove the former, or write algorithm.adv_estimator={other.name}"
                )
        parameters = self._parameters(algorithm)
        for key, value in self.defaults.items():
            if key not in parameters:
                raise rs_grpo.Error(
                    f"algorithm.adv_estimator={self.name} needs a value of {key}; "
                    f"add, for example, {self.override(key, value)}"
                )
        return rs_grpo.estimator(self.core_name, **parameters)

    def override(self, key: str, value) -> str:
        """A parameter as an argument of verl's command line."""
        return f"+algorithm.{self.name}.{key}={value}"

    def _parameters(self, algorithm) -> Mapping:
        section = _section(algorithm, self.name)
        if section is None:
            return {}
        if isinstance(section, Mapping) and not any(
            isinstance(value, Mapping) for value in section.values()
        ):
            return section
        raise rs_grpo.Error(
            f"algorithm.{self.name} is {section}; "
            f"give each parameter by its key: {self.override('KEY', 'VALUE')}"
        )

    def __call__(self, token_level_rewards, response_mask, index=None, config=None, **_):
        """verl's interface: the advantages and the returns of a batch, both (responses, tokens)."""
        if index is None:
            raise rs_grpo.Error(
                f"algorithm.adv_estimator={self.name} needs the uid of every response"
            )
        text = self.text(config)
        _announce(text)
        try:
            advantages = token_advantages(text, token_level_rewards, response_mask, index)
        except rs_grpo.Error as error:
            raise rs_grpo.Error(f"algorithm.adv_estimator={self.name}: {error}") from None
        return advantages, advantages


@torch.no_grad()
def token_advantages(estimator: str, token_level_rewards, response_mask, uids):
    """The advantage of each response at each of its tokens that learn, 0 elsewhere.

    As in verl: the reward of a response is the sum over all tokens (it may lie on one that does not
    learn, such as the last of a tool's answer), and responses with equal uid are a group. Groups in
    which no token learns are left out: verl fills a batch up with such responses.
    """
    rewards = token_level_rewards.sum(dim=-1)
    uids = np.asarray(uids, dtype=object)
    learns = (response_mask != 0).any(dim=-1).cpu().numpy()
    learning_groups = set(uids[learns])
    rows = np.flatnonzero([uid in learning_groups for uid in uids])
    advantages = torch.zeros_like(rewards)
    advantages[rows] = rs_grpo.advantages(rewards[rows], uids[rows], estimator)
    return advantages.unsqueeze(-1) * response_mask


def _section(algorithm, name: str):
    """What the `algorithm` section of verl's config holds under a name."""
    return None if algorithm is None else algorithm.get(name, None)


def _by_name() -> dict[str, VerlEstimator]:
    estimators = {}
    for entry in rs_grpo.estimators():
        core_name, _, parameters = entry.estimator.partition(":")
        name = core_name.replace("-", "_")
        if name in VERLS_OWN:
            name = f"reference_{name}"
        defaults = dict(pair.split("=") for pair in parameters.split(",") if pair)
        estimators[name] = VerlEstimator(name, core_name, defaults)
    return estimators


ESTIMATORS: dict[str, VerlEstimator] = _by_name()
"""Every estimator of the core by its name in verl."""


@cache
def _announce(text: str) -> None:
    """Says once a process that the advantages are ours."""
    logger.info("rs_grpo %s: advantages by %s", rs_grpo.__version__, text)
