"""Trains a model on prepared shards; goes on where it was stopped.

    python3 -m training.train --work WORK --run NAME --size cpu --hours 10
    python3 -m training.train --work WORK --run NAME-release --from WORK/runs/NAME/checkpoint --decay-tokens 8e6

A run is a folder WORK/runs/NAME: checkpoint/ (continued from when it is there), milestones/TOKENS/ every so often,
log.jsonl and loss.png. Killing it loses at most --checkpoint-minutes of work, stopping it (SIGSTOP) nothing: nothing in it
looks at the clock but the checkpoints and the speeds it logs.

The learning rate stays on its plateau (schedule.py) until a decay is asked for: with --decay-tokens from the start of this
command, or at any time by writing a number of tokens into the file WORK/runs/NAME/DECAY. The run ends when the decay does.
To cut a release and still go on later, decay a copy: --from, with another --run.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from pathlib import Path

# Before PyTorch is loaded. OpenBLAS takes a CPU that it does not know for an old one, at a quarter of the speed: a CPU that has
# AVX-512 is named as one that is known to. Waiting threads sleep, because a busy machine has better to do.
if "avx512" in (Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""):
    os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from . import checkpoint, curves
from .log import Log, stop
from .model import SIZES, Model, ModelConfig
from .optimizer import Optimizer
from .schedule import Schedule
from .shards import Batches
from .validation import Validation

_GRADIENT_NORM_MAX = 1.0
# Dense peak of the matrix units in bfloat16, in operations a second; NVIDIA's data sheets.
_PEAK_FLOPS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "4090": 165e12}


class Trainer:
    def __init__(self, options: argparse.Namespace, log: Log) -> None:
        self.options, self.log = options, log
        self.folder: Path = options.work / "runs" / options.run
        self.device = torch.device("cuda" if torch.cuda.is_available() and not options.cpu else "cpu")
        self.batches = Batches(options.work / options.shards, options.seed)
        self.tokens, self.rows, config = 0, 0, SIZES[options.size]
        start = self._start()
        weights, state, facts = checkpoint.load(start) if start else ({}, {}, {})
        if facts:
            config = ModelConfig(**facts["model"])
            self.tokens, self.rows = facts["tokens"], facts["rows"]
        # Rows may be longer than those of the run that is continued: positions are relative, only the table grows.
        config = dataclasses.replace(config, context=max(config.context, self.batches.length))
        torch.manual_seed(options.seed)
        self.model = Model(config).to(self.device)
        self.optimizer = Optimizer(self.model, options.weight_decay)
        self.schedule = Schedule(options.rate, int(options.warmup_tokens))
        if facts:
            self._restore(weights, state, facts)
        self.compiled = torch.compile(self.model.loss) if self.device.type == "cuda" else self.model.loss
        self._check()
        self.validation = Validation(options.work / options.shards, options.validation_windows)

    def _start(self) -> Path | None:
        own = self.folder / "checkpoint"
        if own.exists() or own.with_name("checkpoint.old").exists():
            return own
        return self.options.continued_from

    def _restore(self, weights: dict, state: dict, facts: dict) -> None:
        self.model.load_state_dict(weights)
        rewarm = 0
        if state:
            self.optimizer.steps = facts["steps"]
            for name, tensor in state.items():
                self.optimizer.state[name].copy_(tensor)
        else:
            rewarm = self.tokens  # the warm-up counts from here
        self.schedule = Schedule(
            self.options.rate, int(self.options.warmup_tokens) + rewarm, facts["decay_start"], facts["decay_tokens"]
        )
        self.log.write("continue", tokens=self.tokens, optimiser_state=bool(state))

    def _check(self) -> None:
        vocab = self.batches.facts["vocab"]
        if vocab > self.model.config.vocab:
            stop(f"the shards have {vocab} pieces and the model {self.model.config.vocab}")

    def run(self) -> None:
        options, config = self.options, self.model.config
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        self.log.write("start", parameters=parameters, model=config.as_dict(), tokens=self.tokens,
                       device=_device_name(self.device), rows=self.batches.rows)  # fmt: skip
        if options.decay_tokens and self.schedule.decay_start is None:
            self._begin_decay(int(options.decay_tokens))
        end = time.monotonic() + options.hours * 3600
        saved = reported = time.monotonic()
        processor, since, nats_sum, step = time.process_time(), self.tokens, 0.0, 0
        while time.monotonic() < end and not self.schedule.is_over(self.tokens):
            self._look_for_decay()
            nats_sum += self._step()
            step += 1
            if step % options.log_steps == 0:
                now, used = time.monotonic(), time.process_time()
                self._report(nats_sum / step, self.tokens - since, now - reported, used - processor)
                reported, processor, since, nats_sum, step = now, used, self.tokens, 0.0, 0
            if time.monotonic() - saved > options.checkpoint_minutes * 60:
                self.save()
                saved = time.monotonic()
        self.save()
        self.log.write("end", tokens=self.tokens, decayed=self.schedule.is_over(self.tokens))

    def _step(self) -> float:
        """One update; the mean of the weighted nats."""
        total_rows, part = self.options.batch_rows, self.options.micro_rows
        inputs, targets, weights = self.batches.batch(self.rows, total_rows)
        scale = float(max(1.0, weights.sum()))
        nats = 0.0
        for begin in range(0, total_rows, part):
            some = [torch.from_numpy(array[begin : begin + part]).to(self.device) for array in (inputs, targets, weights)]
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                loss, _ = self.compiled(*some)
            (loss / scale).backward()
            nats += float(loss.detach()) / scale
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), _GRADIENT_NORM_MAX)
        if not torch.isfinite(norm):
            stop(f"the gradient is not finite after {self.tokens} tokens; continue from the checkpoint with a lower --rate")
        self.optimizer.step(self.schedule.rate(self.tokens))
        self.rows += total_rows
        self.tokens += total_rows * self.batches.length
        return nats

    def _report(self, nats: float, tokens: int, seconds: float, processor_seconds: float) -> None:
        rate = tokens / max(seconds, 1e-9)
        flops = self.model.config.flops_per_token(self.batches.length)
        fields = {"loss": round(nats, 4), "rate": self.schedule.rate(self.tokens), "tokens_per_second": round(rate)}
        peak = next((peak for name, peak in _PEAK_FLOPS.items() if name in _device_name(self.device)), None)
        if peak:
            fields["share_of_matrix_rate"] = round(rate * flops / peak, 3)
        else:  # on a shared machine only processor time says how fast the program is
            fields["gigaflops_per_processor_second"] = round(tokens * flops / max(processor_seconds, 1e-9) / 1e9, 1)
        self.log.write("step", tokens=self.tokens, **fields)

    def _look_for_decay(self) -> None:
        asked = self.folder / "DECAY"
        if self.schedule.decay_start is None and asked.exists():
            try:
                self._begin_decay(int(float(asked.read_text())))
            except ValueError:
                stop(f"{asked}: expected a number of tokens")

    def _begin_decay(self, tokens: int) -> None:
        self.schedule = Schedule(self.schedule.peak, self.schedule.warmup_tokens, self.tokens, tokens)
        self.log.write("decay", begin=self.tokens, tokens=tokens)

    def save(self) -> None:
        facts = {
            "model": self.model.config.as_dict(),
            "tokens": self.tokens,
            "rows": self.rows,
            "steps": self.optimizer.steps,
            "decay_start": self.schedule.decay_start,
            "decay_tokens": self.schedule.decay_tokens,
        }
        weights = dict(self.model.named_parameters())
        checkpoint.save(self.folder / "checkpoint", weights, self.optimizer.state, facts)
        milestone = int(self.tokens // self.options.milestone_tokens * self.options.milestone_tokens)
        target = self.folder / "milestones" / f"{milestone:012d}"
        if milestone and not target.exists():
            checkpoint.save(target, weights, {}, facts)
        self.log.write("validation", tokens=self.tokens, **self.validation.measure(self.model))
        curves.draw(self.folder / "log.jsonl", self.folder / "loss.png")


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else "CPU"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--run", required=True, help="its name: a folder in WORK/runs")
    parser.add_argument("--size", choices=sorted(SIZES), default="cpu", help="of a run that begins")
    parser.add_argument("--from", dest="continued_from", type=Path, help="a checkpoint of another run to begin with")
    parser.add_argument("--shards", default="shards", help="folder in WORK, as training.prepare was told")
    parser.add_argument("--hours", type=float, default=1e6)
    parser.add_argument("--rate", type=float, default=3e-3, help="of learning, on the plateau")
    parser.add_argument("--warmup-tokens", type=float, default=1e6)
    parser.add_argument("--decay-tokens", type=float, default=0, help="begin to decay now, over so many tokens")
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--batch-rows", type=int, default=16, help="an update")
    parser.add_argument("--micro-rows", type=int, default=4, help="at once")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    parser.add_argument("--log-steps", type=int, default=10)
    parser.add_argument("--checkpoint-minutes", type=float, default=10.0)
    parser.add_argument("--milestone-tokens", type=float, default=10e6)
    parser.add_argument("--validation-windows", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")  # of what is not in bfloat16 anyway
    Trainer(options, Log(options.work / "runs" / options.run / "log.jsonl")).run()


if __name__ == "__main__":
    main()
