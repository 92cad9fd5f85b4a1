"""The one table of actions: bindings, footer, command palette, help screen, `keys.toml` and the README are made of it.

An action named `pause` is carried out by `action_pause` of the widget, screen or app whose scope it has, and can be
given other keys in `keys.toml` by that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

Scope = Literal[
    "app",
    "typing",
    "play",
    "output",
    "next",
    "controls",
    "branches",
    "picture",
    "samples",
    "training",
    "compare",
    "models",
    "runs",
    "form",
    "monitor",
    "lab",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

HEADINGS: Mapping[Scope, str] = {
    "app": "Everywhere",
    "typing": "In the prompt",
    "play": "On the main screen, outside the prompt",
    "output": "2 Text",
    "next": "5 Next symbol",
    "controls": "3 Sampling",
    "branches": "6 Branches",
    "picture": "1 Picture, of a model of rows",
    "samples": "2 Samples, of a model of rows",
    "training": "4 Training",
    "compare": "Comparing branches",
    "models": "Choosing a model",
    "runs": "List of runs",
    "form": "Form for a new run",
    "monitor": "Training monitor",
    "lab": "The lab",
}

FORBIDDEN = frozenset(
    [f"ctrl+{letter}" for letter in "abefghijkmpqs"]
    + ["ctrl+left_square_bracket", "shift+enter", "ctrl+enter", "alt+enter", "escape"]
    + [f"f{number}" for number in range(1, 13)]
    + [f"alt+{digit}" for digit in range(10)]
)
"""Keys that a terminal, tmux, screen, docker or an editor keeps for itself: never the only way to anything."""


class Action(Struct, frozen=True):
    """One thing a person can do. The first key is the one that is shown."""

    id: str
    label: str
    """A word or two, for the footer."""
    help: str
    """A sentence, for the help screen and the palette."""
    keys: tuple[str, ...]
    scope: Scope
    weight: int = 0
    """Footers have room for the heaviest; 0 is never in a footer."""
    priority: bool = False
    """Taken before the focused widget sees the key."""
    call: str = ""
    """How the action is called if not by its name alone: `metric(-1)`."""


def _action(
    id: str,  # noqa: A002
    scope: Scope,
    keys: str,
    label: str,
    help: str,  # noqa: A002
    weight: int = 0,
    priority: bool = False,
    call: str = "",
) -> Action:
    return Action(id, label, help, tuple(keys.split()), scope, weight, priority, call or id)


_APP = (
    _action("palette", "app", "ctrl+o ctrl+p", "palette", "Find and run any action", 9, priority=True),
    _action("help_screen", "app", "question_mark", "help", "Show every key", 8),
    _action("leave", "app", "q ctrl+q", "quit", "Leave; asks what is to become of runs that are alive", 7),
    _action("redraw", "app", "ctrl+l", "redraw", "Draw the whole screen again", priority=True),
    _action("theme", "app", "ctrl+t", "theme", "Choose a theme, shown as you browse", priority=True),
)

_TYPING = (
    _action("generate", "typing", "enter", "generate", "Let the model write on", 9, priority=True),
    _action(
        "newline",
        "typing",
        "ctrl+j shift+enter",
        "newline",
        "Break the line (or end it with \\ before Enter)",
        5,
        priority=True,
    ),
    _action(
        "leave_prompt", "typing", "tab escape", "to the panes", "Leave the prompt: letters become commands", 8, True
    ),
    _action("stop_or_copy", "typing", "ctrl+c", "stop", "Stop writing; else copy what is selected", 4),
    _action("new_prompt", "typing", "ctrl+n", "new", "Begin with an empty prompt", 3),
    _action("reroll", "typing", "ctrl+r", "reroll", "Write again with a new seed"),
    _action("older_prompt", "typing", "up", "older", "On the first line: the prompt before this one"),
    _action("newer_prompt", "typing", "down", "newer", "On the last line: the prompt after this one"),
)

_PLAY = (
    _action("generate", "play", "enter", "generate", "Let the model write on from the cursor", 9),
    _action("edit_prompt", "play", "i", "type", "Go to the prompt and type", 7),
    _action("pause", "play", "p space", "pause", "Pause writing, or go on with it", 8),
    _action("one_symbol", "play", "n", "one", "Write one symbol", 6),
    _action("stop", "play", "x ctrl+c", "stop", "Stop writing", 3),
    _action("reroll", "play", "r", "reroll", "Write again from the prompt with a new seed", 5),
    _action("replay", "play", "R", "same seed", "Write again from the prompt with the same seed"),
    _action("cooler", "play", "minus", "cooler", "Temperature down by 0.05"),
    _action("hotter", "play", "equals_sign plus", "hotter", "Temperature up by 0.05"),
    _action("narrower", "play", "comma", "top-k −", "Keep fewer symbols (top-k)"),
    _action("wider", "play", "full_stop", "top-k +", "Keep more symbols (top-k)"),
    _action("colouring", "play", "c", "colours", "Colour the text by surprisal, by a hidden unit, or not"),
    _action("next_unit", "play", "k", "next unit", "Colour by the next hidden unit", 7, call="unit(1)"),
    _action("previous_unit", "play", "K", "unit before", "Colour by the hidden unit before", call="unit(-1)"),
    _action("order_units", "play", "h", "order", "Order units by the symbol at the cursor, or by variance", 6),
    _action("copy", "play", "y", "copy", "Copy what was written, and keep it in a file", 2, call="app.copy"),
    _action("copy_all", "play", "Y", "copy all", "Copy prompt and text, and keep them in a file", call="app.copy_all"),
    _action("write_file", "play", "w", "write", "Write prompt and text to a new file here", call="app.write_file"),
    _action("editor", "play", "e", "$EDITOR", "Edit the prompt in $EDITOR", call="app.editor"),
    _action("zoom", "play", "z", "zoom", "Give this pane the whole screen, or take it back", 4),
    _action("unzoom", "play", "escape", "all panes", "Show all panes again (z does too)"),
    _action("compare", "play", "d", "compare", "Compare this branch with another, side by side"),
    _action("models", "play", "o", "model", "Open another model", 1, call="app.models"),
    _action("train", "play", "t", "train", "Train a model of your own", 1, call="app.train"),
    _action("runs", "play", "u", "runs", "List runs, alive and past", call="app.runs"),
    _action("monitor", "play", "m", "monitor", "Show the run being trained at full size", 1, call="app.monitor"),
    _action("lab", "play", "l", "lab", "Try claims of the field in small experiments", call="app.lab"),
    _action("pane_1", "play", "1", "prompt", "Go to the prompt"),
    _action("pane_2", "play", "2", "text", "Go to the text"),
    _action("pane_3", "play", "3", "sampling", "Go to the sampling controls"),
    _action("pane_4", "play", "4", "training", "Go to the training pane"),
    _action("pane_5", "play", "5", "next", "Go to the next symbol"),
    _action("pane_6", "play", "6", "branches", "Go to the branches"),
    _action("palette", "play", "colon", "palette", "Find and run any action", call="app.palette"),
)

_PANES = (
    _action("back", "output", "left", "step back", "Step back by one symbol", 9),
    _action("forward", "output", "right", "forward", "Step forward by one symbol"),
    _action("row_up", "output", "up", "row up", "Step back by a row of text"),
    _action("row_down", "output", "down", "row down", "Step forward by a row of text"),
    _action("page_back", "output", "pageup", "page up", "Step back by a screenful"),
    _action("page_forward", "output", "pagedown", "page down", "Step forward by a screenful"),
    _action("to_start", "output", "home", "to prompt", "Step back to the end of the prompt"),
    _action("to_end", "output", "end", "to end", "Step forward to the end of the text"),
    _action("back", "next", "left", "step back", "Step back by one symbol", 5),
    _action("forward", "next", "right", "forward", "Step forward by one symbol"),
    _action("bar_up", "next", "up", "up", "Choose the bar above"),
    _action("bar_down", "next", "down", "choose", "Choose the bar below", 8),
    _action("force", "next", "enter", "write it", "Write the chosen symbol here; opens a branch", 9),
    _action("scale", "next", "percent_sign", "log", "Bars linear or logarithmic", 4),
    _action("particle", "next", "v", "particle", "Bars of the mixture, or of one particle after the other"),
    _action("row_above", "controls", "up", "up", "The setting above"),
    _action("row_below", "controls", "down", "setting", "The setting below", 8),
    _action("less", "controls", "left", "less", "Turn the setting down", 7),
    _action("more", "controls", "right", "adjust", "Turn the setting up", 9),
    _action("reset", "controls", "0", "reset", "Back to the default", 6),
    _action("fix_seed", "controls", "enter", "fixed/random", "Keep the seed fixed, or draw a new one each time", 5),
    _action("branch_up", "branches", "up", "up", "The branch above"),
    _action("branch_down", "branches", "down", "choose", "The branch below", 8),
    _action("switch", "branches", "enter", "return to it", "Go back to this branch", 9),
    _action("compare", "branches", "d", "compare", "Compare it with the branch you are on", 7),
)

_ROWS = (
    _action("pixel_left", "picture", "left", "move", "To the pixel on the left", 8, call="go(0, -1)"),
    _action("pixel_right", "picture", "right", "right", "To the pixel on the right", call="go(0, 1)"),
    _action(
        "pixel_up",
        "picture",
        "up",
        "up",
        "To the pixel above; in a table, to the column of the data above",
        call="go(-1, 0)",
    ),
    _action("pixel_down", "picture", "down", "down", "To the pixel below", call="go(1, 0)"),
    _action("to_start", "picture", "home", "first", "To the value that is written first"),
    _action("to_end", "picture", "end", "last", "To where it is being written"),
    _action("paint", "picture", "space", "paint", "Make the value here known, its opposite, or unknown again", 9),
    _action(
        "complete", "picture", "f", "complete", "Write samples that agree with what is known", 9, call="screen.complete"
    ),
    _action(
        "darker", "picture", "comma", "darker", "A darker brush, another colour; a known number down", call="brush(-1)"
    ),
    _action(
        "lighter",
        "picture",
        "full_stop",
        "lighter",
        "A lighter brush, another colour; a known number up",
        call="brush(1)",
    ),
    _action(
        "keep_beginning",
        "picture",
        "K",
        "keep",
        "All that is written before the cursor is known",
        call="screen.keep_beginning",
    ),
    _action(
        "forget_known", "picture", "X delete", "forget", "Nothing is known any more", 3, call="screen.forget_known"
    ),
    _action("layer", "picture", "v", "map", "Show what was expected, surprisal, or the order of writing", 7),
    _action(
        "branch_sample",
        "picture",
        "b",
        "branch",
        "A new sample that begins as this one does up to the cursor",
        5,
        call="screen.branch_sample",
    ),
    _action("sample_before", "picture", "left_square_bracket", "before", "The sample before", call="screen.sample(-1)"),
    _action("sample_after", "picture", "right_square_bracket", "sample", "The next sample", 6, call="screen.sample(1)"),
    _action(
        "next_order", "picture", "O", "order", "Write in another order, if the model can", call="screen.next_order"
    ),
    _action("pick_left", "samples", "left", "choose", "The sample on the left", 9, call="go(0, -1)"),
    _action("pick_right", "samples", "right", "right", "The sample on the right", call="go(0, 1)"),
    _action("pick_up", "samples", "up", "up", "The sample above", call="go(-1, 0)"),
    _action("pick_down", "samples", "down", "down", "The sample below", call="go(1, 0)"),
    _action(
        "complete", "samples", "f", "complete", "Write samples that agree with what is known", 5, call="screen.complete"
    ),
    _action(
        "branch_sample",
        "samples",
        "b",
        "branch",
        "A new sample that begins as this one does up to the cursor",
        5,
        call="screen.branch_sample",
    ),
)

_TRAINING = (
    _action("metric_before", "training", "left", "metric", "The metric before; with the cursor up, the cursor back"),
    _action("metric_after", "training", "right", "metric", "The metric after; with the cursor up, the cursor on", 4),
    _action("log_axis", "training", "l", "log", "Loss linear or logarithmic", 5),
    _action("less_smooth", "training", "left_square_bracket", "raw", "Less smoothing"),
    _action("smoother", "training", "right_square_bracket", "smooth", "More smoothing", 3),
    _action("span", "training", "v", "span", "All of the run, or its last part"),
    _action("step_or_time", "training", "a", "time", "Steps or time below the curve"),
    _action("overlay", "training", "o", "overlay", "Lay another run over this one, or take it away"),
    _action("cursor", "training", "c", "cursor", "A cursor that reads the curve"),
    _action("checkpoint", "training", "C", "save", "Write a checkpoint now", 6),
    _action("pause_run", "training", "P", "pause run", "Let the run wait, or go on"),
    _action("set_rate", "training", "L", "rate", "Set the learning rate of the run"),
    _action("play_run", "training", "W", "play it", "Play the newest checkpoint of the run"),
    _action("stop_run", "training", "S", "stop…", "Stop and save, kill, detach", 7),
)

_MONITOR = (
    _action("metric_before", "monitor", "left", "metric", "The metric before; with the cursor up, the cursor back"),
    _action("metric_after", "monitor", "right", "metric", "The metric after; with the cursor up, the cursor on", 7),
    _action("log_axis", "monitor", "l", "log", "Loss linear or logarithmic", 5),
    _action("less_smooth", "monitor", "left_square_bracket", "raw", "Less smoothing"),
    _action("smoother", "monitor", "right_square_bracket", "smooth", "More smoothing", 3),
    _action("span", "monitor", "v", "span", "All of the run, or its last part", 4),
    _action("step_or_time", "monitor", "a", "time", "Steps or time below the curve", 2),
    _action("overlay", "monitor", "o", "overlay", "Lay another run over this one, or take it away", 2),
    _action("cursor", "monitor", "c", "cursor", "A cursor that reads the curve", 4),
    _action("checkpoint", "monitor", "C", "save", "Write a checkpoint now", 6),
    _action("pause_run", "monitor", "p P space", "pause", "Let the run wait, or go on", 6),
    _action("set_rate", "monitor", "L", "rate", "Set the learning rate of the run", 1),
    _action("play_run", "monitor", "W", "play it", "Play the newest checkpoint of the run", 8),
    _action("stop_run", "monitor", "S", "stop…", "Stop and save, kill, detach", 7),
    _action("export", "monitor", "x", "export", "Write the curves to a CSV and a JSON file in this folder", 1),
    _action("runs", "monitor", "u", "runs", "List runs, alive and past"),
    _action("close", "monitor", "q escape m", "back", "Back to the main screen", 9),
)

_RUNS = (
    _action("attach", "runs", "enter", "follow", "Follow this run in the training pane", 9),
    _action("play", "runs", "p", "play", "Play its newest checkpoint", 8),
    _action("resume", "runs", "r", "resume", "Go on with a run that was stopped, failed or died", 7),
    _action("delete", "runs", "d delete", "delete", "Delete the run; asks first", 6),
    _action("undelete", "runs", "z", "undo", "Bring back the run that was deleted last, within a week", 5),
    _action("filter", "runs", "slash", "filter", "Show runs that have these words", 5),
    _action("train", "runs", "t", "train", "Train a model of your own", 4),
    _action("close", "runs", "q escape", "back", "Back to the main screen", 9),
)

_LAB = (
    _action("carry_out", "lab", "enter", "try it", "Carry out the chosen experiment", 9),
    _action("next_seed", "lab", "s", "next seed", "Carry it out again, under the next seed", 6),
    _action("table_or_plot", "lab", "v", "table/plot", "Table or plot, where there is room for one", 7),
    _action("stop_experiment", "lab", "x ctrl+c", "stop", "Stop the experiment that is being carried out", 5),
    _action("close", "lab", "q escape", "back", "Stop the experiment; else back to the main screen", 8),
)

_FORM = (
    _action("start", "form", "ctrl+r", "start", "Start the run, detached", 9, priority=True),
    _action("close", "form", "ctrl+n escape", "cancel", "Leave without a run", 8),
)

_SCREENS = (
    _action("next_difference", "compare", "n down", "scroll", "Scroll down", 5),
    _action("earlier_difference", "compare", "p up", "back", "Scroll up"),
    _action("take_left", "compare", "l left", "take left", "Return to the branch on the left", 8),
    _action("take_right", "compare", "r right", "take right", "Return to the branch on the right", 8),
    _action("other_branch", "compare", "tab", "next branch", "Compare with the next branch", 6),
    _action("close", "compare", "q escape", "back", "Back to the main screen", 9),
    _action("close", "models", "q escape", "back", "Back to the main screen", 8),
    _action("open_model", "models", "enter", "open", "Play this model", 9),
)

ACTIONS: tuple[Action, ...] = (
    *_APP,
    *_TYPING,
    *_PLAY,
    *_PANES,
    *_ROWS,
    *_TRAINING,
    *_SCREENS,
    *_MONITOR,
    *_RUNS,
    *_LAB,
    *_FORM,
)
"""Every action there is."""


class Keymap(Struct, frozen=True):
    """The table with a person's own keys in it."""

    actions: tuple[Action, ...] = ACTIONS

    def of_scope(self, scope: Scope) -> list[Action]:
        """The actions of one scope, in the order of the table."""
        return [action for action in self.actions if action.scope == scope]

    def hints(self, scopes: Iterable[Scope]) -> list[Action]:
        """What a footer shows while these scopes are in force, nearest first; a key is its nearest owner's.

        While a person types, a letter is text: actions are shown with a key that is not one, or not at all.
        """
        taken: set[str] = set()
        shown: list[Action] = []
        typing = False
        for scope in scopes:
            typing = typing or scope == "typing"
            own = [action for action in self.of_scope(scope) if not taken.intersection(action.keys[:1])]
            for action in own:
                keys = tuple(key for key in action.keys if not (typing and is_text(key)))
                if action.weight and keys and action.id not in {other.id for other in shown}:
                    shown.append(replace(action, keys=keys))
            taken.update(key for action in own for key in action.keys)
        return shown


