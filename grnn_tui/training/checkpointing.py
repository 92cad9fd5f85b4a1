"""Everything a run needs to go on exactly as if it had never stopped, as the files of one checkpoint.

`model.json`, `model.safetensors`: the model, playable as it is. `trainer.json`: counters, effective options, data
cursor, Python's generator. `trainer.safetensors`: optimiser moments, carried state, numpy's and torch's generators.

Of a training in several processes, the carried state is that of all streams together, so it does not matter how many
processes go on with it; each beyond the first has generators of its own, `rank/1/random/...`.
"""

from __future__ import annotations

import hashlib
import platform
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

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
from grnn_tui.training.randomness import same_randomness, seed_rank
from grnn_tui.training.ranks import Ranks
from grnn_tui.training.schedule import Plateau
from grnn_tui.training.streams import Cursor

STATE = "trainer.json"
TENSORS = "trainer.safetensors"
_OTHERS = "random/others"
"""Python's generator and the rest of numpy's, of a process beyond the first: what `random_states` gives, as JSON."""
_WEIGHTS = "weights"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be the same for the same bytes."""

    torch_version: str
    device: str
    threads: int
    host: str
    processes: int = 1

    @classmethod
    def here(cls, device: torch.device, threads: int, processes: int = 1) -> Machine:
        """This machine as it is set up now."""
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        version, host = str(torch.__version__), platform.node()
        return cls(torch_version=version, device=name, threads=threads, host=host, processes=processes)

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


class _Others(msgspec.Struct, frozen=True):
    """The content of `random/others`."""

    python_random: tuple[int, list[int], float | None]
    numpy_random: tuple[int, int, float]


@dataclass
class Moving:
    """The parts of a training that move; what a checkpoint takes and gives back, beside the counters."""

    network: Network
    optimiser: Optimiser | None
    feed: Feed | None
    carry: Carry | None
    device: torch.device
    ranks: Ranks = field(default_factory=Ranks)


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
        TrainingError: something is not a finite number; such a model is never saved.
    """
    from safetensors.numpy import load, save

    tensors = _merged([load(part) for part in moving.ranks.gather(own_part(moving))])
    if moving.optimiser is not None:
        tensors |= {f"optimiser/{name}": _array(tensor) for name, tensor in moving.optimiser.state().items()}
    _check_finite(tensors)
    with same_randomness():  # saving draws nothing, whatever a network's `arrays` does
        arrays = moving.network.arrays()
        _check_finite(arrays)
        files = model_files(header, arrays)
    files[STATE] = msgspec.json.encode(progress) + b"\n"
    files[TENSORS] = save(tensors)
    return files


def _check_finite(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise TrainingError(f"{name} is no longer made of finite numbers; the last good checkpoint is kept")


def own_part(moving: Moving) -> bytes:
    """What each process hands over for a checkpoint: its carried state, its generators, and proof of its weights."""
    from safetensors.numpy import save

    arrays = {f"carry/{i}": _array(tensor) for i, tensor in enumerate(moving.carry or ())}
    arrays["random/torch"] = _array(torch.get_rng_state())
    if moving.device.type == "cuda":
        arrays["random/cuda"] = _array(torch.cuda.get_rng_state(moving.device))
    arrays["random/numpy"] = np.array(np.random.get_state(legacy=True)[1])  # type: ignore[index]
    if moving.ranks.count > 1:
        arrays[_OTHERS] = np.frombuffer(msgspec.json.encode(random_states()), dtype=np.uint8)
        arrays[_WEIGHTS] = np.frombuffer(_digest(moving.network), dtype=np.uint8)
    return save(arrays)


def _merged(parts: list[dict[str, NDArray[np.generic]]]) -> dict[str, NDArray[np.generic]]:
    """One set of tensors from the parts of all processes.

    Raises:
        TrainingError: the processes do not have the same weights any more.
    """
    first = parts[0]
    arrays = {name: array for name, array in first.items() if name.startswith("random/") and name != _OTHERS}
    for rank, part in enumerate(parts[1:], 1):
        if not np.array_equal(part[_WEIGHTS], first[_WEIGHTS]):
            raise TrainingError(f"processes 0 and {rank} no longer have the same weights; the last checkpoint is good")
        arrays |= {f"rank/{rank}/{name}": array for name, array in part.items() if name.startswith("random/")}
    for name in (name for name in first if name.startswith("carry/")):
        arrays[name] = np.concatenate([part[name] for part in parts])
    return arrays


def _digest(network: Network) -> bytes:
    """SHA-256 of all weights."""
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(_array(tensor).tobytes())
    return digest.digest()


def _array(tensor: Tensor) -> NDArray[np.generic]:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


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
        streams = moving.ranks.share.part(len(carry["0"]))
        moving.carry = tuple(carry[str(i)][streams].to(moving.device).clone() for i in range(len(carry)))
    _restore_random(progress, arrays, moving)


def _restore_random(progress: Progress, arrays: Mapping[str, NDArray[np.generic]], moving: Moving) -> None:
    """Put the generators where this process left them; one that was not there yet begins with its own."""
    rank = moving.ranks.share.rank
    own = f"rank/{rank}/" if rank else ""
    if f"{own}random/torch" not in arrays:
        seed_rank(progress.options.seed, rank, progress.step)
        return
    python, numpy = progress.python_random, progress.numpy_random
    if own:
        others = from_json(arrays[own + _OTHERS].tobytes(), _Others)
        python, numpy = others.python_random, others.numpy_random
    version, words, gauss = python
    random.setstate((version, tuple(words), gauss))
    position, waiting, normal = numpy
    np.random.set_state(("MT19937", arrays[f"{own}random/numpy"], position, waiting, normal))  # type: ignore[arg-type]
    torch.set_rng_state(torch.from_numpy(np.array(arrays[f"{own}random/torch"])))
    if moving.device.type == "cuda" and f"{own}random/cuda" in arrays:
        torch.cuda.set_rng_state(torch.from_numpy(np.array(arrays[f"{own}random/cuda"])), moving.device)


def _under(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(array))
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
