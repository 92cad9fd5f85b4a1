"""Foreign text fills cells and does nothing else, on every command and every screen."""

from __future__ import annotations

import io
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from grnn_tui.cli.lab import _progress as experiments_bar
from grnn_tui.cli.main import main
from grnn_tui.engine import protocol as p
from grnn_tui.lab.finding import Finding, Series
from grnn_tui.runs.rows import Noted
from grnn_tui.safetext import REPLACEMENT, sanitise
from grnn_tui.ui.screens.train_form import TrainForm
from tests.support.hostile import brackets, foreign_in, payloads
from tests.support.models import LETTERS, make_model
from tests.support.promises import Harm, Reached
from tests.ui.support.fake_engine import FakeEngine
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, Stage, stage
from tests.ui.support.training_runs import make_run, started, story

ALL = 300


class Terminal(io.TextIOWrapper):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Models and runs whose names, cards, requests and rows are all foreign."""
    folder = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "STATE", "RUNS", "CACHE", "MODELS"):
            patch.setenv(f"GRNN_TUI_{name}", str(folder / name.lower()))
        patch.chdir(folder)
        make_model(folder / "models" / "tiny", "ngram", LETTERS)
        yield folder


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command on a terminal, or in a pipe: its status, and all it wrote."""

    def run(*words: str, terminal: bool = True) -> tuple[int, str]:
        out, err = io.BytesIO(), io.BytesIO()
        kind = Terminal if terminal else io.TextIOWrapper
        streams = [kind(raw, encoding="utf-8", errors=how) for raw, how in ((out, "strict"), (err, "backslashreplace"))]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        monkeypatch.setattr(sys, "argv", ["grnn-tui", *words])
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = int(str(stop.code or 0))
        for stream in streams:
            stream.flush()
        told = (out.getvalue() + err.getvalue()).decode("utf-8", "surrogateescape")
        monkeypatch.undo()
        return status, told

    return run


def as_name(payload: str) -> str | None:
    """As a file may be called; None if none may."""
    name = payload.replace("/", "_").replace("\0", "_")
    try:
        return name if name.encode("utf-8", "surrogateescape") and name not in (".", "..") else None
    except UnicodeEncodeError:
        return None


def encodable(payload: str) -> str:
    return payload.encode("utf-8", "replace").decode()


def foreign_run(home: Path, name: str, payload: str) -> None:
    """A run that a payload has got into everywhere."""
    text = encodable(payload)
    rows = [started(device=text, warnings=[text], references={text: 1.0}), *list(story(500))[1:]]
    rows += [Noted(step=500, at=1.0, seconds=1.0, event=text, text=text)]
    make_run(home / "runs", name, rows, backend=text, data=text)


@pytest.mark.promise(10)
def test_what_is_listed_followed_and_played_drives_no_terminal(
    home: Path, say: Callable[..., tuple[int, str]], harm: Harm, reached: Reached
) -> None:
    hidden = payloads(ALL)
    names = {name: payload for payload in hidden[: harm(60, ALL)] if (name := as_name(payload))}
    for name, payload in names.items():
        foreign_run(home, name, payload)
        shutil.copytree(home / "models" / "tiny", home / "models" / name, dirs_exist_ok=True)
    lists = [("runs",), ("models",), ("corpora",)]
    played = [(*words, name) for name in list(names)[: harm(12, ALL)] for words in (("watch",), ("generate", "-n3"))]
    foreign = []
    for words in (*lists, *played):
        status, told = say(*words)
        foreign += foreign_in(told, hidden)
        assert status in (0, 1, 2)
        assert say(*words, terminal=False)[0] == status
    for words in (*((*listed, "--json") for listed in lists), ("watch", next(iter(names)), "--json")):
        assert say(*words)[1].isascii()
    for where in ("runs", "models"):
        for name in names:
            shutil.rmtree(home / where / name)
    reached(payloads=len(names), commands=len(lists) + len(played), foreign_sequences=len(foreign))
    assert foreign == []


