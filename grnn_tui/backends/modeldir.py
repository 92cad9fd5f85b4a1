"""The model directory: `model.json`, `model.safetensors` and a card. The unit of exchange of everything that plays."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Backend, Player, Settings
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.domain import Domain
from grnn_tui.data.rows.content import require_memory
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import ModelError
from grnn_tui.foreign import from_json, read_file, require_file

HEADER = "model.json"
WEIGHTS = "model.safetensors"
CARD = "README.md"
MAX_HEADER_BYTES = 16 << 20
DTYPES = (
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
)


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """How a model came to be: what the monitor, the model list and the card say of it."""

    step: int = 0
    seconds: float = 0.0
    data: str = ""
    data_fingerprint: str = ""
    validation_nats: float | None = None
    """Nats per symbol on held-out data, state carried through."""
    bound: bool = False
    """Whether that is a lower bound K on the log-likelihood, as nats per symbol, instead of itself."""
    floor_nats: float | None = None
    """Exact entropy per symbol where the source is known."""
    quantiles: tuple[float, ...] = ()
    """Of the nats of a held-out row, from the least to the most surprising: 101 of them; empty for a text."""
    command: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `model.json`."""

    format: int = 1
    backend: str
    settings: dict[str, Any] = {}
    domain: Domain = msgspec.field(name="vocabulary")
    """What its symbols stand for."""
    trained: Trained = Trained()
    arrays: dict[str, tuple[str, list[int]]] = {}
    """dtype and shape of each array, checked before any is allocated."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The domain of a model of text.

        Raises:
            ModelError: it is a model of something else.
        """
        if isinstance(self.domain, Vocabulary):
            return self.domain
        raise ModelError(f"a {self.backend} model of {self.domain.row_name}s writes no text")


@dataclass(frozen=True)
class ModelDirectory:
    """A model read from disk: enough to play it (numpy) or to go on with it (torch)."""

    path: Path
    header: Header
    arrays: Arrays

    @property
    def backend(self) -> Backend:
        """The family it belongs to."""
        return backend_named(self.header.backend)

    @property
    def settings(self) -> Settings:
        """Its checked settings."""
        return self.backend.saved_settings(self.header.settings)

    def open_player(self) -> Player[Any]:
        """The playing path, without torch."""
        return self.backend.open_player(self.settings, self.header.domain, self.arrays)


def read_header(path: Path) -> Header:
    """`model.json` of the model directory `path`, checked.

    Raises:
        ModelError: not a model directory, unreadable, too large, or not the format.
    """
    file = path / HEADER
    try:
        header = from_json(read_file(file, MAX_HEADER_BYTES), Header)
    except OSError as error:
        raise ModelError(f"{path} is not a model directory: {error.strerror or error} ({HEADER})") from None
    except msgspec.DecodeError as error:
        raise ModelError(f"{file} is damaged: {error}") from None
    if header.format != 1:
        raise ModelError(f"{file} has format {header.format}; this version reads format 1")
    if isinstance(header.domain, Vocabulary) and header.domain.size < 1:
        raise ModelError(f"{file} has an empty vocabulary")
    return header


def read_model(path: Path) -> ModelDirectory:
    """Header and weights of the model directory `path`; every array is checked against the header and finite.

    Raises:
        ModelError: anything missing, damaged, or not as the header says.
    """
    from safetensors import SafetensorError, safe_open

    header = read_header(path)
    file = path / WEIGHTS
    arrays: dict[str, NDArray[Any]] = {}
    try:
        _check_size(file, header)
        with safe_open(str(file), framework="numpy") as weights:
            if set(weights.keys()) != set(header.arrays):
                raise ModelError(f"{file} does not hold the arrays that {HEADER} names")
            for name, (dtype, shape) in header.arrays.items():
                array = weights.get_tensor(name)
                if array.dtype.name != dtype or list(array.shape) != shape:
                    raise ModelError(f"{file}: array {name!r} is not the {dtype} {shape} that {HEADER} says")
                if array.dtype.kind == "f" and not np.isfinite(array).all():
                    raise ModelError(f"{file}: array {name!r} holds values that are not finite numbers")
                arrays[name] = array
    except OSError as error:
        raise ModelError(f"{path} cannot be opened: {error.strerror or error} ({WEIGHTS})") from None
    except SafetensorError as error:
        raise ModelError(f"{file} is damaged: {error}") from None
    return ModelDirectory(path, header, arrays)


def _check_size(file: Path, header: Header) -> None:
    for name, (dtype, shape) in header.arrays.items():
        if dtype not in DTYPES or any(length < 0 for length in shape):
            raise ModelError(
                f"{file}: {HEADER} says {name!r} is {dtype} {shape}, which is no kind of array it can hold"
            )
    expected = sum(np.dtype(dtype).itemsize * math.prod(shape) for dtype, shape in header.arrays.values())
    size = require_file(file).st_size
    if not expected <= size <= expected + (1 << 20):
        raise ModelError(f"{file} has {size} bytes where about {expected} belong: it is cut short or not this model's")
    require_memory(size, file)


def describe_arrays(arrays: Arrays) -> dict[str, tuple[str, list[int]]]:
    """What the header says of each array."""
    return {name: (array.dtype.name, list(array.shape)) for name, array in arrays.items()}


def model_files(header: Header, arrays: Arrays) -> dict[str, bytes]:
    """The content of each file of a model directory, by name; writing them safely is the caller's part."""
    from safetensors.numpy import save

    header = msgspec.structs.replace(header, arrays=describe_arrays(arrays))
    encoded = msgspec.json.format(msgspec.json.encode(header), indent=1)
    return {HEADER: encoded + b"\n", WEIGHTS: save(dict(arrays))}


def write_model(path: Path, header: Header, arrays: Arrays, card: str = "") -> None:
    """Write a model directory for others to read, as far as the umask lets them, replacing files of the same names.

    Raises:
        ModelError: the directory cannot be written.
    """
    files = model_files(header, arrays)
    if card:
        files[CARD] = card.encode()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o755)
        for name, content in files.items():
            temporary = path / f".{name}.tmp"
            temporary.unlink(missing_ok=True)  # exclusive: whatever is there, such as a link, is not written through
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o644), "wb") as file:
                file.write(content)
            temporary.replace(path / name)
    except OSError as error:
        raise ModelError(f"cannot write the model to {path}: {error.strerror or error}") from None
