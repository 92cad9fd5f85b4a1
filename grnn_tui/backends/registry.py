"""Which backends there are: everything installed under the entry-point group `grnn_tui.backends`.

The shipped families come through the same door as anyone's package.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from grnn_tui.backends.contract import Backend
from grnn_tui.errors import ModelError, UsageError

GROUP = "grnn_tui.backends"


@cache
def backends() -> dict[str, Backend]:
    """Every installed backend by name, in the order of their names.

    Raises:
        ModelError: an installed package offers something that is not a `Backend`, or cannot be imported.
    """
    found: dict[str, Backend] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            backend = entry.load()
        except Exception as error:
            raise ModelError(f"the backend {entry.name!r} ({entry.value}) cannot be loaded: {error}") from error
        if not isinstance(backend, Backend):
            raise ModelError(f"the backend {entry.name!r} ({entry.value}) is not a grnn_tui Backend")
        found[entry.name] = backend
    return found


def backend_named(name: str) -> Backend:
    """The backend called `name`.

    Raises:
        UsageError: there is none of that name.
    """
    known = backends()
    if name not in known:
        raise UsageError(f"no backend is called {name!r}; there are: {', '.join(known)}")
    return known[name]
