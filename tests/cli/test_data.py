from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType

import pytest

from grnn_tui.data import fetch as fetching
from grnn_tui.data.fetch import Classic
from tests.support.command import Command

TEXT = b"to be or not to be\n" * 50


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/here/data/text.txt"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(TEXT) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(TEXT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name it overrides)
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """A web server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def classic(monkeypatch: pytest.MonkeyPatch) -> None:
    """One classic that is small."""
    small = Classic(
        name="small",
        summary="a line",
        base_url="http://127.0.0.1:9/nowhere",
        path="data/text.txt",
        sha256=hashlib.sha256(TEXT).hexdigest(),
        size=len(TEXT),
        licence="none",
    )
    monkeypatch.setattr(fetching, "CLASSICS", MappingProxyType({"small": small}))


def test_fetch_brings_a_classic_and_prints_where_it_lies(run: Command, address: str) -> None:
    ran = run("fetch", "small", "--from", f"{address}/here")
    assert (ran.status, ran.err) == (0, "")
    assert Path(ran.out.rstrip("\n")).read_bytes() == TEXT
    assert run("fetch", "small", "--json").json == {"fetched": [{"name": "small", "path": ran.out.rstrip("\n")}]}


def test_what_is_not_there_is_said_in_one_line(run: Command, address: str) -> None:
    for arguments in (("small", "--from", f"{address}/gone"), ("unheard-of",), ()):
        ran = run("fetch", *arguments)
        assert (ran.status, ran.raw) == (2, b"")
        assert ran.err.count("\n") == 1
