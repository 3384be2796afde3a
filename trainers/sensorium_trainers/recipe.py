"""What a training run is: a model to start from, data, and how long and how fast to learn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sensorium.config import load_options
from sensorium.limits import (
    LONGEST_ANSWER,
    MOST_PROCESSES,
    MOST_SAMPLES,
    MOST_STEPS,
    MOST_THREADS,
)
from sensorium.lora import LoraOptions
from sensorium.options import Options

from .features.options import FeatureOptions

ENVIRONMENT_PREFIX = "SENSORIUM_TRAIN_"

Group = Literal["encoder", "projector", "llm", "decoder"]
Reporter = Literal["tensorboard", "trackio", "wandb"]


class DataComponent(BaseModel):
    """A registered data format and its options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    format: str = Field(description="Registered data format; see `sensorium plugins list`.")
    weight: float | None = Field(
        default=None,
        gt=0,
        le=1e12,
        allow_inf_nan=False,
        description="How often it is drawn, compared with the others. With any weight given, the "
        "others have 1, and the data is a mixture without end; with none, one follows another.",
    )

    @property
    def settings(self) -> dict[str, Any]:
        """The options of that format, not validated yet."""
        return dict(self.model_extra or {})


class ValidationOptions(Options):
    """What a run is measured on as it goes, which it never learns from."""

    data: tuple[DataComponent, ...] = Field(
        default=(),
        description="Data of its own; where left out, `samples` are taken out of the run's data, "
        "and with them whatever shows the same picture, where the format knows.",
    )
    samples: int = Field(
        default=256, ge=1, le=MOST_SAMPLES, description="Samples scored each time, the same ones."
    )
    every: int = Field(
        default=500, ge=1, le=MOST_STEPS, description="Steps in between; the last step has one."
    )
    generations: int = Field(
        default=4,
        ge=0,
        le=10**6,
        description="Of these samples, how many the model answers each time.",
    )
    max_tokens: int = Field(
        default=64, ge=1, le=LONGEST_ANSWER, description="Longest of these answers, in tokens."
    )