def is_text(key: str) -> bool:
    """Whether a key writes a character where text is typed."""
    return len(key) == 1 or key in _CHARACTERS


_CHARACTERS = frozenset(
    [
        "space",
        "minus",
        "plus",
        "equals_sign",
        "comma",
        "full_stop",
        "colon",
        "question_mark",
        "percent_sign",
        "slash",
        "left_square_bracket",
        "right_square_bracket",
    ]
)


def binding_id(action: Action) -> str:
    """What an action is called in `keys.toml`: `play.pause`."""
    return f"{action.scope}.{action.id}"


def remapped(changes: Mapping[str, object]) -> tuple[Keymap, list[str]]:
    """The table with the keys of `keys.toml` in it, and one line for each entry that means nothing.

    `changes` maps `play.pause` to a key or a list of keys.
    """
    known = {binding_id(action): action for action in ACTIONS}
    notes = [f"keys.toml: there is no action {name!r}" for name in changes if name not in known]
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in changes.items():
        keys = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
        if name in known and (not keys or not all(isinstance(key, str) and key.strip() for key in keys)):
            notes.append(f"keys.toml: {name} needs a key or a list of keys")
        elif name in known:
            chosen[name] = tuple(key.strip() for key in keys)
    actions = []
    for action in ACTIONS:
        keys = chosen.get(binding_id(action), action.keys)
        actions.append(replace(action, keys=keys))
    return Keymap(tuple(actions)), notes


