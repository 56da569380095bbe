"""Speed on a GPU beside PyTorch: random weights of the same true shape on the same card, in one run.

    cargo bench -p rs-grpo-train --features cuda --bench gpu --no-run      # prints the path of the program
    pip install torch transformers peft trl==1.16.0
    python llm/train/benches/gpu.py PROGRAM [--model qwen3-4b-base] [--rows a,b,c,d] [--out FILE.json]

    python llm/train/benches/gpu.py PROGRAM --model qwen3-4b-base,qwen2.5-math-1.5b,llama3.1-8b-instruct \
        --rows a,b,c,d,e --new 1024 --step 32x512 --seconds-limit 600 --until 7200      # all of it

Every measurement runs in a process of its own, ours and theirs in turn, within `--seconds-limit`; one that
fails is a line that says so. The rows:

    a  bytes a second of a copy, operations a second of a bf16 product: what the card can do
    b  decoding: transformers' `generate` (one static batch) and its continuous batching
    c  forward and backward of a policy-gradient loss: LoRA of rank 32, and all weights
    d  a whole step of GRPO with LoRA: TRL's GRPOTrainer
    e  decoding here alone: token by token, eight tokens at a time, and that with CUDA graphs, which is the default

When b is among them and seconds are left, it is measured again with other batches at the end.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PROMPT, SAMPLES, RANK = 256, 16, 32
BATCH, OTHER_BATCHES = 256, (64, 512)
SEQUENCES, LENGTH, PEER_MICRO_BATCH = 32, 768, 8
WORDS = 1000
# Tokens of a sample that are drawn before the host sees them, and CUDA graphs that are kept.
MULTI_STEP = {"token by token": ["1", "0"], "multi-step": ["8", "0"], "CUDA graphs": ["8", "16"]}
NOTE = """
`of the ceiling`: decoding, of the time in which the card copies the bytes that must be read: all weights
for each token, and the keys and values so far, a shared prompt's once. Training, of the bf16 product, with
2 N operations a token for the forward and 2 N (LoRA) or 4 N (all weights) for the backward, N all weights:
useful work alone, without what is computed again, attention and LoRA. There, rs-grpo's shared prompts
count once, as they are computed once; in tokens/s they count for each sample on both sides.
`times`: how much faster rs-grpo is. That of `generate` compares with its rate after the prompts, and its
samples are shorter: both in its favour. PyTorch's training has no optimizer in it, gradients and LoRA
weights in bf16, SDPA and gradient checkpointing. Peaks are in 10⁹ bytes, PyTorch's of allocated tensors."""


@dataclass
class Shape:
    """A model, as llm/engine/src/config/published.rs writes it down."""

    kind: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_parameters: dict
    tie_word_embeddings: bool = True

    def bytes_per_slot(self):
        """Bytes of a token's keys and values in all layers, in bf16."""
        return 2 * 2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim

    def config(self):
        """Its configuration in transformers, without a token that ends a sample."""
        from transformers import LlamaConfig, Qwen2Config, Qwen3Config

        settings = asdict(self)
        kind = {"qwen2": Qwen2Config, "qwen3": Qwen3Config, "llama": LlamaConfig}[settings.pop("kind")]
        ends = dict(eos_token_id=None, bos_token_id=None, pad_token_id=None)
        return kind(max_position_embeddings=32768, **settings, **ends)


LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
}
SHAPES = {
    "qwen3-4b-base": Shape(
        "qwen3", 151936, 2560, 9728, 36, 32, 8, 128, 1e-6, {"rope_type": "default", "rope_theta": 1e6}
    ),
    "qwen2.5-math-1.5b": Shape(
        "qwen2", 151936, 1536, 8960, 28, 12, 2, 128, 1e-6, {"rope_type": "default", "rope_theta": 1e4}
    ),
    "llama3.1-8b-instruct": Shape(
        "llama", 128256, 4096, 14336, 32, 32, 8, 128, 1e-5, LLAMA3, tie_word_embeddings=False
    ),
}
TINY = Shape("qwen3", 1500, 64, 96, 2, 4, 2, 16, 1e-6, {"rope_type": "default", "rope_theta": 1e4})


