"""The corpora that everyone compares with: brought by name, checked, kept in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from grnn_tui.data.cache import cache_directory


@dataclass(frozen=True)
class Classic:
    """A public text: where it is, byte for byte which, and what to know of it."""

    name: str
    summary: str
    base_url: str
    path: str
    sha256: str
    size: int
    licence: str

    @property
    def url(self) -> str:
        """The public address."""
        return f"{self.base_url}/{self.path}"


_ALL = (
    Classic(
        name="tinyshakespeare",
        summary="scenes from Shakespeare's plays, 65 characters",
        base_url="https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e",
        path="data/tinyshakespeare/input.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        size=1_115_394,
        licence="public domain",
    ),
    Classic(
        name="names.txt",
        summary="32,033 first names from US records, one a line",
        base_url="https://raw.githubusercontent.com/karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4",
        path="names.txt",
        sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        size=228_145,
        licence="public domain",
    ),
)

CLASSICS: Mapping[str, Classic] = MappingProxyType({classic.name: classic for classic in _ALL})


def fetched_path(name: str, *, cache: Path | None = None) -> Path | None:
    """Where the classic `name` lies on this machine, or None where it was not fetched."""
    path = cache_directory(cache) / "classics" / name
    return path if path.is_file() and path.stat().st_size == CLASSICS[name].size else None
