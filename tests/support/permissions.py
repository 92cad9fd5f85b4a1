"""Programs that obey the modes of files although the tests are run by root, and such as have no home."""

from __future__ import annotations

import ctypes
import os
import sys

_DROP = 24
"""PR_CAPBSET_DROP of prctl(2)."""
_OVERRIDES = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root read and write anything."""

NOBODY = """
import os, pwd, sys

def nobody(*_):
    raise KeyError("there is no such user")

pwd.getpwuid = pwd.getpwnam = nobody
os.environ.pop("HOME", None)
"""
"""What a program begins with whose user the system does not know."""


def obey_modes() -> None:
    """For `preexec_fn`: what is started may do no more to files than their modes say."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in _OVERRIDES:
            libc.prctl(_DROP, capability, 0, 0, 0)


def modes_can_be_obeyed() -> bool:
    """Whether the modes of files bind what is started with `obey_modes`."""
    return sys.platform == "linux" or os.getuid() != 0
