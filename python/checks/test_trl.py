"""The estimators inside TRL's trainer, on the CPU: two real steps of a tiny model.

Part of `run.sh`. What trains is compared at the loss, by prompt and completion, so that no order,
no shuffling and no slicing of TRL's is taken on trust.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
import trl

import rs_grpo
from rs_grpo.trl import GroupAdvantageMixin, RSGRPOTrainer
from tiny_trl import SETTINGS, STEPS, Record, of_two_words, plain, prompts, run, short

ESTIMATORS = [entry.estimator for entry in rs_grpo.estimators()]
# What the estimators for binary rewards and k = 4 need, with few responses right: then every one of
# them has advantages. In the other tests, rewards are 0, 0.5, 1 or 1.5.
BINARY = {"reward_funcs": [of_two_words], "reward_weights": None, "num_generations": 6}


def rewards(completions, weights=SETTINGS["reward_weights"]):
    return np.float32(weights) @ np.float32([short(completions), plain(completions)])


def check(record, expected_rewards, estimator, group_size):
    """Each advantage at the loss is the core's, for the group of its prompt in this pass."""
    groups = list(zip(record.generation, record.pass_, record.prompt, strict=True))
    sizes = {groups.count(group) for group in groups}
    assert sizes == {group_size}
    np.testing.assert_array_equal(
        np.float32(record.advantage),
        rs_grpo.advantages(np.float32(expected_rewards), groups, estimator),
    )
    assert np.any(np.float32(record.advantage) != 0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_trains(estimator, tmp_path):
    trained = run(tmp_path, arguments={"estimator": estimator}, **BINARY)
    assert trained.state.global_step == STEPS
    record = trained.record
    # Two steps, both from one generation, of two micro-batches of six.
    assert len(record.advantage) == STEPS * 12 and set(record.generation) == {1}
    check(record, of_two_words(record.completion), estimator, 6)
    logged = np.float32(trained._logs["advantages"])
    logged_rewards = np.float32(trained._logs["rewards"]["of_two_words"])
    np.testing.assert_array_equal(logged, rs_grpo.advantages(logged_rewards, 6, estimator))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"steps_per_generation": 4, "num_iterations": 1, "per_device_train_batch_size": 2},
        {"num_iterations": 1, "gradient_accumulation_steps": 4, "per_device_train_batch_size": 4},
        {"loss_type": "dapo", "scale_rewards": "none"},
        {"loss_type": "dr_grpo"},
    ],
    ids=str,
)
def test_settings_of_trl(settings, tmp_path):
    trained = run(tmp_path, arguments={"estimator": "rs-grpo:beta=4"}, **settings)
    check(trained.record, rewards(trained.record.completion), "rs-grpo:beta=4", 4)


def test_two_processes(tmp_path):
    result = tmp_path / "result.json"
    script = Path(__file__).with_name("tiny_trl.py")
    launcher = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    subprocess.run(
        [*launcher, script, tmp_path, "rs-grpo:beta=2", result], check=True, capture_output=True
    )
    result = json.loads(result.read_text())
    records = [Record(**record) for record in result["records"]]
    assert len(records) == 2
    spread = set(records[0].prompt) & set(records[1].prompt)
    assert spread, "no group is spread over both processes: this would prove nothing"
    both = Record(
        *(one + other for one, other in zip(*(vars(r).values() for r in records), strict=True))
    )
    check(both, rewards(both.completion), "rs-grpo:beta=2", 4)
    logs = result["logs"]
    logged = np.float32(SETTINGS["reward_weights"]) @ np.float32([logs["short"], logs["plain"]])
    assert len(logged) == 12
    np.testing.assert_array_equal(
        np.float32(logs["advantages"]), rs_grpo.advantages(logged, 4, "rs-grpo:beta=2")
    )


def test_the_table_of_completions_shows_what_trained(tmp_path):
    trained = run(tmp_path, arguments={"estimator": "rs-grpo:beta=2"}, log_completions=True)
    table = pandas.read_parquet(tmp_path / "completions" / f"completions_{STEPS:05}.parquet")
    ours = rs_grpo.advantages(np.float32(rewards(table["completion"])), 4, "rs-grpo:beta=2")
    np.testing.assert_array_equal(np.float32(table["advantage"]), ours)
    assert sorted(table["advantage"]) == sorted(trained.record.advantage[: len(table)])


