"""What holds for every test: shape annotations are checked as the code runs, and slow machines are no failures."""

from __future__ import annotations

import hypothesis
from jaxtyping import install_import_hook

install_import_hook("grnn_tui.backends", "beartype.beartype")
hypothesis.settings.register_profile("grnn", deadline=None, max_examples=40)
hypothesis.settings.load_profile("grnn")
