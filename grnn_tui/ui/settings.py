"""What is kept between starts: preferences, a person's own keys, and where they left off.

A damaged file costs its contents and a note, never the start; a folder that cannot be written costs the keeping.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from grnn_tui.foreign import from_json, read_file
from grnn_tui.places import expanded, own_place
from grnn_tui.playing.settings import Sampling
from grnn_tui.private import write_private
from grnn_tui.ui.theme_names import DEFAULT_THEME

CONFIG_VARIABLE = "GRNN_TUI_CONFIG"
MAX_KEYS_BYTES = 1 << 20
STATE_VARIABLE = "GRNN_TUI_STATE"
LARGEST = 32 << 20
"""Bytes of a file that is kept between starts."""
KEPT_WRITTEN = 200_000
"""Characters of a written text that are kept."""

TOP = (1 << 31) - 1
"""The largest number that means anything here; seeds are below it."""
DEFAULT_MODEL = "tales-lstm"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """`settings.json`: how a person likes it."""

    theme: str = DEFAULT_THEME
    markers: str = "auto"
    """`auto`, `braille`, `blocks` or `ascii`."""
    colouring: Literal["surprisal", "unit", "plain"] = "surprisal"
    log_bars: bool = False
    sampling: Sampling = Sampling()
    seed: Annotated[int, Meta(ge=0, le=TOP)] = 1
    random_seed: bool = False
    length: Annotated[int, Meta(ge=1, le=TOP)] = 400
    per_second: Annotated[int, Meta(ge=0, le=TOP)] = 80


class LastState(msgspec.Struct, frozen=True, kw_only=True):
    """`last.json`: where a person left off."""

    reference: str = DEFAULT_MODEL
    prompt: str = ""
    written: str = ""
    cursor: Annotated[int, Meta(ge=0, le=TOP)] | None = None
    forced: list[Annotated[int, Meta(ge=0, le=TOP)]] = []
    history: list[str] = []
    unit: Annotated[int, Meta(ge=0, le=TOP)] | None = None
    """The hidden unit that was chosen."""
    mark: str = ""
    """What units were ordered by; empty: their variance."""
    run: str = ""
    """Directory of the run that was followed, if any."""


Kept = TypeVar("Kept", Preferences, LastState)


def config_folder() -> Path:
    """Where preferences and keys are."""
    named = os.environ.get(CONFIG_VARIABLE)
    return expanded(named) if named else own_place("config")


def state_folder() -> Path:
    """Where the last state, the engine's log and copies are."""
    named = os.environ.get(STATE_VARIABLE)
    return expanded(named) if named else own_place("state")


def load_preferences() -> tuple[Preferences, str]:
    """The preferences, and a line if they could not be read."""
    return _load(config_folder() / "settings.json", Preferences())


def load_last() -> tuple[LastState, str]:
    """The last state, and a line if it could not be read."""
    return _load(state_folder() / "last.json", LastState())


def load_keys() -> tuple[dict[str, object], str]:
    """The tables of `keys.toml` as `scope.action` to keys, and a line if it could not be read."""
    path = config_folder() / "keys.toml"
    try:
        written = read_file(path, MAX_KEYS_BYTES)
        if not written:
            return {}, ""
        import tomllib

        content = tomllib.loads(written.decode())
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path} is not used: {_brief(error)}"
    flat: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{action}": keys for action, keys in value.items()})
        else:
            flat[name] = value
    return flat, ""


def save(value: Preferences | LastState) -> str:
    """Write it in one step; a line if that is not possible."""
    is_preferences = isinstance(value, Preferences)
    folder, name = (config_folder(), "settings.json") if is_preferences else (state_folder(), "last.json")
    try:
        write_private(folder / name, msgspec.json.format(msgspec.json.encode(_encodable(value)), indent=1) + b"\n")
    except OSError as error:
        return f"{folder / name} cannot be written: {error.strerror or error}"
    return ""


def _load(path: Path, default: Kept) -> tuple[Kept, str]:
    try:
        return from_json(read_file(path, LARGEST), type(default)), ""
    except FileNotFoundError:
        return default, ""
    except (OSError, ValueError, msgspec.DecodeError) as error:
        return default, f"{path} is not used: {_brief(error)}"


def _encodable(value: Preferences | LastState) -> Preferences | LastState:
    """Lone surrogates (bytes that are no text) cannot be kept in JSON; they become U+FFFD."""
    if isinstance(value, Preferences):
        return value
    written = value.written[:KEPT_WRITTEN]
    return msgspec.structs.replace(
        value,
        reference=_encodable_text(value.reference),
        prompt=_encodable_text(value.prompt),
        mark=_encodable_text(value.mark),
        written=_encodable_text(written),
        history=[_encodable_text(prompt) for prompt in value.history],
    )


def _encodable_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _brief(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())[:120]