class Peer:
    """PyTorch's side, one measurement in this process."""

    def __init__(self, shape, device):
        import torch

        self.torch, self.shape, self.device = torch, shape, device
        torch.manual_seed(0)

    def model(self):
        """Random weights, made on the device."""
        from transformers import AutoModelForCausalLM

        with self.torch.device(self.device):
            settings = dict(dtype=self.torch.bfloat16, attn_implementation="sdpa")
            model = AutoModelForCausalLM.from_config(self.shape.config(), **settings)
        self.parameters = model.num_parameters()
        return model

    def now(self):
        """The time when all that was asked of the device is done."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()
        return time.perf_counter()

    def timed(self, work):
        start = self.now()
        work()
        return self.now() - start

    def forget_peak(self):
        if self.device == "cuda":
            self.torch.cuda.reset_peak_memory_stats()

    def tokens(self, rows, columns):
        """Rows of the same token ids in every process."""
        at = self.torch.arange(columns, device=self.device)
        index = self.torch.arange(rows, device=self.device)[:, None]
        return (index * 7919 + at * 104729 + 11) % self.shape.vocab_size

    def report(self, result):
        """A line of JSON; the last one of a process counts."""
        line = {**result, "peak_gb": None, "torch": self.torch.__version__}
        if hasattr(self, "parameters"):
            import transformers

            line |= {"parameters": self.parameters, "transformers": transformers.__version__}
        if self.device == "cuda":
            line["peak_gb"] = self.torch.cuda.max_memory_allocated() / 1e9
            line["gpu"] = self.torch.cuda.get_device_name()
        print(json.dumps(line), flush=True)

    def ceilings(self, size="8192", numbers=str(1 << 31)):
        """A copy of that many bf16 numbers and a product of square matrices."""
        torch, n = self.torch, int(size)
        settings = dict(device=self.device, dtype=torch.bfloat16)
        a, b = torch.empty(int(numbers), **settings), torch.empty(int(numbers), **settings)
        x, y = torch.randn(n, n, **settings), torch.randn(n, n, **settings)
        out = torch.empty(n, n, **settings)

        def ten(work):
            work()
            return self.timed(lambda: [work() for _ in range(10)]) / 10

        copy, product = ten(lambda: b.copy_(a)), ten(lambda: torch.matmul(x, y.T, out=out))
        self.report({
            "copy_bytes_per_second": 2 * a.nbytes / copy, "bf16_flop_per_second": 2 * n**3 / product,
        })

    def generate(self, batch, new):
        """One static batch; `decode_…` is the rate after the first token of each sample."""
        from transformers import StoppingCriteria, StoppingCriteriaList

        batch, new, torch = int(batch), int(new), self.torch
        model = self.model().eval()
        ids = self.tokens(batch // SAMPLES, PROMPT).repeat_interleave(SAMPLES, 0)
        peer, first = self, []

        class Clock(StoppingCriteria):
            """Stops nothing, and notes when the first tokens are there."""

            def __call__(self, ids, scores, **_):
                if not first:
                    first.append(peer.now())
                return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)

        def run(new):
            first.clear()
            with torch.inference_mode():
                out = model.generate(
                    ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, min_new_tokens=new,
                    do_sample=True, temperature=1.0, top_k=0, top_p=1.0, use_cache=True, pad_token_id=0,
                    stopping_criteria=StoppingCriteriaList([Clock()]),
                )
            if out.shape != (batch, PROMPT + new):
                raise ValueError(f"generate gave a tensor of shape {tuple(out.shape)}")

        run(4)
        self.forget_peak()
        start = self.now()
        run(new)
        end = self.now()
        decoding = end - first[0]
        self.report({
            "tokens_per_second": batch * new / (end - start), "seconds": end - start,
            "decode_tokens_per_second": batch * (new - 1) / decoding, "decode_seconds": decoding,
            "floor_bytes": self.floor_bytes(batch, new), "new": new,
        })

    def floor_bytes(self, batch, new):
        cached = sum(batch // SAMPLES * PROMPT + batch * at for at in range(new))
        return 2 * self.parameters * new + self.shape.bytes_per_slot() * cached

    def continuous(self, batch, new):
        """Continuous batching: samples of a prompt share its cache. The second run, of new prompts, is timed."""
        from transformers import GenerationConfig

        batch, new = int(batch), int(new)
        model = self.model().eval()
        count = batch // SAMPLES
        prompts = self.tokens(2 * count, PROMPT).tolist()
        config = GenerationConfig(
            max_new_tokens=new, do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            num_return_sequences=SAMPLES, eos_token_id=-1, pad_token_id=0,
        )

        def run(prompts):
            out = model.generate_batch(prompts, generation_config=config, persistent_manager=True)
            # It waits for all samples; transformers 5.17 then returns only the first of each prompt.
            whole = [sample for sample in out.values() if len(sample.generated_tokens) == new]
            if len(whole) < len(out) or len(out) not in (len(prompts), batch):
                causes = [str(sample.error) for sample in out.values() if sample.error]
                cause = causes[0] if causes else "no error told"
                raise ValueError(f"generate_batch: {len(whole)} of {batch} samples are whole: {cause}")

        # Of prompts that it knows, transformers 5.17 would compute nothing, and fail.
        run(prompts[:count])
        self.forget_peak()
        seconds = self.timed(lambda: run(prompts[count:]))
        self.report({
            "tokens_per_second": batch * new / seconds, "seconds": seconds,
            "floor_bytes": self.floor_bytes(batch, new), "new": new,
        })
        # Its threads and graphs are of no use any more, and can hold up the end.
        os._exit(0)

    def train(self, what, sequences, length):
        """Forward and backward in micro-batches, the head at completion tokens only."""
        sequences, length, torch = int(sequences), int(length), self.torch
        model = self.model()
        if what == "lora":
            from peft import LoraConfig, get_peft_model

            lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
            model = get_peft_model(model, lora, autocast_adapter_dtype=False)
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.train()
        prompts = self.tokens(-(-sequences // SAMPLES), PROMPT).repeat_interleave(SAMPLES, 0)
        ids = torch.cat([prompts[:sequences], self.tokens(sequences, length - PROMPT)], 1)
        advantages = torch.arange(sequences, device=self.device) % 3 - 1.5
        count = sequences * (length - PROMPT)

        def work():
            model.zero_grad(set_to_none=True)
            for rows in torch.arange(sequences, device=self.device).split(PEER_MICRO_BATCH):
                loss = self.loss(model, ids[rows], advantages[rows]) / count
                loss.backward()

        work()
        self.forget_peak()
        seconds = statistics.median(self.timed(work) for _ in range(3))
        norms = [weight.grad.float().norm() for weight in model.parameters() if weight.grad is not None]
        self.report({
            "seconds": seconds, "tokens_per_second": sequences * length / seconds,
            "grad_norm": torch.stack(norms).norm().item(),
        })

    def loss(self, model, ids, advantages):
        """The sum of -advantage × log-probability, one sequence's probabilities at a time."""
        own = ids[:, PROMPT:]
        logits = model(ids, use_cache=False, logits_to_keep=own.shape[1] + 1).logits[:, :-1]
        nll = self.torch.nn.functional.cross_entropy
        rows = [nll(row.float(), labels, reduction="sum") for row, labels in zip(logits, own)]
        return (advantages * self.torch.stack(rows)).sum()

    def step(self, prompts, new):
        """TRL's trainer; the second of two steps is timed, from the end of the first."""
        import trl
        from datasets import Dataset
        from peft import LoraConfig
        from transformers import TrainerCallback

        prompts, new, peer, ends, sampled = int(prompts), int(new), self, [], []

        def reward(completion_ids, **_):
            """A token's residue: random weights solve nothing."""
            sampled.append(peer.now())
            if any(len(ids) != new for ids in completion_ids):
                raise ValueError(f"completions of {sorted(set(map(len, completion_ids)))} tokens, not {new}")
            return [float(ids[0] % 3 == 0) for ids in completion_ids]

        class Clock(TrainerCallback):
            def on_step_end(self, *_, **__):
                ends.append(peer.now())
                seconds, training = ends[-1] - (ends[-2:-1] or [start])[0], ends[-1] - sampled[-1]
                peer.report({
                    "seconds": seconds, "sample_seconds": seconds - training, "train_seconds": training,
                    "generated": prompts * SAMPLES * new, "first": len(ends) == 1, "trl": trl.__version__,
                })

        ids = self.tokens(2 * prompts, PROMPT) % WORDS
        texts = [" ".join(f"w{index}" for index in row) for row in ids.tolist()]
        with tempfile.TemporaryDirectory() as folder:
            trainer = trl.GRPOTrainer(
                model=self.model(), processing_class=words(), reward_funcs=reward,
                args=self.grpo(folder, prompts, new), callbacks=[Clock()],
                train_dataset=Dataset.from_dict({"prompt": texts}),
                peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"),
            )
            start = self.now()
            trainer.train()

    def grpo(self, folder, prompts, new):
        """TRL's settings for two steps in which no sample ends early."""
        from trl import GRPOConfig

        return GRPOConfig(
            output_dir=folder, use_cpu=self.device == "cpu", bf16=True, max_steps=2,
            per_device_train_batch_size=PEER_MICRO_BATCH,
            gradient_accumulation_steps=prompts * SAMPLES // PEER_MICRO_BATCH, num_generations=SAMPLES,
            max_completion_length=new, generation_kwargs={"min_new_tokens": new}, temperature=1.0,
            beta=0.0, learning_rate=1e-6, gradient_checkpointing=True,
            gradient_checkpointing_kwargs={"use_reentrant": False}, report_to=[], save_strategy="no",
            logging_strategy="no", disable_tqdm=True, shuffle_dataset=False,
        )


