"""A damaged or hostile model directory is refused in one line; a sound one comes back as it was."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest

from grnn_tui.backends.modeldir import HEADER, WEIGHTS, Header, read_header, read_model, write_model
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import GrnnError, ModelError
from tests.support.models import LETTERS, make_model


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "sound", "gru", LETTERS).path


@pytest.fixture
def model(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "model"))


def test_the_header_comes_back_as_written(model: Path) -> None:
    header = read_header(model)
    assert header.backend == "gru"
    assert header.vocabulary == LETTERS
    assert header.settings == {"hidden": 12, "embedding": 5}


def test_files_are_for_others_to_read(model: Path) -> None:
    assert {stat.S_IMODE((model / name).stat().st_mode) for name in (HEADER, WEIGHTS)} == {0o644}


@pytest.mark.parametrize("missing", [HEADER, WEIGHTS])
def test_a_missing_file_is_named(model: Path, missing: str) -> None:
    (model / missing).unlink()
    with pytest.raises(ModelError, match=missing):
        read_model(model)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"vocabulary": {"domain": "text", "unit": "character", "symbols": []}},
        {"arrays": {}},
        {"arrays": {"b": ["float32", [1 << 40]]}},
        {"arrays": {"b": ["float32", [-1]]}},
        {"arrays": {"b": ["object", [1]]}},
        {"arrays": {"b": ["no such number", [1]]}},
        {"backend": 3},
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_is_refused(model: Path, changes: dict[str, object]) -> None:
    header = msgspec.json.decode((model / HEADER).read_bytes())
    (model / HEADER).write_bytes(msgspec.json.encode(header | changes))
    with pytest.raises(ModelError) as refused:
        read_model(model)
    assert len(str(refused.value).splitlines()) == 1


ROWS = {"domain": "rows", "kind": "real", "shape": [2]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shape": [1 << 20, 1 << 20]}, "longer than"),
        ({"columns": ["a"]}, "one for each of 2"),
        ({"mean": [0.0]}, "one for each of 2"),
        ({"scale": [1.0, 1.0, 1.0]}, "one for each of 2"),
        ({"scale": [1.0, 0.0]}, "above 0"),
        ({"scale": [1.0, -1.0]}, "above 0"),
        ({"full": 0}, "full"),
        ({"condition": {"classes": ["a", "b"], "shares": [1.0]}}, "1 shares of 2 classes"),
        ({"condition": {"classes": ["a", "b"], "shares": [2.0, -1.0]}}, "from 0 to 1"),
        ({"condition": {"classes": ["a"] * 10_001}}, "more than 10,000"),
        ({"condition": {"features": ["a"], "mean": [0.0, 0.0]}}, "one for each of 1 features"),
        ({"condition": {"features": ["a"], "scale": [0.0]}}, "above 0"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_domain_of_rows_that_does_not_hang_together_is_refused(
    model: Path, changes: dict[str, object], said: str
) -> None:
    header = msgspec.json.decode((model / HEADER).read_bytes())
    (model / HEADER).write_bytes(msgspec.json.encode(header | {"vocabulary": ROWS}))
    assert read_header(model).domain == RowDomain(kind="real", shape=(2,))
    (model / HEADER).write_bytes(msgspec.json.encode(header | {"vocabulary": ROWS | changes}))
    with pytest.raises(ModelError, match=said) as refused:
        read_header(model)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_numbers_to_standardise_with_are_finite(number: float) -> None:
    for given in ({"mean": (number,)}, {"scale": (number,)}):
        with pytest.raises(ValueError, match="finite"):
            RowDomain(kind="real", shape=(1,), **given)  # type: ignore[arg-type]


def test_weights_of_other_settings_are_refused(model: Path) -> None:
    header = msgspec.json.decode((model / HEADER).read_bytes())
    (model / HEADER).write_bytes(msgspec.json.encode(header | {"settings": {"hidden": 13, "embedding": 5}}))
    with pytest.raises(ModelError, match="do not fit"):
        read_model(model).open_player()


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    write_model(tmp_path, Header(backend="gru", domain=LETTERS), {"b": np.array([0, np.nan], np.float32)})
    with pytest.raises(ModelError, match="not finite"):
        read_model(tmp_path)


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(st.data())
def test_damage_anywhere_ends_in_one_line_or_in_a_model(model: Path, sound: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([HEADER, WEIGHTS]))
    content = bytearray((sound / name).read_bytes())
    place = data.draw(st.integers(0, min(len(content), 3000) - 1))
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    for file in (HEADER, WEIGHTS):
        (model / file).write_bytes(bytes(content) if file == name else (sound / file).read_bytes())
    told = ""
    try:
        player = read_model(model).open_player()
        player.predict(player.advance(player.start(), 0))
    except GrnnError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1