class TrainingRecipe(Options):
    """One run of one stage."""

    model: str | dict[str, Any] = Field(
        description="Where to start: a bundle's name or folder, a recipe file, or a recipe inline; "
        "for the stage 'speech' the folder of a Whisper, with or without weights."
    )
    data: tuple[DataComponent, ...] = Field(min_length=1, description="What to learn from.")
    output: Path = Field(description="Folder for checkpoints, the log and the finished bundle.")
    validation: ValidationOptions | None = Field(
        default=None, description="Held-out samples: their loss, and answers to some of them."
    )
    name: str = Field(default="trained", description="Name written into the bundle.")
    trains: tuple[Group, ...] | None = Field(
        default=None, description="What learns; the stage's own choice where left out."
    )
    freeze: tuple[str, ...] = Field(
        default=(), description="Regular expressions: parameters that stay fixed all the same."
    )
    lora: LoraOptions | None = Field(
        default=None,
        description="Train a low-rank adapter in the language model instead of its weights. The "
        "bundle then holds the unchanged base and the adapter in PEFT's format.",
    )
    merge_lora: bool = Field(
        default=False,
        description="Add the trained adapter into the weights, so that the bundle holds one plain "
        "model; not possible on nf4 weights, and no second adapter can be trained before it. An "
        "adapter on one end of a tied vocabulary unties it.",
    )
    initial_std: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(
        default_factory=dict,
        description="Regular expression → standard deviation: weights drawn anew at the start.",
    )
    media_label_weight: float = Field(
        default=0.0,
        ge=0,
        le=1e6,
        description="Weight of the dense targets at media positions, where the data has them.",
    )
    sound_weight: float = Field(
        default=0.0,
        ge=0,
        le=1e6,
        description="Stage 'speech': weight of a head on the encoder that spells sounds, where the "
        "data has them; it is not exported.",
    )
    steps: int = Field(ge=1, le=MOST_STEPS, description="Optimizer steps.")
    batch_size: int = Field(default=8, ge=1, le=65_536, description="Samples per step and process.")
    accumulate: int = Field(default=1, ge=1, le=65_536, description="Batches per optimizer step.")
    learning_rate: float = Field(default=1e-3, gt=0, le=1000, description="Highest learning rate.")
    schedule: Literal["cosine", "constant", "decay"] = Field(
        default="cosine", description="`decay` is constant, then linear to zero at the end."
    )
    warmup_steps: int = Field(
        default=0, ge=0, le=MOST_STEPS, description="Steps of linear warm-up."
    )
    decay_share: float = Field(
        default=0.3, gt=0, le=1, description="Share of the steps that `decay` takes to reach zero."
    )
    weight_decay: float = Field(
        default=0.0, ge=0, le=1000, description="Decoupled weight decay, as AdamW's."
    )
    adam_beta2: float = Field(
        default=0.98, gt=0, lt=1, description="AdamW's decay of squared gradients."
    )
    optimizer: Literal["adamw", "muon", "adamw_8bit", "paged_adamw", "paged_adamw_8bit"] = Field(
        default="adamw",
        description="`muon`, best from random weights, is Muon (momentum 0.95) for linear layers "
        "and AdamW for the rest, with one learning rate. `8bit` keeps AdamW's moments in a quarter "
        "of the memory, `paged` lets them leave a full GPU for a while; both need bitsandbytes. On "
        "a CPU nothing is paged.",
    )
    autocast: Literal["auto", "bfloat16", "float16"] | None = Field(
        default=None,
        description="Compute in half precision; weights that learn stay float32. `auto` is "
        "bfloat16 where the machine multiplies it faster (GPUs, CPUs with AMX or AVX512-BF16). "
        "float16 needs a GPU.",
    )
    gradient_checkpointing: bool = Field(
        default=False,
        description="Keep only each layer's input and compute the rest again: less memory, about "
        "a third more time.",
    )
    compile: bool = Field(
        default=False,
        description="Compile by torch.compile; pays on a GPU in long runs, and needs a C++ "
        "compiler on a CPU.",
    )
    max_gradient_norm: float = Field(
        default=1.0, gt=0, le=1e30, description="Gradients are clipped to it."
    )
    max_skipped_steps: int = Field(
        default=10,
        ge=0,
        le=MOST_STEPS,
        description="A step whose loss or gradient is not finite changes nothing and is counted; "
        "one more than this many in a run, and it stops.",
    )
    max_skipped_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="A sample that cannot be used is replaced by another and counted; more than "
        "this share of those read, or of 1,000 at the beginning, and the run stops.",
    )
    shuffle: bool = Field(
        default=True,
        description="Draw samples in random order; generated data may be quicker in its own.",
    )
    row_positions: int | None = Field(
        default=None,
        ge=1,
        le=2**20,
        description="Lay the samples of a batch end to end in rows of up to so many positions; "
        "each sees itself alone, so the loss is the same. Left out, each has a row of its own.",
    )
    group_by_length: bool = Field(
        default=False,
        description="Batches of samples of about the same length, where each has a row of its own; "
        "`row_positions` saves more.",
    )
    features: FeatureOptions | None = Field(
        default=None,
        description="Keep the features of frozen encoders on disk; each picture or recording is "
        "then decoded and encoded once, not in every epoch.",
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=MOST_PROCESSES,
        description="Processes that prepare data; 0 prepares it in between.",
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Order of the data and dropout.")
    log_every: int = Field(
        default=50, ge=1, le=MOST_STEPS, description="Steps between lines of the log."
    )
    reporters: tuple[Reporter, ...] = Field(
        default=(), description="Where the log goes besides `log.jsonl`; nowhere unless named here."
    )
    peak_tflops: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="What the machine can do, in TFLOP/s a process, for the share of it that is "
        "used; measured with a matrix product if left out.",
    )
    save_every: int = Field(
        default=500, ge=1, le=MOST_STEPS, description="Steps between checkpoints."
    )
    keep: int = Field(default=2, ge=1, le=10**6, description="Checkpoints kept.")
    threads: int | None = Field(default=None, ge=1, le=MOST_THREADS, description="CPU threads.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where to train; choose a GPU by CUDA_VISIBLE_DEVICES."
    )
    export_dtype: Literal["float32", "bfloat16", "float16"] | None = Field(
        default=None,
        description="Number format of the finished bundle, what was converted for ONNX Runtime "
        "excepted; as trained if left out.",
    )


def load_training_recipe(path: Path, overrides: Iterable[str] = ()) -> TrainingRecipe:
    """A recipe from YAML, environment and `KEY=VALUE` overrides, the last of them strongest.

    `./…` in the file is relative to the file; in the environment, `SENSORIUM_TRAIN_STEPS=100` is
    what `--set steps=100` is on the command line.
    """
    return load_options(TrainingRecipe, path, overrides, prefix=ENVIRONMENT_PREFIX)
