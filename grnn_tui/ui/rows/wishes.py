"""What keys mean while a model of rows is open: turns a person's wishes into requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from grnn_tui.engine.protocol import Generate, MoveCursor, Pause, Request, Reroll, SetSampling
from grnn_tui.engine.row_protocol import (
    BranchSample,
    ForceValue,
    PaintKnown,
    RowsOpened,
    SelectSample,
    SetCondition,
    SetOrdering,
    SetSheet,
)
from grnn_tui.ui.panes.controls.view import Controls, natural_speed
from grnn_tui.ui.rows.orders import ORDERS, order_named
from grnn_tui.ui.rows.state import RowState
from grnn_tui.ui.told import Told

if TYPE_CHECKING:
    from grnn_tui.ui.controller import Controller


class RowWishes(Struct):
    """One person's play with rows, over the controller of the screen."""

    controller: Controller
    ordering: str = "own"
    """The order that was chosen, by name."""
    _about: tuple[object, ...] = ()

    @property
    def state(self) -> RowState:
        """What is known of the sheet."""
        rows = self.controller.state.rows
        assert rows is not None
        return rows

    @property
    def controls(self) -> Controls:
        """How rows are drawn."""
        return self.controller.controls

    def take_up(self, opened: RowsOpened) -> None:
        """A model of rows has been opened: tell it the settings; those about other rows begin anew."""
        about = (opened.kind, tuple(opened.shape), tuple(opened.classes), tuple(opened.features), opened.reference)
        controls = replace(self.controls, kind=opened.kind)
        if about[:4] != self._about[:4]:
            told = Told(
                tuple(opened.classes),
                tuple(opened.features),
                tuple(opened.feature_mean),
                tuple(opened.feature_scale),
            )
            controls = replace(controls, told=told, row_speed=natural_speed(opened.length))
            self.controller.controls = controls
            for request in self._settings():
                self.controller.send(request)
        self._about, self.controller.controls = about, controls

    def restoring(self) -> list[Request]:
        """What a fresh engine is asked besides its model: settings, what is known, and the sheet again by its seed."""
        state = self.state
        requests = self._settings()
        if self.ordering != "own":
            requests.append(SetOrdering(order_named(self.ordering, state.shape)))
        requests.append(self._painted(state.known))
        if not state.untouched:
            requests.append(self._again(self.controls.seed))
        return requests

    def _settings(self) -> list[Request]:
        controls = self.controls
        return [
            SetSheet(controls.samples, controls.particles),
            SetCondition(controls.told.vectors),
            SetSampling(controls.sampling, controls.seed),
        ]

    # --- writing ------------------------------------------------------------------------------------------------------

    def generate(self) -> None:
        """Go on with the sheet; a finished one is followed by another."""
        if self.state.finished:
            self.reroll()
        else:
            if self.state.untouched and self.controls.random_seed:
                self._take_seed(self.controller.draw_seed())
            self.controller.send(Generate(self.state.length, float(self.controls.row_speed)))

    def one(self) -> None:
        """One value of every sample."""
        self.controller.send(Generate(1))

    def pause(self) -> None:
        """Pause, or go on."""
        if self.controller.state.generating:
            self.controller.send(Pause())
        else:
            self.generate()

    def stop(self) -> bool:
        """Stop writing; whether anything was being written."""
        generating = self.controller.state.generating
        if generating:
            self.controller.send(Pause())
        return generating

    def reroll(self, *, same_seed: bool = False) -> None:
        """A new sheet."""
        if not same_seed:
            seed = self.controller.draw_seed()
            self.controller.controls = replace(self.controls, seed=seed)
        self.controller.send(self._again(self.controls.seed))

    def complete(self) -> None:
        """A new sheet with the same luck, in which what is known stands."""
        if not self.state.known:
            what = "value" if self.state.real else self.state.opened.unit
            self.controller.notice(f"nothing is known yet: space on a {what} makes it known")
            return
        self.controller.send(self._again(self.controls.seed))

    def branch(self) -> None:
        """A new sample that begins as this one does, and goes on by itself."""
        self.controller.send(BranchSample())
        self.controller.send(Generate(self.state.length, float(self.controls.row_speed)))

    def force(self, value: float) -> None:
        """Write this value at the cursor, and go on from there when asked to."""
        self.controller.send(ForceValue(float(value)))

    def table(self, *, selected: bool = False) -> str:
        """The selected row, or all finished ones under a head of names: values in row-major order, with commas."""
        state = self.state
        names = ",".join(name.replace(",", " ") for name in state.opened.columns)
        chosen = state.samples[state.selected : state.selected + 1] if selected else state.samples
        lines = [
            ",".join(f"{value:.10g}" for value in sample.values[state.steps].tolist())
            for sample in chosen
            if sample.length == state.length
        ]
        return "\n".join([names] * bool(names and lines and not selected) + lines) + "\n" * bool(lines)

    # --- moving -------------------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Step along the order."""
        state = self.state
        sample = state.sample
        target = max(0, min(sample.length if sample is not None else 0, state.cursor + by))
        if target != state.cursor or self.controller.state.generating:
            self.controller.send(MoveCursor(target - state.cursor))

    def stand_at(self, step: int) -> None:
        """Stand before this step of the selected sample, if it is written so far and nothing is being written."""
        if not self.controller.state.generating:
            self.move(step - self.state.cursor)

    def select(self, sample: int) -> None:
        """Look at another sample."""
        count = len(self.state.samples)
        if count:
            self.controller.send(SelectSample(sample % count))

    # --- what is known ------------------------------------------------------------------------------------------------

    def paint(self, places: dict[int, float | None]) -> None:
        """Values that are known from now on; None: no longer."""
        known = dict(self.state.known)
        for place, value in places.items():
            if value is None:
                known.pop(place, None)
            else:
                known[place] = value
        self._know(known)

    def know_what_precedes(self) -> None:
        """All that the selected sample has written before the cursor is known."""
        state, sample = self.state, self.state.sample
        if sample is None or not state.cursor:
            self.controller.notice("nothing is written before the cursor")
            return
        places = state.order[: state.cursor].tolist()
        self._know(dict(zip(places, sample.values[: state.cursor].tolist(), strict=True)))

    def forget_known(self) -> None:
        """Nothing is known any more."""
        self._know({})

    def _know(self, known: dict[int, float]) -> None:
        controller, rows = self.controller, self.state
        controller.state = replace(
            controller.state, rows=replace(rows, known=known, painted=not rows.untouched or rows.painted)
        )
        controller.send(self._painted(known))

    def _painted(self, known: dict[int, float]) -> PaintKnown:
        return PaintKnown(list(known), [float(value) for value in known.values()])

    # --- settings -----------------------------------------------------------------------------------------------------

    def set_controls(self, controls: Controls) -> None:
        """Draw otherwise; a sheet that is told something else is written again with the same luck."""
        before = self.controls
        self.controller.controls = controls
        send = self.controller.send
        if (controls.sampling, controls.seed) != (before.sampling, before.seed):
            send(SetSampling(controls.sampling, controls.seed))
        if (controls.samples, controls.particles) != (before.samples, before.particles):
            send(SetSheet(controls.samples, controls.particles))
        if controls.told.vectors != before.told.vectors:
            send(SetCondition(controls.told.vectors))
            if not self.state.untouched:
                send(self._again(controls.seed))
        elif controls.row_speed != before.row_speed and self.controller.state.generating:
            send(Generate(self.state.length, float(controls.row_speed)))

    def next_order(self) -> None:
        """Another order of writing; a model that knows one only says so."""
        self.ordering = ORDERS[(ORDERS.index(self.ordering) + 1) % len(ORDERS)]
        self.controller.send(SetOrdering(order_named(self.ordering, self.state.shape)))

    def _again(self, seed: int) -> Reroll:
        return Reroll(seed, self.state.length, float(self.controls.row_speed))

    def _take_seed(self, seed: int) -> None:
        self.controller.controls = replace(self.controls, seed=seed)
        self.controller.send(SetSampling(self.controls.sampling, seed))
