"""What holds for every test: shape annotations are checked as the code runs, and slow machines are no failures."""

from __future__ import annotations

import os

import hypothesis
from jaxtyping import install_import_hook

pytest_plugins = ["tests.support.promises", "tests.support.network"]

# Before torch is imported: tests run two at a time, and threads of both would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
install_import_hook("grnn_tui.backends", "beartype.beartype")
# Where nobody can look at a new example at once, the same ones are tried each time.
hypothesis.settings.register_profile("grnn", deadline=None, max_examples=40, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("grnn")
