"""Textual's bindings, made from the table of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from grnn_tui.ui.actions import Keymap, Scope, binding_id


def bindings_for(*scopes: Scope) -> list[BindingType]:
    """For the `BINDINGS` of a widget, a screen or the app; a person's own keys are laid over them by `set_keymap`."""
    return [
        Binding(
            ",".join(action.keys),
            action.call,
            action.label,
            id=binding_id(action),
            show=False,
            priority=action.priority,
        )
        for scope in scopes
        for action in Keymap().of_scope(scope)
    ]


def keymap_strings(keymap: Keymap) -> dict[str, str]:
    """What `App.set_keymap` takes: only what differs from the table."""
    default = {binding_id(action): action.keys for action in Keymap().actions}
    return {
        binding_id(action): ",".join(action.keys)
        for action in keymap.actions
        if action.keys != default[binding_id(action)]
    }
