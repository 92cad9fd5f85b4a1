"""One hidden unit along the text, as the screen asked to see it: read on in slices, told a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grnn_tui.engine.protocol import ShowUnit, UnitShown
from grnn_tui.playing.ranking import Ranking
from grnn_tui.playing.session import Session
from grnn_tui.playing.units import Units

CHEAP = 4096
"""Positions up to which units are ordered anew whenever the text has settled; beyond, whenever it has doubled."""


@dataclass(frozen=True)
class _Ranked:
    """A ranking, and what it is of."""

    units: Units
    mark: str
    size: int
    """Positions that were looked at ..."""
    stop: int
    """... up to this one; less when the text has changed since."""
    ranking: Ranking


class UnitWatch:
    """What is shown of hidden units, and how much of it has been told."""

    def __init__(self) -> None:
        self._wish: ShowUnit | None = None
        self._ranked: _Ranked | None = None
        self._told: tuple[Units, int | None] | None = None

    def show(self, wish: ShowUnit | None) -> None:
        """From now on this, or nothing."""
        self._wish, self._told = wish, None

    def behind(self, session: Session) -> bool:
        """Whether there is something to read that is asked for."""
        return self._wish is not None and not session.busy and session.units.behind(session.length)

    def read(self, session: Session, seconds: float) -> None:
        """Go on for about so long."""
        session.units.read(session.current, seconds)

    def take(self, session: Session, *, settled: bool) -> UnitShown | None:
        """What is to be told now; `settled` once no text is being written."""
        wish = self._wish
        if wish is None or session.busy or (count := session.units.count) is None:
            return None
        units = session.units
        changed = units.take_change()
        ranking = self._ranking(session, wish.mark, changed, settled=settled)
        order = ranking.order.tolist()
        unit = wish.unit if wish.unit in range(count) else order[0] if order else None
        start = changed if self._told == (units, unit) else units.first
        self._told = units, unit
        if unit is None:
            return UnitShown(None, wish.mark, [], 0.0, 0.0, 0.0, 0, 0, b"")
        along = units.along(unit, units.first)
        return UnitShown(
            unit=unit,
            mark=wish.mark,
            order=order,
            score=float(ranking.scores[unit]),
            low=float(along.min()) if along.size else 0.0,
            high=float(along.max()) if along.size else 0.0,
            first=units.first,
            start=start,
            values=along[start - units.first :].tobytes(),
        )

    def _ranking(self, session: Session, mark: str, changed: int, *, settled: bool) -> Ranking:
        units, ranked = session.units, self._ranked
        if ranked is not None and ranked.units is units and ranked.mark == mark:
            ranked = self._ranked = replace(ranked, stop=min(ranked.stop, changed))
            size, new = units.stop - units.first, units.stop - ranked.stop
            other = new > 0 or size != ranked.size
            if not (new > ranked.size or 2 * size < ranked.size or (settled and size <= CHEAP and other)):
                return ranked.ranking
        ranking = units.ranking(session.current, mark)
        self._ranked = _Ranked(units, mark, units.stop - units.first, units.stop, ranking)
        return ranking
