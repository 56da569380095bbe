"""A real TRL run of two steps on the CPU that writes down what it trains on.

Run by `test_trl.py`, in its own process and, through `torchrun`, in two. Model and tokenizer are
made on the spot: 17 words, 2 layers, random weights.
"""

import json
import sys
from dataclasses import dataclass, field

import datasets
import tokenizers
import torch
import transformers
import trl
from accelerate.utils import gather_object

from rs_grpo.trl import RSGRPOTrainer

WORDS = ["<pad>", "<eos>", "<unk>", *map(str, range(10)), "+", "-", "*", "="]
STEPS = 2
SETTINGS = {
    "num_generations": 4,
    "per_device_train_batch_size": 6,
    "gradient_accumulation_steps": 2,
    # Sampled once for two steps.
    "steps_per_generation": 2,
    "num_iterations": 2,
    "reward_weights": [1.0, 0.5],
}


def tokenizer():
    words = tokenizers.models.WordLevel(
        {word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"
    )
    splitter = tokenizers.Tokenizer(words)
    splitter.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=splitter,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
    )


def model():
    torch.manual_seed(0)
    return transformers.Qwen2ForCausalLM(
        transformers.Qwen2Config(
            vocab_size=len(WORDS),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
        )
    )


def prompts():
    return datasets.Dataset.from_dict(
        {"prompt": [f"{a} {op} {b} =" for a in range(10) for op in "+-*" for b in (3, 7)]}
    )


def short(completions, **_):
    """1 for an even number of words, else 0."""
    return [float(len(text.split()) % 2 == 0) for text in completions]


def plain(completions, **_):
    """1 without a minus, else 0."""
    return [float("-" not in text) for text in completions]


def of_two_words(completions, **_):
    """1 for exactly two words, else 0."""
    return [float(len(text.split()) == 2) for text in completions]


@dataclass
class Record:
    """The completions that trained, in order, and the advantage of each."""

    generation: list[int] = field(default_factory=list)
    pass_: list[int] = field(default_factory=list)
    prompt: list[str] = field(default_factory=list)
    completion: list[str] = field(default_factory=list)
    advantage: list[float] = field(default_factory=list)


class Recording:
    """Writes down what the loss is given."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.record, self._generations, self._micro_batches = Record(), 0, 0

    def _generate_and_score_completions(self, inputs):
        self._generations, self._micro_batches = self._generations + 1, 0
        return super()._generate_and_score_completions(inputs)

    def _compute_loss(self, model, inputs):
        rows = len(inputs["advantages"])
        self.record.generation += [self._generations] * rows
        self.record.pass_ += [self._micro_batches // self.args.steps_per_generation] * rows
        self.record.prompt += self._texts(inputs["prompt_ids"])
        self.record.completion += self._texts(inputs["completion_ids"])
        self.record.advantage += inputs["advantages"].tolist()
        self._micro_batches += 1
        return super()._compute_loss(model, inputs)

    def _texts(self, rows):
        return self.processing_class.batch_decode(rows, skip_special_tokens=True)


def run(folder, trainer=RSGRPOTrainer, reward_funcs=(short, plain), arguments=None, **settings):
    """Trains two steps; gives back the trainer, with its `record`."""
    config = trl.GRPOConfig(
        str(folder),
        **{
            "use_cpu": True,
            "bf16": False,
            "max_completion_length": 6,
            "max_steps": STEPS,
            "learning_rate": 1e-3,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "disable_tqdm": True,
            **SETTINGS,
            **settings,
        },
    )
    recording = type("RecordingTrainer", (Recording, trainer), {})
    trained = recording(
        model(),
        list(reward_funcs),
        config,
        prompts(),
        processing_class=tokenizer(),
        **(arguments or {}),
    )
    trained.train()
    return trained


def main(folder, estimator, result):
    # Three groups of four: the middle one is spread over both processes.
    trained = run(folder, arguments={"estimator": estimator}, per_device_train_batch_size=3)
    records = gather_object([vars(trained.record)])
    logs = {name: list(values) for name, values in trained._logs["rewards"].items()}
    logs["advantages"] = list(trained._logs["advantages"])
    if trained.accelerator.is_main_process:
        with open(result, "w") as file:
            json.dump({"records": records, "logs": logs}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
