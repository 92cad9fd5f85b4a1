"""The screen of the real program as a terminal shows it: borders stand, whatever text and sizes do to them."""

from __future__ import annotations

import random
import termios
import unicodedata
from collections.abc import Iterator
from functools import partial

import msgspec
import pyte
import pytest
from wcwidth import wcwidth

from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.runs.rows import Noted
from grnn_tui.ui.settings import LastState
from tests.support.hostile import BIDI, foreign_in, payloads
from tests.support.models import make_model
from tests.support.promises import Harm, Reached
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.support.training_runs import make_run, started, story

UGLY = [
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "".join(BIDI).join("evil"),
    "中文字符混排世界",
    "👩‍👩‍👧‍👦🇩🇪👍🏻☺️",
    "עבריתالعربية",
    "กำนี้คือ",
    "e\u0301\u0323字\u0489",
]
DOWN = "│"
HOMES = ("CONFIG", "STATE", "RUNS", "CACHE")


class Screen(pyte.Screen):
    """A terminal that leans a mark on its cell, where pyte drops it and all that comes with it."""

    def draw(self, data: str) -> None:
        super().draw("".join(c for c in data if wcwidth(c) != 0 or unicodedata.combining(c)))


class Picture:
    """What a terminal shows that was fed, and had its size changed."""

    def __init__(self, on: OnTerminal, rows: int, columns: int) -> None:
        self.on, self.taken, self.boxes = on, 0, 0
        self.rows, self.columns = rows, columns
        self._begin()

    def _begin(self) -> None:
        self.screen = Screen(self.columns, self.rows)
        self.stream = pyte.Stream(self.screen)
        self.looked_at: tuple[int, bool] | None = None

    def resize(self, rows: int, columns: int) -> None:
        self.take()
        self.rows, self.columns = rows, columns
        self.screen.resize(rows, columns)
        self.looked_at = None
        termios.tcsetwinsize(self.on.slave, (rows, columns))
        # The terminal of a child in a session of its own is not its controlling one: nobody else tells it.
        self.on.child.send_signal(28)

    def take(self) -> None:
        told = self.on.read()
        self.stream.feed(told[self.taken :])
        self.taken = len(told)

    def glyphs(self) -> list[list[str]]:
        return [[self.screen.buffer[y][x].data for x in range(self.columns)] for y in range(self.rows)]

    def broken(self) -> list[tuple[int, int]]:
        """Where a border begins that does not go on to its end."""
        glyphs = self.glyphs()
        begin = [(y, x) for y, row in enumerate(glyphs) for x, glyph in enumerate(row) if glyph == "╭"]
        self.boxes = len(begin)
        return [place for place in begin if not self._box(glyphs, *place)]

    def whole(self) -> bool:
        """Whether there are borders as wide as the terminal, and all stand: one pane may have all of it."""
        self.take()
        if self.looked_at is None or self.looked_at[0] != self.taken:
            wide = any(row[-1] == "╮" for row in self.glyphs())
            self.looked_at = self.taken, wide and not self.broken()
        return self.looked_at[1]

    def becomes_whole(self) -> None:
        """Wait until it is; what the terminal shows if it is not."""
        try:
            self.on.until(self.whole)
        except AssertionError:
            shown = "\n".join("".join(row) for row in self.glyphs())
            raise AssertionError(f"borders broken at {self.broken()}:\n{shown}") from None

    def _box(self, glyphs: list[list[str]], y: int, x: int) -> bool:
        right = next((k for k in range(x + 1, self.columns) if glyphs[y][k] == "╮"), None)
        below = next((k for k in range(y + 1, self.rows) if glyphs[k][x] == "╰"), None)
        if right is None or below is None or glyphs[below][right] != "╯":
            return False
        return all(glyphs[k][x] == DOWN and glyphs[k][right] in (DOWN, "▁", "█", "▅") for k in range(y + 1, below))


@pytest.fixture(scope="module")
def ugly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnTerminal]:
    """A model that writes nothing else, a run that is called so, a prompt that ends so."""
    home = tmp_path_factory.mktemp("ugly")
    homes: dict[str, str | None] = {f"GRNN_TUI_{name}": str(home / name.lower()) for name in HOMES}
    symbols = tuple(dict.fromkeys("".join(UGLY) + " \nabc"))
    make_model(home / "models" / "ugly", "ngram", Vocabulary(unit="character", symbols=symbols))
    rows = [started(device=UGLY[0], warnings=UGLY), *list(story(500))[1:]]
    rows += [Noted(step=500, at=1.0, seconds=1.0, event="alarm", text=text) for text in UGLY]
    run = make_run(home / "runs", f"1120{UGLY[2]}", rows, data=UGLY[3], backend=UGLY[1])
    last = LastState(reference="ugly", prompt="".join(UGLY), written="".join(UGLY) * 4, run=str(run.path))
    (home / "state").mkdir()
    (home / "state" / "last.json").write_bytes(msgspec.json.encode(last))
    on = OnTerminal(home, size=(40, 120), environment=homes | {"NO_COLOR": None, "GRNN_TUI_MARKERS": None})
    yield on
    on.close()


@pytest.fixture(scope="module")
def picture(ugly: OnTerminal) -> Picture:
    shown = Picture(ugly, 40, 120)
    shown.becomes_whole()
    return shown


@pytest.mark.promise(12)
def test_a_size_that_comes_back_at_once_is_painted_anew(ugly: OnTerminal, picture: Picture) -> None:
    """A terminal that was narrow for a moment has lost what stood beyond, and the program may see one size only."""
    for _ in range(3):
        picture.resize(10, 20)
        picture.resize(40, 120)
        picture.becomes_whole()
    same_as_redrawn(picture)


@pytest.mark.promise(10, 12)
def test_borders_stand_after_ugly_text_and_any_sizes(
    ugly: OnTerminal, picture: Picture, harm: Harm, reached: Reached
) -> None:
    rounds, sizes, borders, luck = harm(8, 80), 0, 0, random.Random(3)
    for _ in range(rounds):
        for count in range(luck.randint(1, 8)):
            tiny, said = count % 5 == 0, len(ugly.read())
            picture.resize(1 if tiny else luck.randint(1, 45), 1 if tiny else luck.randint(1, 130))
            ugly.type(luck.choice(["a", "字", "\x1b[Z", "\t", "\x7f", "\x0c"]))
            if count % 5 in (2, 4):  # the others follow each other faster than they can be painted
                ugly.until(partial(says_more_than, ugly, said))
            sizes += 1
        picture.resize(40, 120)
        picture.becomes_whole()
        borders += picture.boxes
    ugly.type("\t\tn")
    same_as_redrawn(picture)
    broken = picture.broken()
    foreign, bidi = foreign_in(ugly.read(), payloads(300)), set("".join(BIDI)) & set(ugly.read())
    reached(sizes=sizes, borders=borders, borders_broken=len(broken), bidi_out=len(bidi))
    assert (broken, foreign, bidi) == ([], [], set())


def says_more_than(on: OnTerminal, count: int) -> bool:
    return len(on.read()) > count


def same_as_redrawn(picture: Picture) -> None:
    """What the terminal shows, and what a blank one shows that is told everything anew, become the same."""
    on = picture.on
    fresh = Picture(on, picture.rows, picture.columns)
    fresh.taken = picture.taken
    on.type("\x0c")

    def same() -> bool:
        picture.take()
        fresh.take()
        return fresh.whole() and picture.glyphs() == fresh.glyphs()

    on.until(same)
