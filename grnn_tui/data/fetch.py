"""The corpora that everyone compares with: brought by name, checked, kept in the cache.

Pooch checks and places the file; the downloader given to it goes on where an earlier, interrupted one stopped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

from grnn_tui.data.cache import cache_directory, writing
from grnn_tui.errors import DataError
from grnn_tui.private import make_private

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, int | None], None]
"""Called with the bytes there are so far, and how many there will be."""

_ATTEMPTS = 3
_TIMEOUTS = (10.0, 30.0)
_PIECE = 1 << 13


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


def fetch(
    name: str, *, base_url: str | None = None, cache: Path | None = None, progress: Progress | None = None
) -> Path:
    """Bring the classic `name` from its public address, or from `base_url`; nothing is done where it is here already.

    Raises:
        DataError: no such classic, no connection, a refusal, or bytes that are not the known ones.
    """
    if name not in CLASSICS:
        raise DataError(f"{name} is not a corpus that can be fetched: there are {', '.join(CLASSICS)}")
    classic = CLASSICS[name]
    if base_url is not None:
        classic = replace(classic, base_url=base_url.rstrip("/"))
    return download(classic, cache_directory(cache) / "classics", progress=progress)


def download(classic: Classic, folder: Path, *, progress: Progress | None = None) -> Path:
    """Put `classic` into `folder`, checked; what an interrupted download left there is used.

    Raises:
        DataError: as `fetch`.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    with writing(folder):
        make_private(folder)
    downloader = _Resuming(classic, folder / f".{classic.name}.part", progress)
    try:
        path = pooch.retrieve(
            classic.url, f"sha256:{classic.sha256}", fname=classic.name, path=folder, downloader=downloader
        )
    except ValueError:
        raise DataError(
            f"what came from {classic.url} is not {classic.name} (its SHA-256 differs) and was removed: fetch it again"
        ) from None
    except OSError as error:
        raise DataError(f"cannot write {folder / classic.name}: {error.strerror or error}") from None
    return Path(path)


@dataclass(frozen=True)
class _Resuming:
    """A downloader for pooch: appends to `part` with HTTP ranges until all bytes are there."""

    classic: Classic
    part: Path
    progress: Progress | None

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        """Download `url` to `output_file`; called by pooch, which passes itself along."""
        import requests

        with _part_file(self.part) as file, requests.Session() as session:
            failure: Exception | None = None
            for _ in range(_ATTEMPTS):
                try:
                    failure = None
                    self._continue(session, url, file)
                except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
                    failure = error
                except requests.exceptions.RequestException as error:
                    raise DataError(f"cannot fetch {url}: {error}") from None
                if failure is None and file.tell() >= self.classic.size:
                    break
            if failure is not None or file.tell() < self.classic.size:
                raise DataError(self._unfinished(url, file.tell()))
            file.flush()
            self.part.replace(output_file)

    def _continue(self, session: requests.Session, url: str, file: BinaryIO) -> None:
        """One request for what is missing. A server that does not know ranges sends everything: begin again."""
        have = file.seek(0, os.SEEK_END)
        if have > self.classic.size:
            have = _empty(file)
        if have == self.classic.size:
            return
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        with session.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as response:
            if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise DataError(f"{url} answers {response.status_code} {response.reason}: try again later")
            if response.status_code == HTTPStatus.OK:
                have = _empty(file)
            for piece in response.iter_content(_PIECE):
                have += len(piece)
                if have > self.classic.size:
                    _empty(file)
                    raise DataError(f"{url} sends more than the {self.classic.size:,} bytes of {self.classic.name}")
                file.write(piece)
                if self.progress is not None:
                    self.progress(have, self.classic.size)

    def _unfinished(self, url: str, have: int) -> str:
        host = url.split("/")[2]
        if not have:
            return f"cannot reach {host}: check the network, then run `grnn-tui fetch {self.classic.name}` again"
        return (
            f"the connection to {host} broke off after {have:,} of {self.classic.size:,} bytes: "
            f"run `grnn-tui fetch {self.classic.name}` again to go on from there"
        )


@contextmanager
def _part_file(path: Path) -> Iterator[BinaryIO]:
    """The unfinished download, held by one process at a time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"{path.parent} is being filled by another process: wait until it is done") from None
        yield file


def _empty(file: BinaryIO) -> int:
    file.seek(0)
    file.truncate()
    return 0
