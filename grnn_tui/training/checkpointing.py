"""Everything a run needs to go on exactly as if it had never stopped, as the files of one checkpoint.

`model.json`, `model.safetensors`: the model, playable as it is. `trainer.json`: counters, effective options, data
cursor, Python's generator. `trainer.safetensors`: optimiser moments, carried state, numpy's and torch's generators.
"""

from __future__ import annotations

import platform
import random
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grnn_tui.backends.modeldir import Header, model_files, read_model
from grnn_tui.backends.network import Carry, Network
from grnn_tui.errors import RunError, TrainingError
from grnn_tui.foreign import from_json
from grnn_tui.runs.checkpoint import Step
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.feed import Feed
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.randomness import same_randomness
from grnn_tui.training.schedule import Plateau
from grnn_tui.training.streams import Cursor

STATE = "trainer.json"
TENSORS = "trainer.safetensors"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be the same for the same bytes."""

    torch_version: str
    device: str
    threads: int
    host: str

    @classmethod
    def here(cls, device: torch.device, threads: int) -> Machine:
        """This machine as it is set up now."""
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return cls(torch_version=str(torch.__version__), device=name, threads=threads, host=platform.node())

    def differences(self, other: Machine) -> list[str]:
        """What changed from `other` to this."""
        pairs = ((name, getattr(other, name), getattr(self, name)) for name in self.__struct_fields__)
        return [f"{name} {was} -> {now}" for name, was, now in pairs if was != now]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `trainer.json`."""

    format: int = 1
    step: int
    seconds: float
    tokens: int
    best: float | None
    """Lowest validation loss so far."""
    options: TrainingOptions
    """As in force: those of `run.json` with what later sittings changed."""
    scale: float = 1.0
    """What `set lr` multiplied the schedule by."""
    plateau: Plateau = Plateau()
    cursor: Cursor | None = None
    """None for a model that is counted."""
    python_random: tuple[int, list[int], float | None]
    numpy_random: tuple[int, int, float]
    """Position, whether a normal number is waiting, and that number; the rest is in `trainer.safetensors`."""
    machine: Machine
    references: dict[str, float] = {}


@dataclass
class Moving:
    """The parts of a training that move; what a checkpoint takes and gives back, beside the counters."""

    network: Network
    optimiser: Optimiser | None
    feed: Feed | None
    carry: Carry | None
    device: torch.device


def random_states() -> dict[str, object]:
    """Python's and numpy's generators, for `Progress`."""
    version, words, gauss = random.getstate()
    _, _, position, waiting, normal = np.random.get_state()
    return {
        "python_random": (version, list(words), gauss),
        "numpy_random": (int(position), int(waiting), float(normal)),
    }


def checkpoint_files(header: Header, progress: Progress, moving: Moving) -> dict[str, bytes]:
    """The files of a checkpoint.

    Raises:
        TrainingError: a weight is not a finite number; such a model is never saved.
    """
    from safetensors.numpy import save

    tensors = _tensors(moving)
    with same_randomness():  # saving draws nothing, whatever a network's `arrays` does
        arrays = moving.network.arrays()
        for name, array in arrays.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise TrainingError(
                    f"the weights {name} are no longer finite numbers; the last good checkpoint is kept"
                )
        files = model_files(header, arrays)
    files[STATE] = msgspec.json.encode(progress) + b"\n"
    files[TENSORS] = save(tensors)
    return files


def _tensors(moving: Moving) -> dict[str, NDArray[np.generic]]:
    tensors: dict[str, Tensor] = {"random/torch": torch.get_rng_state()}
    if moving.device.type == "cuda":
        tensors["random/cuda"] = torch.cuda.get_rng_state(moving.device)
    if moving.optimiser is not None:
        tensors |= {f"optimiser/{name}": tensor for name, tensor in moving.optimiser.state().items()}
    if moving.carry is not None:
        tensors |= {f"carry/{i}": tensor for i, tensor in enumerate(moving.carry)}
    arrays: dict[str, NDArray[np.generic]] = {
        name: np.ascontiguousarray(t.detach().cpu().numpy()) for name, t in tensors.items()
    }
    arrays["random/numpy"] = np.array(np.random.get_state(legacy=True)[1])  # type: ignore[index]
    return arrays


def read_progress(step: Step) -> Progress:
    """`trainer.json` of a verified checkpoint.

    Raises:
        RunError: it is damaged or of a newer version.
    """
    try:
        progress = from_json(step.read(STATE), Progress)
    except msgspec.DecodeError as error:
        raise RunError(f"{step.path / STATE} is damaged: {error}") from None
    if progress.format != 1:
        raise RunError(f"{step.path / STATE} has format {progress.format}; this version reads format 1")
    return progress


def restore(step: Step, progress: Progress, moving: Moving) -> None:
    """Put `moving` and the random generators where the checkpoint left them.

    Raises:
        RunError, ModelError: the checkpoint does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(step.read(TENSORS))
    except SafetensorError as error:
        raise RunError(f"{step.path / TENSORS} is damaged: {error}") from None
    moving.network.load_arrays(read_model(step.path).arrays)
    if moving.optimiser is not None:
        moving.optimiser.load_state(_under(arrays, "optimiser/"))
    if moving.feed is not None and progress.cursor is not None:
        moving.feed.restore(progress.cursor)
    carry = _under(arrays, "carry/")
    if carry:
        moving.carry = tuple(carry[str(i)].to(moving.device).clone() for i in range(len(carry)))
    _restore_random(progress, arrays, moving.device)


def _restore_random(progress: Progress, arrays: Mapping[str, NDArray[np.generic]], device: torch.device) -> None:
    version, words, gauss = progress.python_random
    random.setstate((version, tuple(words), gauss))
    position, waiting, normal = progress.numpy_random
    np.random.set_state(("MT19937", arrays["random/numpy"], position, waiting, normal))  # type: ignore[arg-type]
    torch.set_rng_state(torch.from_numpy(np.array(arrays["random/torch"])))
    if device.type == "cuda" and "random/cuda" in arrays:
        torch.cuda.set_rng_state(torch.from_numpy(np.array(arrays["random/cuda"])), device)


def _under(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(array))
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