def uses(payload: str) -> list[tuple[str, ...]]:
    """Every way in which a person, or a file they were given, hands a text to a command."""
    gone, own = f"no{payload}", f"./{payload}x"
    return [
        (gone, gone), ("generate", gone), ("generate", "tiny", "-n2", "--prompt", payload), ("generate", gone, payload),
        ("generate", "tiny", "--temperature", payload), (f"--{payload}",), ("generate", "tiny", f"--{payload}"),
        ("generate", "tiny", "-n2", "--label", payload), ("generate", "tiny", "--out", own),
        ("next", "tiny", "-p", payload), ("describe", "~no/" + payload),
        ("score", "tiny", own), ("score", gone, own), ("units", "tiny", own), ("complete", gone), ("detect", gone, own),
        ("classify", gone, own), ("features", gone, own), ("describe", own), ("fetch", gone), ("backends", gone),
        ("lab", gone), ("watch", gone), ("pause", gone), ("set", gone, "lr=1"), ("set", "x", payload), ("train", own),
        ("train", "--resume", gone), ("train", "tales", "--backend", gone), ("train", own, "--name", payload),
        ("train", "tales", "--val", own), ("export", gone, own), ("export", "tiny", own),
    ]  # fmt: skip


@pytest.mark.promise(10)
def test_what_is_asked_for_comes_back_harmless_in_one_line(
    home: Path, say: Callable[..., tuple[int, str]], harm: Harm, reached: Reached
) -> None:
    hidden, foreign, count = payloads(ALL), list[str](), 0
    for payload in hidden[: harm(6, ALL)]:
        if "\0" in payload or as_name(payload) is None or "\n" in payload:
            continue
        for words in uses(payload):
            status, told = say(*words)
            foreign += foreign_in(told, hidden)
            assert "Traceback" not in told
            assert status == 0 or told.count("grnn-tui: ") == 1, (words, told)
            count += 1
    reached(foreign_arguments=count, foreign_sequences=len(foreign))
    assert foreign == []


@pytest.mark.promise(10)
def test_the_bar_of_an_experiment_drives_no_terminal(
    monkeypatch: pytest.MonkeyPatch, harm: Harm, reached: Reached
) -> None:
    hidden, out = payloads(ALL)[: harm(30, ALL)], io.BytesIO()
    monkeypatch.setattr(sys, "stderr", Terminal(out, encoding="utf-8", errors="backslashreplace"))
    for payload in hidden:
        with experiments_bar(lines=False) as report:
            report(0.5, payload)
    sys.stderr.flush()
    monkeypatch.undo()
    foreign = foreign_in(out.getvalue().decode(), hidden)
    reached(experiments_told=len(hidden), foreign_sequences=len(foreign))
    assert foreign == []


def test_a_name_that_is_no_text_goes_through_a_pipe_as_it_is(home: Path, say: Callable[..., tuple[int, str]]) -> None:
    assert say("export", "tiny", "out\udcff", terminal=False)[1].startswith("out\udcff\n")
    shutil.rmtree(home / "out\udcff")


# --- screens ----------------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What was looked at on screens, and what of it should not have been there."""

    here: Stage
    segments: int = 0
    foreign: list[str] = field(default_factory=list)
    actions: list[object] = field(default_factory=list)

    def look(self) -> str:
        """Every glyph on the screen; safetext would have written each, and none has an action."""
        glyphs = []
        for strip in self.here.app.screen._compositor.render_strips():
            for segment in strip:
                self.segments += 1
                if segment.text != sanitise(segment.text):
                    self.foreign.append(ascii(segment.text))
                if segment.style and (action := segment.style.meta.get("@click")):
                    self.actions.append(action)
                glyphs.append(segment.text)
        return "".join(glyphs)


def found_in(texts: list[str]) -> Finding:
    """What an experiment with a foreign model may have found."""
    ones = [1.0] * len(texts)
    curves = [Series(text, [0.0, 1.0], [0.0, 1.0]) for text in texts[:6]]
    return Finding(
        experiment="noise", claim=texts[0], held=True, sentence="".join(texts), columns=texts[:3], x_label=texts[1],
        rows=[[text, text, value] for text, value in zip(texts, ones, strict=True)], y_label=texts[2], series=curves,
    )  # fmt: skip