def words():
    """A tokenizer of WORDS words, so that a prompt of as many words has as many tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocab = {f"w{index}": index for index in range(WORDS)}
    vocab |= {"<pad>": WORDS, "<eos>": WORDS + 1, "<unk>": WORDS + 2}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = dict(pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def measure(command, limit):
    """The last line of JSON that a program prints; `failure` says why there is none, or not the last one."""
    start = time.perf_counter()
    environment = dict(os.environ, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        process = subprocess.Popen(command, env=environment, start_new_session=True, **pipes)
    except OSError as error:
        return {"failure": str(error), "wall_seconds": 0.0}
    failure = None
    try:
        out, err = process.communicate(timeout=limit)
        if process.returncode:
            failure = shortened(err) or f"it ended with {process.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        failure = f"not done after {limit:.0f} s"
    result = last_json(out)
    if failure is None and not result:
        failure = "it printed no result"
    if failure is not None:
        result |= {"failure": failure, "stderr": err[-2000:]}
    return result | {"wall_seconds": time.perf_counter() - start}


def last_json(out):
    """The last whole line that is JSON: trainers print lines of their own, and a killed program half ones."""
    result = {}
    for line in out.splitlines():
        try:
            result = json.loads(line) if line.startswith("{") else result
        except ValueError:
            continue
    return result


def shortened(err):
    """The last error, or else the last line, without what would break a table."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    lines = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)] or lines
    return lines[-1].replace("|", "/")[:160] if lines else ""


