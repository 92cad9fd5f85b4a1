"""What is kept between starts: preferences, a person's own keys, and where they left off.

A damaged file costs its contents and a note, never the start; a folder that cannot be written costs the keeping.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from platformdirs import user_config_path, user_state_path

from grnn_tui.foreign import from_json, read_file
from grnn_tui.playing.settings import Sampling
from grnn_tui.private import make_private
from grnn_tui.ui.theme_names import DEFAULT_THEME

CONFIG_VARIABLE = "GRNN_TUI_CONFIG"
MAX_KEYS_BYTES = 1 << 20
STATE_VARIABLE = "GRNN_TUI_STATE"
KEPT_WRITTEN = 200_000
"""Characters of a written text that are kept."""

DEFAULT_MODEL = "tales-lstm"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """`settings.json`: how a person likes it."""

    theme: str = DEFAULT_THEME
    markers: str = "auto"
    """`auto`, `braille`, `blocks` or `ascii`."""
    colouring: Literal["surprisal", "unit", "plain"] = "surprisal"
    log_bars: bool = False
    sampling: Sampling = Sampling()
    seed: int = 1
    random_seed: bool = False
    length: int = 400
    per_second: int = 80


class LastState(msgspec.Struct, frozen=True, kw_only=True):
    """`last.json`: where a person left off."""

    reference: str = DEFAULT_MODEL
    prompt: str = ""
    written: str = ""
    cursor: int | None = None
    forced: list[int] = []
    history: list[str] = []
    unit: int | None = None
    """The hidden unit that was chosen."""
    mark: str = ""
    """What units were ordered by; empty: their variance."""
    run: str = ""
    """Directory of the run that was followed, if any."""


Kept = TypeVar("Kept", Preferences, LastState)


def config_folder() -> Path:
    """Where preferences and keys are."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named).expanduser() if named else user_config_path("grnn-tui", appauthor=False)


def state_folder() -> Path:
    """Where the last state, the engine's log and copies are."""
    named = os.environ.get(STATE_VARIABLE)
    return Path(named).expanduser() if named else user_state_path("grnn-tui", appauthor=False)


def load_preferences() -> tuple[Preferences, str]:
    """The preferences, and a line if they could not be read."""
    return _load(config_folder() / "settings.json", Preferences())


def load_last() -> tuple[LastState, str]:
    """The last state, and a line if it could not be read."""
    return _load(state_folder() / "last.json", LastState())


def load_keys() -> tuple[dict[str, object], str]:
    """The tables of `keys.toml` as `scope.action` to keys, and a line if it could not be read."""
    path = config_folder() / "keys.toml"
    if not path.exists():
        return {}, ""
    import tomllib

    try:
        content = tomllib.loads(read_file(path, MAX_KEYS_BYTES).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
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
        write_whole(folder / name, msgspec.json.format(msgspec.json.encode(_encodable(value)), indent=1) + b"\n")
    except OSError as error:
        return f"{folder / name} cannot be written: {error.strerror or error}"
    return ""


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path`, readable by its owner alone, in one rename.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    import tempfile

    make_private(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _load(path: Path, default: Kept) -> tuple[Kept, str]:
    try:
        return from_json(read_file(path), type(default)), ""
    except FileNotFoundError:
        return default, ""
    except (OSError, msgspec.DecodeError) as error:
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
