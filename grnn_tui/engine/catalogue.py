"""What there is: models, backends with their settings, corpora; for the forms of the screen and for the commands."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import msgspec
from msgspec import inspect

from grnn_tui.backends.contract import Backend
from grnn_tui.backends.modeldir import Header, read_header
from grnn_tui.backends.registry import backends
from grnn_tui.data.catalogue import CorpusInfo as Known
from grnn_tui.data.catalogue import corpora
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, CorpusInfo, Field, ModelInfo
from grnn_tui.errors import GrnnError
from grnn_tui.runs import locate
from grnn_tui.runs.scale import LossScale


def read_catalogue() -> CatalogueRead:
    """Everything that can be played, trained, and trained on."""
    return CatalogueRead(models=model_infos(), backends=backend_infos(), corpora=corpus_infos())


def model_infos() -> list[ModelInfo]:
    """Every model that has a name; one that cannot be read is left out."""
    found = []
    for located in locate.models():
        with contextlib.suppress(GrnnError):
            found.append(_model_info(located, read_header(located.path)))
    return found


def backend_infos() -> list[BackendInfo]:
    """Every installed backend and what can be set about it."""
    return [
        BackendInfo(
            name=b.name,
            summary=b.summary,
            fields=fields_of(b.settings),
            gates=b.gates,
            fits=sorted(b.fits),
            images=b.images,
            sequences=b.sequences,
            conditional=b.conditional,
        )
        for b in backends().values()
    ]


def corpus_infos() -> list[CorpusInfo]:
    """Every text and every set of rows that has a name."""
    return [
        CorpusInfo(
            name=c.name,
            summary=c.summary,
            ready=c.available,
            floor_nats=c.floor,
            kind="text" if c.symbols == "characters" else c.symbols,
            shape=list(c.shape),
            levels=c.levels,
            classes=list(c.classes),
            size=c.size,
            scale=scale_of(c),
        )
        for c in corpora()
    ]


def scale_of(corpus: Known) -> LossScale:
    """How losses on a corpus that has a name are told."""
    if corpus.symbols == "characters":
        return LossScale("character")
    return LossScale.of(RowDomain(kind=corpus.symbols, shape=corpus.shape, levels=corpus.levels or 2))


def fields_of(settings: type[msgspec.Struct]) -> list[Field]:
    """The fields of a settings struct with their bounds and their help; what has no plain value is left out."""
    description = inspect.type_info(settings)
    assert isinstance(description, inspect.StructType)
    fields = [_field(field) for field in description.fields]
    return [field for field in fields if field is not None]


def parameters(header: Header) -> int:
    """Numbers in the weights."""
    return sum(math.prod(shape) for _, shape in header.arrays.values())


def summary(header: Header, backend: Backend) -> str:
    """Settings in a few words: `LSTM 128 x 1, 93 k parameters`."""
    settings = backend.saved_settings(header.settings)
    size = getattr(settings, "hidden", getattr(settings, "order", None))
    layers = getattr(settings, "layers", None)
    words = [header.backend.upper() if len(header.backend) <= 4 else header.backend]
    if size is not None:
        words.append(f"{size} x {layers}" if layers is not None else str(size))
    particles = getattr(settings, "particles", 1)
    several = f"{particles} particles, " if particles > 1 else ""
    return f"{' '.join(words)}, {several}{thousands(parameters(header))} parameters"


def thousands(count: int) -> str:
    """A count in three digits or so: 812, 93 k, 1.4 M."""
    if count < 1000:
        return str(count)
    if count < 999_500:
        return f"{count / 1000:.3g} k"
    return f"{count / 1e6:.3g} M"


def _model_info(located: locate.Located, header: Header) -> ModelInfo:
    shipped = located.path.parent == locate.model_folders()[-1]
    return ModelInfo(
        reference=located.name,
        name=located.name,
        backend=header.backend,
        data=header.trained.data,
        parameters=parameters(header),
        validation_nats=header.trained.validation_nats,
        floor_nats=header.trained.floor_nats,
        scale=LossScale.of(header.domain, bound=header.trained.bound),
        origin="run" if located.run is not None else "shipped" if shipped else "local",
    )


def _field(field: inspect.Field) -> Field | None:
    kind, help_text = field.type, ""
    if isinstance(kind, inspect.Metadata):
        help_text = (kind.extra_json_schema or {}).get("description", "")
        kind = kind.type
    default: Any = None if field.default is msgspec.NODEFAULT else field.default
    match kind:
        case inspect.BoolType():
            return Field(field.name, "bool", default, help_text)
        case inspect.IntType():
            low: float | None = kind.ge if kind.ge is not None else None if kind.gt is None else kind.gt + 1
            return Field(field.name, "int", default, help_text, low, kind.le)
        case inspect.FloatType():
            low = kind.ge if kind.ge is not None else kind.gt
            return Field(field.name, "float", default, help_text, low, kind.le if kind.le is not None else kind.lt)
        case inspect.StrType():
            return Field(field.name, "str", default, help_text)
        case inspect.LiteralType():
            return Field(field.name, "choice", default, help_text, choices=[str(v) for v in kind.values])
        case _:
            return None