_DISPLAY: Mapping[str, str] = {
    "enter": "↵",
    "tab": "tab",
    "space": "space",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "comma": ",",
    "full_stop": ".",
    "colon": ":",
    "question_mark": "?",
    "percent_sign": "%",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
}
_ASCII_DISPLAY: Mapping[str, str] = {"enter": "enter", "left": "left", "right": "right", "up": "up", "down": "down"}


def key_name(key: str, *, ascii_only: bool = False) -> str:
    """A key as it is written on the screen: `^o` for ctrl+o, `↵` for enter."""
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+")
    if key.startswith("shift+"):
        return "shift+" + key_name(key.removeprefix("shift+"), ascii_only=ascii_only)
    if ascii_only and key in _ASCII_DISPLAY:
        return _ASCII_DISPLAY[key]
    return _DISPLAY.get(key, key)


def markdown_table() -> str:
    """The table of keys for the README."""
    rows = []
    for scope in SCOPES:
        actions = Keymap().of_scope(scope)
        if not actions:
            continue
        rows += [f"\n**{HEADINGS[scope]}**\n", "| key | does |", "|---|---|"]
        rows += [f"| {' '.join(_code(key) for key in action.keys)} | {action.help} |" for action in actions]
    return "\n".join(rows).strip() + "\n"


def _code(key: str) -> str:
    name = key.replace("+", "+") if key.startswith(("ctrl+", "shift+")) else key_name(key)
    return f"`{name}`" if name != "|" else "`\\|`"


if __name__ == "__main__":
    print(markdown_table(), end="")
