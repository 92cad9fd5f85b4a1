"""Noticing a process that stands still: each counts aloud, and listens to the others.

Silence is counted in one's own beats, not in seconds: where the whole machine slept, nobody was silent.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from grnn_tui.runs.place import LOST, starter

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

EVERY = 1.0
"""Seconds between beats."""
SILENT = 15
"""Beats without a word from another process, after which it is given up."""


class Heartbeat:
    """While entered, a thread beats for this process; if another one falls silent, or the parent dies, this one ends.

    All have met before: one that has not said a word is as silent as any other. This one ends at once, in the middle of
    whatever exchange waits for the other: checkpoints are whole at any time.
    """

    def __init__(self, store: Store, rank: int, count: int) -> None:
        self._store = store
        self._rank = rank
        self._heard = {other: (b"", 0) for other in range(count) if other != rank}
        """What each of the others said last, and for how many beats it has said nothing new."""
        self._parent = starter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        beats = 0
        while not self._over.wait(EVERY):
            beats += 1
            if os.getppid() != self._parent:
                os._exit(LOST)
            try:
                silent = self._listen(beats)
            except RuntimeError:  # the store has gone with whoever served it
                continue
            if silent is not None:
                seconds = int(SILENT * EVERY)
                sys.stderr.write(f"grnn-tui: process {silent} of this training has not answered for {seconds} s\n")
                sys.stderr.flush()
                os._exit(LOST)

    def _listen(self, beats: int) -> int | None:
        """Say that this process lives; the rank of one that has been silent for too long."""
        self._store.set(str(self._rank), str(beats))
        for other, (last, missed) in self._heard.items():
            said = self._store.get(str(other)) if self._store.check([str(other)]) else b""
            self._heard[other] = (said, 0 if said != last else missed + 1)
            if self._heard[other][1] >= SILENT:
                return other
        return None
