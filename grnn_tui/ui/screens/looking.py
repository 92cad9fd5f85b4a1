"""A look at a file of rows, by a short-lived process: a long or hostile file cannot make the screen wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import msgspec

from grnn_tui.data.looking import Look, Seen

PATIENCE = 60.0
"""Seconds; what takes longer is found out by the trainer."""


async def look_beside(look: Look) -> Seen:
    """What `look` finds; nothing where that takes too long or the process fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "grnn_tui.data.looking"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            told, _ = await process.communicate(msgspec.json.encode(look))
        return msgspec.json.decode(told, type=Seen)
    except (TimeoutError, msgspec.DecodeError):
        return Seen()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
