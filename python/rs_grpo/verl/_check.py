"""`python -m rs_grpo.verl check`: would a run of verl compute its advantages here?

It asks verl's own `compute_advantage`, in this process and in a Ray actor on every node, as a run
does; and, given the overrides of a run, verl's own configuration and its validation. No GPU.
"""

import argparse
import importlib.metadata
import os
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import rs_grpo
from rs_grpo.verl._estimators import ESTIMATORS

DESCRIPTION = """Checks that verl finds the estimators of rs-grpo, in this process and in a Ray
actor on every node, and computes with them what rs_grpo.advantages does. Given the overrides of a
run (algorithm.adv_estimator=rs_grpo +algorithm.rs_grpo.beta=2 ...), composes and validates verl's
configuration, too, and tries the estimator on groups of the run's size. Needs no GPU. Set
RAY_ADDRESS to check a running cluster."""

# Largest difference between what verl and rs_grpo give, in float32.
TOLERANCE = 1e-6


class Failed(Exception):
    """What is wrong, and what to do."""


@dataclass(frozen=True)
class Probe:
    """An estimator as a run asks verl for it, and groups to try it on."""

    algorithm: dict
    """The `algorithm` section of verl's config, as far as it matters here."""
    group_sizes: list[int]

    @property
    def name(self) -> str:
        return self.algorithm["adv_estimator"]

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
        """Rewards and mask (responses, tokens), and the uid of each response.

        The reward, 0 or 1, lies on the last token; each response has another length.
        """
        uids = np.repeat([f"prompt-{i}" for i in range(len(self.group_sizes))], self.group_sizes)
        responses, tokens = torch.arange(len(uids)), torch.arange(4)
        lengths = 1 + responses % len(tokens)
        mask = (tokens < lengths.unsqueeze(-1)).long()
        rewards = torch.zeros(mask.shape)
        rewards[responses, lengths - 1] = (responses % 3 == 0).float()
        return rewards, mask, uids.astype(object)


def main(arguments=None) -> int:
    """Runs the check; the exit status is 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m rs_grpo.verl", description=DESCRIPTION)
    parser.add_argument("command", choices=["check"])
    parser.add_argument(
        "overrides", nargs="*", metavar="OVERRIDE", help="as for verl.trainer.main_ppo"
    )
    parser.add_argument(
        "--config-name",
        default="ppo_trainer",
        help="a configuration of verl (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        check(options.overrides, options.config_name)
    except (Failed, rs_grpo.Error) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print("ok")
    return 0


def check(overrides: list[str], config_name: str) -> None:
    """Every check in turn; raises `Failed` or `rs_grpo.Error` at the first that does not hold."""
    _check_that_verl_loads_plugins()
    probes = _probes_of_catalogue()
    if overrides:
        probes.append(_probe_of_run(overrides, config_name))
    requests = [(probe.algorithm, *probe.tensors()) for probe in probes]
    _compare("in this process", ask_verl(requests), probes)
    for node, (was_loaded, answers) in _ask_in_actors(requests):
        if was_loaded:
            raise Failed(f"the Ray actor on {node} had rs_grpo.verl before it imported verl")
        _compare(f"in a Ray actor on {node}", answers, probes)


def ask_verl(requests) -> list:
    """What verl's `compute_advantage` gives for each request, or the text of its error.

    It names nothing of rs_grpo, because it also runs where only verl itself may find it.
    """
    from omegaconf import OmegaConf
    from verl import DataProto
    from verl.trainer.ppo.ray_trainer import compute_advantage

    answers = []
    for algorithm, rewards, mask, uids in requests:
        data = DataProto.from_dict(
            tensors={"token_level_rewards": rewards, "response_mask": mask},
            non_tensors={"uid": uids},
        )
        try:
            config = OmegaConf.create(algorithm)
            compute_advantage(data, adv_estimator=config.adv_estimator, config=config)
            answers.append(data.batch["advantages"])
        except Exception as error:
            answers.append(f"{type(error).__name__}: {error}")
    return answers


class Actor:
    """A process that, as verl's task runner, imports verl and nothing else."""

    def ask(self, requests):
        import sys

        was_loaded = "rs_grpo.verl" in sys.modules
        return was_loaded, ask_verl(requests)


