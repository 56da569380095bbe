"""The estimators inside verl, on the CPU: verl's own functions compute, and are compared.

Part of `run.sh`. Everything random is drawn from a seed that is the number of the batch.
"""

import os
import subprocess
import sys
from types import SimpleNamespace

import hydra
import numpy as np
import pytest
import torch
import verl
from omegaconf import OmegaConf
from tensordict import NonTensorStack, TensorDict
from transfer_queue import KVBatchMeta
from verl import DataProto
from verl.trainer.ppo import core_algos
from verl.trainer.ppo.ray_trainer import compute_advantage
from verl.trainer.ppo.v1 import trainer_base

import rs_grpo
from rs_grpo.verl import ESTIMATORS
from rs_grpo.verl._check import main

BATCHES = 50


class Batch:
    """Responses of unequal length to prompts with unequal numbers of responses, in random order."""

    def __init__(self, seed, draw, smallest_group=2, dtype=torch.float64):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(smallest_group, smallest_group + 9, size=rng.integers(1, 8))
        uids = np.repeat([f"uid-{i}" for i in range(len(sizes))], sizes).astype(object)
        self.uids = rng.permutation(uids)
        n, tokens = len(uids), 12
        self.lengths = lengths = rng.integers(1, tokens + 1, size=n)
        # A few tokens inside a response do not learn either, as those of a tool's answer.
        mask = (np.arange(tokens) < lengths[:, np.newaxis]) & (rng.random((n, tokens)) < 0.9)
        self.mask = torch.from_numpy(mask).long()
        self.scores = draw(rng, n)
        self.rewards = torch.zeros(n, tokens, dtype=dtype)
        self.rewards[torch.arange(n), torch.from_numpy(lengths) - 1] = torch.from_numpy(
            self.scores
        ).to(dtype)

    def ragged(self, rows):
        """Rows without the tokens after the response's end."""
        rows = [row[:length] for row, length in zip(rows, self.lengths, strict=True)]
        return torch.nested.as_nested_tensor(rows, layout=torch.jagged)

    def advantages(self, name, norm_adv_by_std_in_grpo=True, **sections):
        """What verl's `compute_advantage` gives, (responses, tokens)."""
        config = OmegaConf.create(
            {"adv_estimator": name, "norm_adv_by_std_in_grpo": norm_adv_by_std_in_grpo, **sections}
        )
        data = DataProto.from_dict(
            tensors={"token_level_rewards": self.rewards.clone(), "response_mask": self.mask},
            non_tensors={"uid": self.uids},
        )
        compute_advantage(
            data, adv_estimator=name, norm_adv_by_std_in_grpo=norm_adv_by_std_in_grpo, config=config
        )
        assert torch.equal(data.batch["returns"], data.batch["advantages"])
        return data.batch["advantages"]


def gaussian(rng, n):
    return rng.normal(size=n)


def binary(rng, n):
    return rng.integers(0, 2, size=n).astype(float)


def test_verl_alone_loads_the_plugin():
    code = """
import sys, verl
assert 'rs_grpo.verl' in sys.modules
from verl.trainer.ppo.core_algos import get_adv_estimator_fn
print(get_adv_estimator_fn('rs_grpo').text({'rs_grpo': {'beta': 2}}))
"""
    assert _python("-c", code).stdout.endswith("rs-grpo:beta=2\n")


def test_every_estimator_of_the_core_is_registered_once():
    names = {entry.estimator.partition(":")[0] for entry in rs_grpo.estimators()}
    assert {estimator.core_name for estimator in ESTIMATORS.values()} == names
    assert len(ESTIMATORS) == len(names)
    for name, estimator in ESTIMATORS.items():
        assert core_algos.get_adv_estimator_fn(name) is estimator