async def everywhere(here: Stage, texts: list[str]) -> Seen:
    """Texts through notices, bars, models, runs, what the lab found, the fields of the form and the palette."""
    seen = Seen(here)
    await here.press("tab", "n", "n", "left")
    seen.look()
    for text in texts:
        here.engine.say(p.Failed(text))
        await until(here.pilot, lambda: not here.app._frame_due and here.engine._queue.empty())
        seen.look()
    here.app.lab_found |= {"noise": found_in(texts)}
    for key in ("o", "u", "5"):
        await here.press(key)
        await here.settle()
        seen.look()
        await here.press(*["down"] * 5, "escape")
    await here.press("t")
    await until(here.pilot, lambda: isinstance(here.app.screen, TrainForm))
    await until(here.pilot, lambda: here.app.screen.query("#name"))
    for at, text in enumerate(texts):
        field = here.app.screen.query_one("#path" if at % 2 else "#name", Input)
        field.focus()
        field.clear()
        here.app.post_message(events.Paste(text))
        await here.pilot.pause()
        seen.look()
    await here.press("escape", "ctrl+o")
    here.app.post_message(events.Paste("".join(texts[:5])))
    await here.settle()
    seen.look()
    await here.press("escape")
    return seen


@pytest.mark.promise(10, 11)
async def test_no_screen_is_driven_by_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Harm, reached: Reached
) -> None:
    for name in ("CONFIG", "STATE", "RUNS", "CACHE"):
        monkeypatch.setenv(f"GRNN_TUI_{name}", str(tmp_path / name.lower()))
    chosen, batch = [*brackets()[: harm(8, 100)], *payloads(ALL)[: harm(8, ALL)]], harm(16, 24)
    segments, foreign, actions = 0, list[str](), list[object]()
    for at in range(0, len(chosen), batch):
        texts = chosen[at : at + batch]
        for text in texts:
            if (called := as_name(text)) is not None and not (tmp_path / "runs" / called).exists():
                foreign_run(tmp_path, called, text)
        engine = FakeEngine(
            labels=list(dict.fromkeys([*texts, *(text[:1] for text in texts), "a", " "])), name=texts[0]
        )
        engine.models = [p.ModelInfo("x", text, text, text, 1, 1.0, None, "run") for text in texts]
        async with stage(LARGE, engine) as here:
            seen = await everywhere(here, texts)
            assert here.app.is_running  # a fault of the markup would have ended it
        segments, foreign, actions = segments + seen.segments, foreign + seen.foreign, actions + seen.actions
        shutil.rmtree(tmp_path / "runs")
    told = {"foreign_sequences": len(foreign), "actions": len(actions)}
    reached(texts_on_screens=len(chosen), pieces_looked_at=segments, **told)
    assert (foreign, actions) == ([], [])


@pytest.mark.promise(11)
async def test_every_code_point_is_on_the_screen_or_its_stand_in_is(harm: Harm, reached: Reached) -> None:
    luck, count, batch, lost = random.Random(7), harm(500, 10_000), 50, list[str]()
    strings = [*brackets(), *(random_text(luck) for _ in range(count))]
    async with stage((120, 40)) as here:
        seen = Seen(here)
        for at in range(0, len(strings), batch):
            lines = strings[at : at + batch]
            for text in lines:
                stand_in = sanitise(text)
                assert len(stand_in) == len(text)
                stands = (
                    b in (a, REPLACEMENT) or 0x2400 <= ord(b) <= 0x2421 for a, b in zip(text, stand_in, strict=True)
                )
                assert all(stands)
            text = lines[at // batch % len(lines)][:60]
            here.engine.say(p.Failed(text))
            here.screen.prompt.set_prompt(text)
            await here.settle()
            glyphs = seen.look()
            whole = sanitise(text.replace("\r\n", "\n").replace("\r", "\n"), keep_newlines=True)
            for line in whole.split("\n")[:2]:
                if line.replace("\t", "").strip()[:40] not in glyphs.replace("\n", ""):
                    lost.append(ascii(line))
    reached(strings=len(strings), lost=len(lost), actions=len(seen.actions))
    assert (lost, seen.foreign, seen.actions) == ([], [], [])


RANGES = (0x20, 0x7E), (0, 0x2FF), (0x300, 0x6FF), (0x2000, 0x20FF), (0x4E00, 0x4F00), (0x1F300, 0x1FAFF), (0, 0xD7FF)


def random_text(luck: random.Random) -> str:
    return "".join(chr(luck.randint(*luck.choice(RANGES))) for _ in range(luck.randint(1, 24)))