def _check_that_verl_loads_plugins() -> None:
    if not any(
        entry.value == "rs_grpo.verl"
        for entry in importlib.metadata.entry_points(group="verl.plugins")
    ):
        raise Failed(
            "rs_grpo has no entry point here; install the wheel (pip install rs_grpo-*.whl) instead "
            "of copying its files"
        )
    policy = os.environ.get("VERL_USE_EXTERNAL_PLUGINS", "auto").strip().lower()
    if policy != "auto" and "rs_grpo" not in [name.strip() for name in policy.split(",")]:
        raise Failed(f"VERL_USE_EXTERNAL_PLUGINS is '{policy}'; unset it, or add rs_grpo to it")


def _probes_of_catalogue() -> list[Probe]:
    """Every estimator, with the parameters of the catalogue, on groups of unequal sizes."""
    return [
        Probe({"adv_estimator": estimator.name, estimator.name: estimator.defaults}, [8, 5, 6])
        for estimator in ESTIMATORS.values()
    ]


def _probe_of_run(overrides: list[str], config_name: str) -> Probe:
    """The estimator that a run would use, on two groups of the size that it would draw."""
    import hydra
    from omegaconf import OmegaConf
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    try:
        with hydra.initialize_config_module("verl.trainer.config", version_base=None):
            config = hydra.compose(config_name, overrides)
        validate_config(config, need_reference_policy(config), need_critic(config))
    except Exception as error:
        raise Failed(f"verl refuses this configuration: {error}") from error
    name, n = config.algorithm.adv_estimator, config.actor_rollout_ref.rollout.n
    if name not in ESTIMATORS:
        raise Failed(
            f"algorithm.adv_estimator is {name}; estimators of rs-grpo: {', '.join(ESTIMATORS)}"
        )
    if n < 2:
        raise Failed(f"actor_rollout_ref.rollout.n is {n}; a group needs at least 2 responses")
    print(f"the run computes {ESTIMATORS[name].text(config.algorithm)} on groups of {n}")
    algorithm: Any = OmegaConf.to_container(config.algorithm, resolve=True)
    return Probe(algorithm, [n, n])


def _ask_in_actors(requests):
    """The answers of one actor on each node of the cluster, beside the node's address."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
    from verl.trainer.constants_ppo import get_ppo_ray_runtime_env

    # Sent as code: an actor that imported it from here would have imported rs_grpo, too.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.init(runtime_env=get_ppo_ray_runtime_env(), ignore_reinit_error=True, log_to_driver=False)
    try:
        for node in (node for node in ray.nodes() if node["Alive"]):
            here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            actor = ray.remote(num_cpus=0)(Actor).options(scheduling_strategy=here).remote()
            yield node["NodeManagerAddress"], ray.get(actor.ask.remote(requests))
    finally:
        ray.shutdown()


def _compare(where: str, answers: list, probes: list[Probe]) -> None:
    for probe, answer in zip(probes, answers, strict=True):
        if isinstance(answer, str):
            raise Failed(f"{where}, algorithm.adv_estimator={probe.name}: {answer}")
        text = ESTIMATORS[probe.name].text(probe.algorithm)
        rewards, mask, uids = probe.tensors()
        expected = rs_grpo.advantages(rewards.sum(dim=-1).numpy(), uids, text)
        difference = np.abs(answer.numpy() - expected[:, np.newaxis] * mask.numpy()).max()
        if not difference <= TOLERANCE:
            raise Failed(f"{where}, {probe.name} differs from rs_grpo.advantages by {difference}")
    print(f"{where}: {len(probes)} estimators, advantages equal to those of rs_grpo.advantages")