@pytest.mark.parametrize(("estimator", "scale"), [("grpo:eps=1e-4", "group"), ("dr-grpo", "none")])
def test_trains_to_the_weights_of_trls_own(estimator, scale, tmp_path):
    # TRL adds 1e-4 to the standard deviation, and computes in float32. Plain gradient descent does
    # not blow that up, as Adam does where a gradient is almost 0.
    weights = {}
    for name, trainer, arguments in [
        ("ours", RSGRPOTrainer, {"estimator": estimator}),
        ("TRL's", trl.GRPOTrainer, {}),
        ("other", RSGRPOTrainer, {"estimator": "rs-grpo:beta=8"}),
    ]:
        settings = {"scale_rewards": scale, "optim": "sgd", "learning_rate": 0.1}
        trained = run(tmp_path, trainer, arguments=arguments, **settings)
        weights[name] = torch.cat(
            [parameter.detach().flatten() for parameter in trained.model.parameters()]
        )
    torch.testing.assert_close(weights["ours"], weights["TRL's"], rtol=0, atol=1e-6)
    assert (weights["other"] - weights["TRL's"]).abs().max() > 1e-5


def test_a_completion_without_a_reward_takes_no_part(tmp_path):
    def sometimes(completions, **_):
        return [
            None if text.startswith("7") or "+" in text else float(len(text))
            for text in completions
        ]

    trained = run(
        tmp_path,
        reward_funcs=[sometimes],
        reward_weights=None,
        num_generations=8,
        per_device_train_batch_size=8,
        arguments={"estimator": "rs-loo:beta=0.1"},
    )
    record = trained.record
    given = np.array(sometimes(record.completion), dtype=float)
    scored = ~np.isnan(given)
    assert 2 <= scored.sum() < len(given)
    groups = np.fromiter(zip(record.pass_, record.prompt, strict=True), dtype=object)
    expected = np.zeros(len(given), np.float32)
    expected[scored] = rs_grpo.advantages(
        np.float32(given[scored]), groups[scored], "rs-loo:beta=0.1"
    )
    np.testing.assert_array_equal(np.float32(record.advantage), expected)


def test_evaluation_uses_its_own_group_size(tmp_path):
    trained = run(
        tmp_path,
        arguments={"estimator": "rloo", "eval_dataset": prompts().select(range(4))},
        num_generations_eval=2,
        per_device_eval_batch_size=4,
    )
    trained.evaluate()
    logs = trained._logs
    logged = np.float32(SETTINGS["reward_weights"]) @ np.float32(
        [logs["rewards"]["short"], logs["rewards"]["plain"]]
    )
    # The last batch of evaluation: two groups of two.
    np.testing.assert_array_equal(
        np.float32(list(logs["advantages"])[-4:]), rs_grpo.advantages(logged[-4:], 2, "rloo")
    )


@pytest.mark.parametrize(
    ("estimator", "settings", "message"),
    [
        ("rs-grop", {}, "did you mean 'rs-grpo'"),
        ("pkpo:k=5", {}, "k is 5; allowed: 1 to 4"),
        (
            "rs-grpo:beta=2",
            {"multi_objective_aggregation": "normalize_then_sum"},
            "allowed: 'sum_then_normalize'",
        ),
        ("rs-grpo:beta=2", {"scale_rewards": "batch"}, "scale_rewards is 'batch'"),
    ],
)
def test_a_wrong_setting_is_refused_before_training(estimator, settings, message, tmp_path):
    with pytest.raises(rs_grpo.Error, match=message):
        run(tmp_path, arguments={"estimator": estimator}, **settings)


class RewardsTwice(trl.GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        self._calculate_rewards(
            inputs, [row["prompt"] for row in inputs], ["1"] * len(inputs), [[4]] * len(inputs)
        )
        return output


class AdvantagesElsewhere(trl.GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        return {**output, "advantages": output["advantages"] + 1}


class AdvantagesOfTokens(trl.GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        return {**output, "advantages": output["advantages"].unsqueeze(-1)}


class RewardsElsewhere(trl.GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        self._logs["rewards"]["short"].extend([7.0] * len(inputs))
        return output


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (RewardsTwice, "_calculate_rewards ran 2 times"),
        (AdvantagesElsewhere, "the advantages that it logs are not those that it trains on"),
        (AdvantagesOfTokens, "advantages have the shape"),
        (RewardsElsewhere, "the rewards of short that it logs"),
    ],
)
def test_a_trainer_that_works_otherwise_is_told(base, message, tmp_path):
    trainer = type("Changed", (GroupAdvantageMixin, base), {})
    with pytest.raises(RuntimeError, match=message):
        run(tmp_path, trainer)


def test_versions():
    # What `requirements.txt` pins.
    assert trl.__version__ == "1.16.0"
