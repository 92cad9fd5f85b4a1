"""One table feeds keys, footer, palette, help and README."""

from __future__ import annotations

import pytest

from grnn_tui.ui.actions import (
    ACTIONS,
    FORBIDDEN,
    HEADINGS,
    SCOPES,
    Action,
    Keymap,
    binding_id,
    markdown_table,
    remapped,
)
from grnn_tui.ui.app import GrnnApp
from grnn_tui.ui.panes.branches.pane import BranchesPane
from grnn_tui.ui.panes.controls.pane import ControlsPane
from grnn_tui.ui.panes.next_symbol.pane import NextSymbolPane
from grnn_tui.ui.panes.output.pane import OutputPane
from grnn_tui.ui.panes.picture.pane import PicturePane
from grnn_tui.ui.panes.prompt.pane import PromptPane
from grnn_tui.ui.panes.samples.pane import SamplesPane
from grnn_tui.ui.panes.training.pane import TrainingPane
from grnn_tui.ui.screens.compare import CompareScreen
from grnn_tui.ui.screens.lab import LabScreen
from grnn_tui.ui.screens.models import ModelsScreen
from grnn_tui.ui.screens.monitor import MonitorScreen
from grnn_tui.ui.screens.play import PlayScreen
from grnn_tui.ui.screens.runs import RunsScreen
from grnn_tui.ui.screens.train_form import TrainForm
from tests.ui.support.stage import stage

OWNERS: dict[str, type] = {
    "app": GrnnApp,
    "typing": PromptPane,
    "play": PlayScreen,
    "output": OutputPane,
    "next": NextSymbolPane,
    "controls": ControlsPane,
    "branches": BranchesPane,
    "picture": PicturePane,
    "samples": SamplesPane,
    "training": TrainingPane,
    "compare": CompareScreen,
    "models": ModelsScreen,
    "runs": RunsScreen,
    "form": TrainForm,
    "monitor": MonitorScreen,
    "lab": LabScreen,
}


@pytest.mark.parametrize("action", ACTIONS, ids=binding_id)
def test_no_action_needs_a_key_that_something_else_keeps(action: Action) -> None:
    if binding_id(action) in ("typing.newline", "play.unzoom"):
        return  # a backslash before Enter, and z, do the same
    assert any(key not in FORBIDDEN for key in action.keys), action


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_means_one_thing_at_a_time(scope: str) -> None:
    keys = [key for action in ACTIONS if action.scope == scope for key in action.keys]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)


@pytest.mark.parametrize("action", ACTIONS, ids=binding_id)
def test_every_action_is_carried_out_by_somebody(action: Action) -> None:
    where, _, name = action.call.partition("(")[0].rpartition(".")
    owner = {"app": GrnnApp, "screen": PlayScreen}.get(where) or OWNERS[action.scope]
    assert hasattr(owner, f"action_{name}"), f"{owner.__name__} has no action_{name}"


def test_every_scope_has_a_heading() -> None:
    assert set(HEADINGS) == set(SCOPES)


def test_the_readme_table_names_every_action() -> None:
    table = markdown_table()
    assert all(action.help in table for action in ACTIONS)


def test_keys_toml_changes_a_key_and_says_what_it_does_not_know() -> None:
    keymap, notes = remapped({"play.pause": "f5", "play.dance": "d", "play.stop": []})
    assert next(a for a in keymap.of_scope("play") if a.id == "pause").keys == ("f5",)
    assert len(notes) == 2
    assert "play.dance" in notes[0]
    assert "play.stop" in notes[1]


def test_a_footer_shows_no_letter_while_one_types() -> None:
    hints = Keymap().hints(("typing", "app"))
    assert all(len(key) > 1 for action in hints for key in action.keys)
    assert any(action.id == "leave" for action in hints)


async def test_a_remapped_key_works_and_the_old_one_does_not() -> None:
    keymap, _ = remapped({"play.one_symbol": "j"})
    async with stage(keymap=keymap) as here:
        await here.press("tab", "n")
        assert here.state.length == 0
        await here.press("j")
        assert here.state.length == 1