def can_be_shown(result):
    """Whether it is complete, or TRL's first step, which says that it is the first."""
    return "seconds" in result or "copy_bytes_per_second" in result


class Table:
    """Prints a line for each measurement as it comes, and keeps all of them in a file."""

    def __init__(self, options):
        self.options, self.results, self.ceilings, self.ours = options, [], {}, None

    def begin(self, model):
        self.model = model
        print(f"\n{model}: prompts of {PROMPT} tokens, each with {SAMPLES} samples; decoding of", end=" ")
        print(f"{self.options.new} tokens here, {self.options.peer_new} in transformers\n")
        print("| measurement | program | result | of the ceiling | peak, GB | times |")
        print("|---|---|---:|---:|---:|---:|", flush=True)

    def add(self, name, program, command):
        result = measure(command, self.options.seconds_limit)
        names = {"model": self.model, "measurement": name, "program": program}
        self.results.append({**names, **result})
        if self.options.out:
            self.options.out.write_text(json.dumps(self.results, indent=1) + "\n")
        here = program == "rs-grpo"
        if here:
            self.ours = result if "failure" not in result else None
        if not can_be_shown(result):
            failure = result.get("failure", "no result")
            print(f"| {name} | {program} | failed: {failure} | – | – | – |", flush=True)
            return
        if "copy_bytes_per_second" in result and (here or not self.ceilings):
            self.ceilings = result
        peak = f"{result['peak_gb']:.1f}" if result.get("peak_gb") else "–"
        times = "–" if here else self.times(result)
        cells = [name, program, self.text(result), self.share(name, result), peak, times]
        print(f"| {' | '.join(cells)} |", flush=True)

    def text(self, result):
        if "copy_bytes_per_second" in result:
            copy, product = result["copy_bytes_per_second"] / 1e9, result["bf16_flop_per_second"] / 1e12
            return f"{copy:,.0f} GB/s, {product:,.0f} TFLOP/s"
        if "generated" in result:
            text = f"{result['seconds']:.2f} s"
            parts = f"sampling {result['sample_seconds']:.2f}, training {result['train_seconds']:.2f}"
            first = "; its first step, the second did not end" if result.get("first") else ""
            return f"{text} ({parts}{first})"
        text = f"{result['tokens_per_second']:,.0f} tokens/s"
        if "decode_seconds" in result:
            return f"{text}, {result['decode_tokens_per_second']:,.0f} after the prompts"
        return text

    def share(self, name, result):
        """Of the bytes' time when decoding, of the product's rate when training."""
        if "floor_bytes" in result and self.ceilings:
            floor = result["floor_bytes"] / self.ceilings["copy_bytes_per_second"]
            return f"{floor / result.get('decode_seconds', result['seconds']):.0%}"
        if name.startswith("train") and self.ceilings:
            operations = 4 if "lora" in name else 6
            tokens = result.get("computed_tokens_per_second", result["tokens_per_second"])
            rate = operations * result["parameters"] * tokens
            return f"{rate / self.ceilings['bf16_flop_per_second']:.0%}"
        return "–"

    def times(self, result):
        """How much faster the line of ours before was."""
        if self.ours is None or "copy_bytes_per_second" in result or result.get("first"):
            return "–"
        if "tokens_per_second" in result:
            theirs = result.get("decode_tokens_per_second", result["tokens_per_second"])
            return f"{self.ours['tokens_per_second'] / theirs:.1f}"
        return f"{result['seconds'] / self.ours['seconds']:.1f}"


