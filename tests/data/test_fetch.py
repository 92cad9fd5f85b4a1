from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType

import pytest

import grnn_tui.data.fetch
from grnn_tui.data.catalogue import corpora
from grnn_tui.data.corpus import open_corpus
from grnn_tui.data.fetch import CLASSICS, Classic, download, fetch, fetched_path
from grnn_tui.errors import DataError

TEXT = bytes(range(32, 127)) * 1000


@dataclass
class Site:
    """A web server on this machine with one file, `/text.txt`, and faults to order."""

    content: bytes = TEXT
    status: int | None = None
    cut: int | None = None
    ranges: bool = True
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    url: str = ""

    def classic(self) -> Classic:
        return Classic("old-text", "", self.url, "text.txt", hashlib.sha256(TEXT).hexdigest(), len(TEXT), "")


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        wanted = self.headers.get("Range", "")
        site.asked.append(wanted)
        if site.status is not None:
            self.send_error(site.status)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and site.ranges else 0
        body = site.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        body = body[: site.cut]
        site.sent += len(body)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name it overrides)
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_classic_comes_whole_with_its_progress_told(site: Site, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = download(site.classic(), tmp_path / "classics", progress=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == TEXT
    assert told[-1] == (len(TEXT), len(TEXT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_here_already_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    download(site.classic(), tmp_path)
    download(site.classic(), tmp_path)
    assert len(site.asked) == 1


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.cut = 40_000
    assert download(site.classic(), tmp_path).read_bytes() == TEXT
    assert site.asked[0] == ""
    assert all(int(asked.removeprefix("bytes=").removesuffix("-")) > 0 for asked in site.asked[1:])
    assert site.sent < 1.5 * len(TEXT)


def test_an_interrupted_download_goes_on_next_time(site: Site, tmp_path: Path) -> None:
    site.cut = 10_000
    with pytest.raises(DataError, match=r"broke off after [\d,]+ of 95,000 bytes: run `grnn-tui fetch old-text` again"):
        download(site.classic(), tmp_path)
    have = (tmp_path / ".old-text.part").stat().st_size
    assert have > 10_000
    site.cut = None
    site.asked.clear()
    assert download(site.classic(), tmp_path).read_bytes() == TEXT
    assert site.asked == [f"bytes={have}-"]


def test_a_server_without_ranges_begins_again(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / ".old-text.part").write_bytes(TEXT[:5000])
    assert download(site.classic(), tmp_path).read_bytes() == TEXT


def test_other_bytes_than_the_known_ones_are_removed(site: Site, tmp_path: Path) -> None:
    site.content = TEXT[:-1] + b"?"
    with pytest.raises(DataError, match="is not old-text"):
        download(site.classic(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_more_bytes_than_the_known_ones_are_not_taken(site: Site, tmp_path: Path) -> None:
    site.content = TEXT * 3
    with pytest.raises(DataError, match="sends more than the 95,000 bytes"):
        download(site.classic(), tmp_path)
    assert (tmp_path / ".old-text.part").stat().st_size == 0


def test_a_refusal_is_one_line(site: Site, tmp_path: Path) -> None:
    site.status = 404
    with pytest.raises(DataError, match="answers 404 Not Found"):
        download(site.classic(), tmp_path)


def test_no_connection_is_one_line(site: Site, cache: Path) -> None:
    with pytest.raises(DataError, match=r"cannot reach 127\.0\.0\.1:1: check the network"):
        fetch("tinyshakespeare", base_url="http://127.0.0.1:1")


def test_a_name_that_is_no_classic_lists_those_that_are() -> None:
    with pytest.raises(DataError, match=r"there are tinyshakespeare, names\.txt"):
        fetch("war-and-peace")


def test_a_classic_is_opened_by_name_once_it_was_fetched(
    site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classics = MappingProxyType({**CLASSICS, "old-text": site.classic()})
    for module in (grnn_tui.data.fetch, grnn_tui.data.sources, grnn_tui.data.catalogue):
        monkeypatch.setattr(module, "CLASSICS", classics)
    with pytest.raises(DataError, match="run `grnn-tui fetch old-text` first"):
        open_corpus("old-text")
    assert {c.name for c in corpora() if not c.available} == {"tinyshakespeare", "names.txt", "old-text"}
    path = fetch("old-text", base_url=site.url + "/")
    assert fetched_path("old-text") == path
    assert open_corpus("old-text").vocabulary.decode(open_corpus("old-text").symbols) == TEXT.decode()
    assert next(c for c in corpora() if c.name == "old-text").available


def test_the_catalogue_knows_the_built_in_corpora() -> None:
    known = {corpus.name: corpus for corpus in corpora()}
    assert known["reber"].kind == "built-in"
    assert known["reber"].available
    assert known["reber"].floor is not None
    assert known["manual"].floor is None
    assert known["tinyshakespeare"].size == 1_115_394
    assert all(corpus.summary and corpus.size > 0 for corpus in known.values())
