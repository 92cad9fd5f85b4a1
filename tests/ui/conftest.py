"""Fixtures of the screens."""

from __future__ import annotations

from tests.ui.support.picture import picture as picture
from tests.ui.support.text_snapshot import text_snapshot as text_snapshot