def plan(options, model):
    """What is measured of a model: a name, our arguments, and tasks of the peers."""
    tokens = str(options.micro_batch_tokens)
    if options.tiny:
        decode, sequences, length, prompts, new = 32, 20, PROMPT + 24, 2, 8
    else:
        decode, sequences, length = BATCH, SEQUENCES, LENGTH
        prompts, new = options.step
    sizes = ":128:4096" if options.tiny else ""
    rows = {
        "a": [("ceilings", ["ceilings"], {"PyTorch": f"ceilings{sizes}"})],
        "b": [decoding(options, model, decode, ["generate", "continuous"])],
        "c": [
            (
                f"train {what} {sequences}×{length}",
                ["train", model, what, str(sequences), str(length), tokens],
                {"PyTorch": f"train:{what}:{sequences}:{length}"},
            )
            for what in ("lora", "full")
        ],
        "d": [(
            f"step lora {prompts}×{SAMPLES}×{new}",
            ["step", model, "lora", str(prompts), str(new), tokens],
            {"TRL": f"step:{prompts}:{new}"},
        )],
        "e": [
            (f"decode {decode}, {what}", decoding(options, model, decode, [])[1] + how, {})
            for what, how in MULTI_STEP.items()
        ],
    }
    return [entry for row in options.rows.split(",") for entry in rows[row]]


