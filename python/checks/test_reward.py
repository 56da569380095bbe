"""The reward functions inside TRL's trainer and verl's reward managers, on the CPU.

Part of `run.sh`.
"""

import asyncio
import threading
from types import SimpleNamespace

import datasets
import numpy as np
import pytest
import torch
import trl

from rs_grpo.trl import MathReward, accuracy_reward
from tiny_trl import model, tokenizer

GOLDS = ["4", "12", r"\frac", "7"]


def train(folder, reward, golds=GOLDS):
    """Two steps of TRL's own trainer on prompts with gold answers, one of which cannot be read."""
    prompts = [f"{number} + 3 =" for number in range(len(golds))]
    config = trl.GRPOConfig(
        str(folder),
        use_cpu=True,
        bf16=False,
        num_generations=4,
        per_device_train_batch_size=len(golds) * 4,
        max_completion_length=4,
        max_steps=2,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    data = datasets.Dataset.from_dict({"prompt": prompts, "solution": golds})
    trainer = trl.GRPOTrainer(model(), reward, config, data, processing_class=tokenizer())
    trainer.train()
    return trainer


def test_trl_trains_with_it(tmp_path):
    reward = MathReward()
    trainer = train(tmp_path, reward)
    assert trainer.state.global_step == 2
    assert sum(reward.counts.values()) == 2 * 16
    # Each step has every prompt: a quarter of the gold answers cannot be read.
    assert reward.counts["gold_unparsable"] == 2 * 4
    logged = [entry for entry in trainer.state.log_history if "grader/gold_unparsable" in entry]
    assert [entry["grader/gold_unparsable"] for entry in logged] == [0.25, 0.25]
    assert "rewards/accuracy_reward/mean" in logged[0]
    # TRL's own table of completions: None is NaN there, and took no part.
    rewards = np.array(list(trainer._logs["rewards"]["accuracy_reward"]), float)
    assert np.isnan(rewards).sum() == 4 and set(rewards[~np.isnan(rewards)]) <= {0.0, 1.0}


def test_it_is_trls_own_on_what_both_decide():
    golds = ["4", r"\frac{63}{400}", "$x^2-1$", "(1,2)"]
    texts = [r"\boxed{4}", r"\boxed{0.1575}", r"\boxed{(x-1)(x+1)}", r"\boxed{(2,1)}"]
    completions = [[{"role": "assistant", "content": text}] for text in texts]
    assert accuracy_reward(completions=completions, solution=golds) == [1.0, 1.0, 1.0, 0.0]


def test_off_the_main_thread():
    """Where graders with `signal.alarm` fail."""
    result = []
    thread = threading.Thread(
        target=lambda: result.extend(accuracy_reward(completions=["4"], solution=["4.0"]))
    )
    thread.start()
    thread.join()
    assert result == [1.0]


RESPONSES = [r"\boxed{4.0}", "It is 5.", "no idea", r"\boxed{1}"]
TRUTHS = ["4", "4", "4", r"\frac{"]
SCORES = [1.0, 0.0, 0.0, 0.0]


class Letters:
    """A tokenizer: a character is a token."""

    def decode(self, ids, skip_special_tokens=True):
        return "".join(map(chr, ids))


def batch():
    from verl import DataProto

    width = max(map(len, RESPONSES))
    ids = torch.zeros(len(RESPONSES), width, dtype=torch.long)
    mask = torch.zeros(len(RESPONSES), width, dtype=torch.long)
    for row, text in enumerate(RESPONSES):
        ids[row, : len(text)] = torch.tensor([ord(letter) for letter in text])
        mask[row, : len(text)] = 1
    prompts = torch.zeros(len(RESPONSES), 1, dtype=torch.long)
    tensors = {
        "prompts": prompts,
        "responses": ids,
        "attention_mask": torch.cat([torch.ones_like(prompts), mask], dim=1),
    }
    non_tensors = {
        "data_source": np.array(["own"] * len(RESPONSES), dtype=object),
        "reward_model": np.array([{"ground_truth": truth} for truth in TRUTHS], dtype=object),
        "extra_info": np.array([{} for _ in RESPONSES], dtype=object),
    }
    return DataProto.from_dict(tensors=tensors, non_tensors=non_tensors)


def of_config(name):
    """The function as verl loads it, from the two keys of a run."""
    from omegaconf import OmegaConf
    from verl.trainer.ppo.reward import get_custom_reward_fn

    function = {"path": "pkg://rs_grpo.reward", "name": name}
    return get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": function}}))


def test_verls_naive_manager():
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

    data = batch()

    async def score():
        # A manager belongs to the loop that it was made in.
        manager = NaiveRewardManager(SimpleNamespace(), Letters(), of_config("compute_score"))
        rows = [manager.run_single(data[row : row + 1]) for row in range(len(RESPONSES))]
        return [await row for row in rows]

    results = asyncio.run(score())
    assert [result["reward_score"] for result in results] == SCORES
    extra = [result["reward_extra_info"] for result in results]
    assert [info["gold_unparsable"] for info in extra] == [0.0, 0.0, 0.0, 1.0]
    assert [info["prediction_unparsable"] for info in extra] == [0.0, 0.0, 1.0, 0.0]


def test_verls_batch_manager():
    from verl.workers.reward_manager.batch import BatchRewardManager

    manager = BatchRewardManager(Letters(), 0, of_config("compute_scores"))
    result = manager(batch(), return_dict=True)
    assert result["reward_tensor"].sum(dim=1).tolist() == SCORES
    assert result["reward_extra_info"]["gold_unparsable"] == [0.0, 0.0, 0.0, 1.0]
    assert result["reward_extra_info"]["pred"][0] == "4.0"


def test_verl_averages_every_number_it_is_given():
    from verl.trainer.ppo.metric_utils import process_validation_metrics

    from rs_grpo.reward import compute_scores

    scores = compute_scores(None, RESPONSES, TRUTHS)
    columns = {name: [score[name] for score in scores] for name in scores[0]}
    metrics = process_validation_metrics(["own"] * 4, ["a", "b", "c", "d"], columns)
    flat = str(metrics["own"])
    assert "gold_unparsable" in flat and "prediction_unparsable" in flat


if __name__ == "__main__":
    pytest.main([__file__])