@pytest.mark.parametrize("draw", [gaussian, binary])
@pytest.mark.parametrize(
    ("ours", "verls"),
    [
        (("rs_grpo", {"rs_grpo": {"beta": 0}}), ("grpo", {"norm_adv_by_std_in_grpo": False})),
        (("dr_grpo", {}), ("grpo", {"norm_adv_by_std_in_grpo": False})),
        (("reference_grpo", {}), ("grpo", {})),
        (("reference_rloo", {}), ("rloo", {})),
        (("reference_grpo_passk", {"reference_grpo_passk": {"std": "sample"}}), ("grpo_passk", {})),
        (("reference_grpo_passk", {}), ("grpo_passk", {"norm_adv_by_std_in_grpo": False})),
    ],
    ids=lambda side: f"{side[0]}{side[1] or ''}",
)
def test_equals_verls_own(ours, verls, draw):
    # In float64, and in float32, in which verl computes; the tolerances are verl's rounding,
    # divided by small standard deviations.
    for dtype, tolerance in [(torch.float64, 1e-9), (torch.float32, 1e-5)]:
        for seed in range(BATCHES):
            batch = Batch(seed, draw, dtype=dtype)
            (name, sections), (verls_name, settings) = ours, verls
            here, there = (
                batch.advantages(name, **sections),
                batch.advantages(verls_name, **settings),
            )
            assert here.dtype == there.dtype and here.shape == there.shape
            torch.testing.assert_close(here, there, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_equals_the_core(name):
    estimator = ESTIMATORS[name]
    section = {name: dict(estimator.defaults)}
    for seed in range(BATCHES):
        # Binary rewards are in every estimator's domain, and k = 4 needs groups of 5.
        batch = Batch(seed, binary, smallest_group=5)
        expected = np.zeros(len(batch.uids))
        for uid in set(batch.uids):
            group = batch.uids == uid
            scores = batch.scores[group]
            expected[group] = rs_grpo.advantages(scores, len(scores), estimator.text(section))
        expected = expected[:, np.newaxis] * batch.mask.numpy()
        np.testing.assert_array_equal(batch.advantages(name, **section).numpy(), expected)


@pytest.mark.parametrize("beta", [-1, 0.5, 2, 8.0])
def test_parameters_reach_the_core(beta):
    batch = Batch(0, gaussian)
    expected = rs_grpo.advantages(batch.scores, batch.uids, f"rs-grpo:beta={beta}")
    here = batch.advantages("rs_grpo", rs_grpo={"beta": beta})
    np.testing.assert_array_equal(here.numpy(), expected[:, np.newaxis] * batch.mask.numpy())


def test_a_group_of_one_has_advantage_zero_where_verl_gives_its_reward():
    batch = Batch(0, gaussian)
    batch.uids = np.arange(len(batch.uids)).astype(object)
    learns = batch.mask.any(dim=-1)
    assert (batch.advantages("rs_grpo", rs_grpo={"beta": 2}) == 0).all()
    for normalise in [True, False]:
        there = batch.advantages("grpo", norm_adv_by_std_in_grpo=normalise).abs().amax(dim=-1)
        torch.testing.assert_close(
            there[learns], torch.from_numpy(batch.scores).abs()[learns], rtol=2e-6, atol=0
        )


def test_verls_filling_is_left_out():
    # verl fills a batch up with responses of one token that does not learn, all of one new uid:
    # verl/trainer/ppo/padding_utils.py. One such response is a group too small for k = 4.
    batch = Batch(0, binary, smallest_group=4)
    before = batch.advantages("pkpo", pkpo={"k": 4})
    batch.uids = np.append(batch.uids, "pad0123")
    batch.rewards, batch.mask = (
        torch.cat([rows, torch.zeros_like(rows[:1])]) for rows in (batch.rewards, batch.mask)
    )
    after = batch.advantages("pkpo", pkpo={"k": 4})
    assert torch.equal(after[:-1], before) and (after[-1] == 0).all()


def test_a_response_without_learning_tokens_still_counts_in_its_group():
    batch = Batch(0, gaussian)
    batch.mask[0] = 0
    expected = rs_grpo.advantages(batch.scores, batch.uids, "rs-grpo:beta=2")
    here = batch.advantages("rs_grpo", rs_grpo={"beta": 2})
    np.testing.assert_array_equal(here.numpy(), expected[:, np.newaxis] * batch.mask.numpy())


def test_the_trainers_own_step(monkeypatch):
    # The method that verl's task runner calls in each step, with verl's own config and ragged
    # tensors; only its queue between processes is replaced by a dictionary.
    batch = Batch(0, binary, smallest_group=5, dtype=torch.float32)
    with hydra.initialize_config_module("verl.trainer.config", version_base=None):
        overrides = ["algorithm.adv_estimator=rs_grpo", "+algorithm.rs_grpo.beta=2"]
        trainer = SimpleNamespace(config=hydra.compose("ppo_trainer", overrides))
    keys = [f"{uid}_{row}_0" for row, uid in enumerate(batch.uids)]
    meta = KVBatchMeta(keys=keys, tags=[{}] * len(keys), partition_id="train")
    stored = TensorDict(
        {
            "response_mask": batch.ragged(batch.mask),
            "rm_scores": batch.ragged(batch.rewards),
            "uid": NonTensorStack(*batch.uids.tolist()),
        },
        batch_size=len(keys),
    )
    queue = SimpleNamespace(
        kv_batch_get=lambda **_: stored, kv_batch_put=lambda fields, **_: stored.update(fields)
    )
    monkeypatch.setattr(trainer_base, "tq", queue)
    trainer_base.PPOTrainer._compute_advantage(trainer, meta, {})
    expected = batch.advantages("rs_grpo", rs_grpo={"beta": 2})
    for row, length in enumerate(batch.lengths):
        assert torch.equal(stored["advantages"][row], expected[row, :length])


@pytest.mark.parametrize(
    ("name", "sections", "message"),
    [
        ("rs_grpo", {}, "needs a value of beta; add, for example, +algorithm.rs_grpo.beta=2"),
        ("rs_grpo", {"rsgrpo": {"beta": 2}}, "needs a value of beta"),
        ("rs_grpo", {"rs_grpo": {"betta": 2, "beta": 2}}, "'betta' is not a parameter of rs-grpo"),
        ("rs_grpo", {"rs_grpo": {"beta": "large"}}, "beta is large"),
        ("rs_grpo", {"rs_grpo": 2}, "algorithm.rs_grpo is 2; give each parameter by its key"),
        ("rs_grpo", {"rs_grpo": {"beta": {"x": 2}}}, "give each parameter by its key"),
        (
            "pkpo",
            {"pkpo": {"k": 4}, "rs_grpo": {"beta": 2}},
            "algorithm.rs_grpo is given, but algorithm.adv_estimator is pkpo",
        ),
        ("pkpo", {"pkpo": {"k": 40}}, "uid-"),
    ],
)
def test_a_wrong_setting_stops_the_run(name, sections, message):
    with pytest.raises(rs_grpo.Error, match=message.replace("+", r"\+")):
        Batch(0, binary).advantages(name, **sections)


def test_an_unknown_name_stops_the_run():
    with pytest.raises(ValueError, match="Unknown advantage estimator simply: rs-grpo"):
        Batch(0, binary).advantages("rs-grpo")


def test_a_taken_name_is_told_loudly(tmp_path):
    (tmp_path / "rival.py").write_text("""
from verl.trainer.ppo.core_algos import register_adv_est
register_adv_est('pkpo')(print)
""")
    code = """
import verl
from verl.trainer.ppo.core_algos import get_adv_estimator_fn
get_adv_estimator_fn('rs_grpo')
"""
    environment = {"PYTHONPATH": str(tmp_path), "VERL_USE_EXTERNAL_MODULES": "rival"}
    stopped = _python("-c", code, **environment)
    assert stopped.returncode != 0
    assert "ERROR" in stopped.stderr and "has estimators named pkpo" in stopped.stderr
    assert "Unknown advantage estimator simply: rs_grpo" in stopped.stderr


RUN = [
    "actor_rollout_ref.rollout.n=16",
    "actor_rollout_ref.actor.use_dynamic_bsz=True",
    "trainer.nnodes=4",
    "trainer.n_gpus_per_node=8",
]


def test_the_check_command_passes_in_the_driver_and_in_a_ray_actor():
    arguments = ["check", "algorithm.adv_estimator=rs_grpo", "+algorithm.rs_grpo.beta=2", *RUN]
    done = _python("-m", "rs_grpo.verl", *arguments)
    assert done.returncode == 0, done.stderr
    assert "the run computes rs-grpo:beta=2 on groups of 16" in done.stdout
    assert "[validate_config] All configuration checks passed successfully!" in done.stdout
    assert f"in this process: {len(ESTIMATORS) + 1} estimators" in done.stdout
    assert "in a Ray actor on" in done.stdout


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["algorithm.adv_estimator=rs_grpo", *RUN], "needs a value of beta"),
        (
            ["algorithm.adv_estimator=grpo", *RUN],
            "algorithm.adv_estimator is grpo; estimators of rs-grpo",
        ),
        (
            ["algorithm.adv_estimator=dr_grpo", *RUN, "actor_rollout_ref.rollout.n=1"],
            "rollout.n is 1",
        ),
        (
            ["algorithm.adv_estimator=pkpo", "+algorithm.pkpo.k=17", *RUN],
            "k is 17; allowed: 1 to 16",
        ),
        (["algorithm.adv_estimator=dr_grpo"], "verl refuses this configuration"),
        (["algorithm.rs_grpo.beta=2", *RUN], "verl refuses this configuration"),
    ],
)
def test_the_check_command_fails(overrides, message, capsys):
    assert main(["check", *overrides]) == 1
    assert message in capsys.readouterr().err


def test_the_check_command_fails_where_plugins_are_off(monkeypatch, capsys):
    monkeypatch.setenv("VERL_USE_EXTERNAL_PLUGINS", "none")
    assert main(["check"]) == 1
    assert "VERL_USE_EXTERNAL_PLUGINS is 'none'" in capsys.readouterr().err


def _python(*arguments, **environment):
    """Another process of this Python."""
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, capture_output=True, text=True
    )


def test_versions():
    # What `requirements.txt` pins.
    assert verl.__version__ == "0.9.1"