def decoding(options, model, batch, tasks):
    names = {"generate": "transformers generate", "continuous": "transformers continuous batching"}
    peers = {names[task]: f"{task}:{batch}:{options.peer_new}" for task in tasks}
    return f"decode {batch}", ["decode", model, str(batch), str(options.new)], peers


def models(text):
    names = text.split(",")
    unknown = [name for name in names if name not in SHAPES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(SHAPES)}")
    return names


def step(text):
    numbers = re.fullmatch(r"([1-9][0-9]*)x([1-9][0-9]*)", text)
    if numbers is None:
        raise argparse.ArgumentTypeError(f"{text}: prompts x tokens, such as 32x512")
    return [int(number) for number in numbers.groups()]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default="gpu", help="the program of llm/train/benches/gpu.rs")
    parser.add_argument("--model", default="qwen3-4b-base", type=models, help=f"of {', '.join(SHAPES)}; a list")
    parser.add_argument("--rows", default="a,b,c,d", help="which, in this order")
    parser.add_argument("--seconds-limit", type=float, default=75, help="of each measurement")
    parser.add_argument("--until", type=float, default=210, help="seconds after which no other batch starts")
    parser.add_argument("--new", type=int, default=256, help="tokens of a sample in row b, here")
    parser.add_argument("--peer-new", type=int, default=64, help="tokens of a sample in row b, transformers")
    parser.add_argument(
        "--micro-batch-tokens", type=int, default=PEER_MICRO_BATCH * LENGTH, help="of rows c and d, here"
    )
    parser.add_argument("--step", default="8x256", type=step, help="prompts x tokens of a sample in row d")
    parser.add_argument("--out", type=Path, help="all results as JSON, written after each")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not set(options.rows.split(",")) <= set("abcde"):
        parser.error(f"--rows {options.rows}: a list of a, b, c, d and e, such as a,c")
    return options


def measure_model(options, model, table, start):
    def row(name, ours, peers):
        table.add(name, "rs-grpo", [options.program, *ours])
        for program, task in peers.items():
            command = [sys.executable, __file__, "--model", model, "--peer", task]
            table.add(name, program, command + ["--tiny"] * options.tiny)

    for entry in plan(options, model):
        row(*entry)
    if "b" in options.rows:
        for batch in OTHER_BATCHES:
            if time.perf_counter() - start < options.until:
                row(*decoding(options, model, batch, ["generate"]))


def main():
    options = arguments()
    if options.peer:
        task, *numbers = options.peer.split(":")
        peer = Peer(TINY, "cpu") if options.tiny else Peer(SHAPES[options.model[0]], "cuda")
        getattr(peer, task)(*numbers)
        return
    start = time.perf_counter()
    table = Table(options)
    for model in options.model:
        table.begin(model)
        measure_model(options, model, table, start)
    print(NOTE)
    seconds = time.perf_counter() - start
    gpu = table.results[0].get("gpu", "unknown GPU")
    print(f"\n{gpu}, {seconds:.0f} seconds in all.")
    print("```json\n" + json.dumps(table.results) + "\n```")


if __name__ == "__main__":
    main()
