"""What the registry offers, and what it says to a wrong name or setting."""

from __future__ import annotations

import msgspec
import pytest
import torch

from grnn_tui.backends.registry import backend_named, backends
from grnn_tui.errors import UsageError
from tests.support.models import LETTERS, make_network


def test_the_shipped_families_are_registered_under_their_names() -> None:
    assert {"rnn", "lstm", "gru", "mingru", "minlstm", "nade", "ngram"} <= backends().keys()
    assert all(backend.name == name and backend.summary for name, backend in backends().items())


def test_every_setting_has_a_default_a_description_and_bounds() -> None:
    for name in ("rnn", "lstm", "gru", "mingru", "minlstm", "nade", "ngram"):
        schema = msgspec.json.schema(backend_named(name).settings)["$defs"]
        (fields,) = (definition["properties"] for definition in schema.values())
        for setting, says in fields.items():
            assert says["description"], (name, setting)
            assert "default" in says, (name, setting)
            assert says.get("type") in (None, "boolean") or {"minimum", "maximum", "exclusiveMaximum"} & says.keys()


def test_an_unknown_backend_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"'transformer'.*lstm"):
        backend_named("transformer")


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("lstm", {"hidden": 0}, "lstm: hidden"),
        ("gru", {"layers": 9}, "gru: layers"),
        ("rnn", {"dropout": 1.0}, "rnn: dropout"),
        ("gru", {"hiden": 3}, "hiden"),
        ("lstm", {"tied": True, "hidden": 32, "embedding": 16}, "set embedding to 32"),
        ("mingru", {"tied": True}, "set embedding to 256"),
        ("minlstm", {"layers": 9}, "minlstm: layers"),
        ("nade", {"window": 513}, "nade: window"),
        ("nade", {"activation": "gelu"}, "gelu"),
        ("ngram", {"order": -1}, "ngram: order"),
        ("ngram", {"order": "3"}, "ngram: order"),
    ],
)
def test_a_setting_out_of_bounds_is_named(name: str, settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        backend_named(name).parse_settings(settings)
    assert len(str(refused.value).splitlines()) == 1


def test_shapes_are_checked_while_testing() -> None:
    with pytest.raises(TypeError, match="log_prob"):
        make_network("gru", LETTERS).log_prob(torch.zeros(5, dtype=torch.int64))
