"""A program on a pseudo-terminal: what it has painted, and when."""

from __future__ import annotations

import fcntl
import math
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

BURST_SECONDS = 0.02
"""A slow link hands over at once what it carries in so long."""


class Terminal:
    """A child on a pty of `columns` x `rows`, read into a screen by a terminal emulator.

    `bytes_per_second` makes it a slow link: no more than that is taken from the child, who then has to wait. While
    `keep` is on, what arrives is kept with its time instead of being looked at, which would take a processor from
    those who are measured; `replay` looks at it afterwards.
    """

    def __init__(
        self,
        argv: Sequence[str],
        columns: int,
        rows: int,
        environment: Mapping[str, str],
        cwd: Path | None = None,
        bytes_per_second: float = math.inf,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes_read = 0
        self.bytes_per_second = bytes_per_second
        self.keep = False
        self._kept: list[tuple[float, float, bytes]] = []
        self._allowed, self._counted = 0.0, time.perf_counter()
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if cwd is not None:
                os.chdir(cwd)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], list(argv), dict(environment))

    def read(self, seconds: float) -> bool:
        """Take in what arrives within `seconds`; false once the child is gone."""
        room = self._room()
        if room < 1:
            time.sleep(min(seconds, BURST_SECONDS / 4))
            return True
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, int(min(room, 1 << 16)))
        except OSError:
            return False
        self.bytes_read += len(data)
        self._allowed -= len(data)
        if self.keep:
            self._kept.append((time.perf_counter(), self.waited(), data))
        else:
            self.stream.feed(data)
        return bool(data)

    def _room(self) -> float:
        """Bytes that the link carries by now."""
        if self.bytes_per_second == math.inf:
            return math.inf
        now = time.perf_counter()
        self._allowed += self.bytes_per_second * (now - self._counted)
        self._allowed, self._counted = min(self._allowed, self.bytes_per_second * BURST_SECONDS), now
        return self._allowed

    def read_for(self, seconds: float) -> None:
        """Take in what arrives, for so long.

        Raises:
            EOFError: the child is gone.
        """
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not self.read(left):
                raise EOFError("the program has ended")

    def replay(self) -> Iterator[tuple[float, float]]:
        """Look at what was kept, piece by piece: when each came and what `waited` was, once it is on the screen."""
        kept, self._kept = self._kept, []
        for moment, waited, data in kept:
            self.stream.feed(data)
            yield moment, waited

    def waited(self) -> float:
        """Seconds that the child's main thread has been ready to run while all processors were taken."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def ran(self) -> float:
        """Seconds of a processor that the child has used, all its threads."""
        stats = [task / "schedstat" for task in Path(f"/proc/{self.pid}/task").iterdir()]
        return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9

    def row(self, y: int) -> str:
        """One row of the screen: much cheaper than all of them."""
        cells = self.screen.buffer[y]
        return "".join(cells[x].data for x in range(self.screen.columns))

    def wait(self, shown: Callable[[Sequence[str]], bool], seconds: float = 20.0) -> float:
        """The moment (`time.perf_counter`) at which the rows of the screen satisfy `shown`.

        Raises:
            TimeoutError: they never did; the message holds the last screen.
        """
        deadline = time.perf_counter() + seconds
        while not shown(self.screen.display):
            if time.perf_counter() > deadline or not self.read(0.05):
                raise TimeoutError("the screen never showed it:\n" + "\n".join(self.screen.display))
        return time.perf_counter()

    def wait_for(self, text: str, seconds: float = 20.0) -> float:
        """The moment at which `text` stands on a row of the screen."""
        return self.wait(lambda rows: any(text in row for row in rows), seconds)

    def settle(self, quiet: float = 0.3, seconds: float = 10.0) -> None:
        """Read on until nothing has arrived for `quiet` seconds."""
        deadline = time.perf_counter() + seconds
        before = -1
        while self.bytes_read != before and time.perf_counter() < deadline:
            before = self.bytes_read
            end = time.perf_counter() + quiet
            while (left := end - time.perf_counter()) > 0:
                self.read(left)

    def send(self, keys: str) -> float:
        """Press keys; the moment it was done."""
        os.write(self.fd, keys.encode())
        return time.perf_counter()

    def close(self) -> None:
        """End the child, by force if it must be."""
        try:
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.perf_counter() + 3
            while time.perf_counter() < deadline and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                self.read(0.05)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)
