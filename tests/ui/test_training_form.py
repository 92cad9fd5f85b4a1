"""The form for a new run: what it says is wrong, what it asks for, and that starting never makes keys wait."""

from __future__ import annotations

import contextlib
import shlex
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.app import App
from textual.widgets import Button, Input, Static

from grnn_tui.backends.registry import backends
from grnn_tui.engine.catalogue import backend_infos
from grnn_tui.engine.protocol import Field
from grnn_tui.errors import RunError, UsageError
from grnn_tui.runs.presets import PRESETS, STANDARD
from grnn_tui.runs.request import RunRequest, TrainingOptions
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.screens.field_values import parsed, shown_default, typed
from grnn_tui.ui.screens.form_fields import FormFields
from grnn_tui.ui.screens.form_rows import Choice, ChoiceList
from grnn_tui.ui.screens.request_form import (
    MAIN_OPTIONS,
    MORE_OPTIONS,
    SIZES,
    Entries,
    check_data,
    command_of,
    completions,
    faults,
    parameters_of,
    preset,
    request_of,
    size_of,
    training_fields,
)
from grnn_tui.ui.screens.train_form import TrainForm
from grnn_tui.ui.widgets.lines import cut_at_word
from tests.ui.support.catalogue import catalogue
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text

Compare = Callable[[App[object], str], None]
CORPORA = {c.name: c for c in catalogue().corpora}
LSTM = next(b for b in catalogue().backends if b.name == "lstm")


@pytest.fixture(autouse=True)
def _own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))


def entries() -> Entries:
    return Entries(
        data="tales",
        backend="lstm",
        settings={f.name: shown_default(f) for f in LSTM.fields},
        training={f.name: shown_default(f) for f in training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))},
    )


def test_defaults_make_a_request_that_is_all_defaults() -> None:
    request = request_of(entries(), LSTM, CORPORA)
    assert msgspec.structs.replace(request.training, seconds=None) == TrainingOptions()
    assert request.training.seconds == 180.0
    assert request.command == "grnn-tui train tales --backend lstm --seconds 180"
    assert msgspec.json.decode(msgspec.json.encode(request), type=RunRequest) == request


def test_what_differs_from_the_defaults_stands_in_the_command() -> None:
    chosen = entries()
    chosen = replace(
        chosen,
        settings=dict(chosen.settings) | {"hidden": "512", "tied": "true"},
        training=dict(chosen.training) | {"weight_decay": "0.1", "schedule": "constant"},
        budget="epochs",
        amount="2.5",
        name="my-run",
        unit="byte",
        validation="0.2",
    )
    words = shlex.split(request_of(chosen, LSTM, CORPORA).command)
    assert words == shlex.split(
        "grnn-tui train tales --backend lstm --hidden 512 --tied --epochs 2.5 --schedule constant"
        " --weight-decay 0.1 --unit byte --val 0.2 --name my-run"
    )


@pytest.mark.parametrize(
    ("change", "key", "fault"),
    [
        ({"data": ""}, "data", "a corpus"),
        ({"data": "tinyshakespeare"}, "data", "grnn-tui fetch tinyshakespeare"),
        ({"data": "/no/such/file"}, "data", "no such file"),
        ({"data": "a\0b"}, "data", "no such file"),
        ({"data": "/no/such/*.txt"}, "data", "no such folder"),
        ({"settings": {"hidden": "0"}}, "set-hidden", "at least 1, at most 8192"),
        ({"settings": {"hidden": "many"}}, "set-hidden", "a whole number such as 256"),
        ({"training": {"lr": "nan"}}, "opt-lr", "a finite number"),
        ({"training": {"lr": "0"}}, "opt-lr", "above 0, at most 10"),
        ({"training": {"batch": "1e9"}}, "opt-batch", "a whole number"),
        ({"amount": "-1"}, "amount", "at least 1"),
        ({"validation": "1.5"}, "validation", "at most 0.9"),
        ({"unit": "word", "vocabulary_limit": "1e9"}, "limit", "a whole number such as 10000"),
        ({"unit": "word", "vocabulary_limit": "2"}, "limit", "at least 3, at most 65536"),
        ({"name": "../x"}, "name", "letters, digits"),
        ({"name": ".x"}, "name", "letters, digits"),
    ],
)
def test_each_fault_is_one_line_at_its_field(change: dict[str, Any], key: str, fault: str) -> None:
    base = entries()
    merged: dict[str, Any] = {k: {**getattr(base, k), **v} if isinstance(v, dict) else v for k, v in change.items()}
    found = faults(replace(base, **merged), LSTM, CORPORA)
    assert list(found) == [key]
    assert fault in found[key]
    assert len(found[key]) <= 80
    assert "\n" not in found[key]
    with pytest.raises(UsageError):
        request_of(replace(base, **merged), LSTM, CORPORA)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    assert faults(replace(entries(), name="mine"), LSTM, CORPORA) == {"name": "there is a run of that name"}


@given(st.text(max_size=30))
@example("\x00/")
def test_no_entry_breaks_the_form(text: str) -> None:
    check: Callable[[], object]
    for check in (
        lambda: check_data(text, CORPORA),
        *(lambda f=f: parsed(f, text) for f in (*LSTM.fields, *training_fields((*MAIN_OPTIONS, *MORE_OPTIONS)))),
    ):
        with contextlib.suppress(UsageError):
            check()
    completions(text)


def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "textile.txt").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    assert completions("", 1) == []
    assert completions(f"{tmp_path}/tex") == [f"{tmp_path}/textile.txt", f"{tmp_path}/texts/"]
    assert completions(f"{tmp_path}/") == [f"{tmp_path}/textile.txt", f"{tmp_path}/texts/"]
    assert completions("/no/such/") == []


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "mingru", "minlstm"])
@pytest.mark.parametrize("size", list(SIZES))
def test_parameters_are_about_right(name: str, size: str) -> None:
    from grnn_tui.data.vocabulary import Vocabulary

    backend = backends()[name]
    info = next(info for info in backend_infos() if info.name == name)
    settings = backend.parse_settings({key: int(value) for key, value in preset(size, info).items()})
    network = backend.build_network(settings, Vocabulary(unit="character", symbols=tuple(map(chr, range(64, 128)))))
    exact = sum(p.numel() for p in network.parameters())
    guess = parameters_of(info, msgspec.structs.asdict(settings))
    assert guess == pytest.approx(exact, rel=0.05)


def test_a_size_is_recognised_by_its_figures() -> None:
    assert size_of({"hidden": "256", "layers": "1", "embedding": "64", "dropout": "0"}, LSTM) == "medium"
    assert size_of({"hidden": "257", "layers": "1", "embedding": "64"}, LSTM) == "own"


def test_a_preset_keeps_the_layers_that_a_model_needs() -> None:
    infos = {info.name: info for info in backend_infos()}
    assert preset("small", infos["gru"]) == {"hidden": "128", "layers": "1", "embedding": "32"}
    assert preset("small", infos["mingru"]) == {"hidden": "128", "layers": "2", "embedding": "32"}
    assert preset("large", infos["mingru"])["layers"] == "4"
    for info in infos.values():
        assert all(size_of(preset(size, info), info) == size for size in SIZES) or not preset("tiny", info)


def test_what_is_not_a_stack_of_layers_is_not_counted() -> None:
    infos = {info.name: info for info in backend_infos()}
    assert parameters_of(infos["ngram"], {"order": 3}) is None
    assert parameters_of(infos["nade"], {"hidden": 256, "layers": 1}) is None


def test_a_third_partys_fields_come_with_their_bounds() -> None:
    field = Field(name="rate", kind="float", default=0.5, help="", low=0, high=0.999)
    assert parsed(field, "0.25") == 0.25
    with pytest.raises(UsageError, match=r"at least 0, at most 0\.999"):
        parsed(field, "1")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_form(size: tuple[int, int], text_snapshot: Compare) -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "$ grnn-tui train tales" in screen_text(app))
        text = screen_text(app).replace(f"{_today()}-", "MMDD-")
        assert "about 350k parameters" in text
        app.screen.query_one("#name", Input).value = "my-run"
        await until(pilot, lambda: "run my-run" in screen_text(app))
        text_snapshot(app, f"form-{size[0]}x{size[1]}")


def _today() -> str:
    from datetime import datetime

    return f"{datetime.now():%m%d}"


def form_has_focus(app: Host, name: str) -> bool:
    return app.focused is not None and app.focused.id == name


async def test_by_keyboard_alone_at_80x24() -> None:
    asked: list[RunRequest] = []

    def start(request: RunRequest) -> Path:
        asked.append(request)
        return Path("/runs/made")

    app = Host(TrainForm(catalogue(), start=start))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        assert form_has_focus(app, "path")
        await pilot.press("down", "right", "down", "down", "down")
        form = app.screen
        assert form_has_focus(app, "backend")
        await pilot.press("right")
        await until(pilot, lambda: form.query("#set-window"))
        await pilot.press("down", "down")
        assert form.query_one("#set-window").has_focus
        await pilot.press("7", "enter")
        for _ in range(40):
            if form.query_one("#start").has_focus:
                break
            await pilot.press("tab")
        await pilot.press("enter")
        await until(pilot, lambda: app.answer != "none yet")
        assert app.answer == Path("/runs/made")
    assert asked[0].backend == "nade"
    assert asked[0].settings["window"] == 7
    assert asked[0].data.sources == ("manual",)


async def test_faults_are_shown_while_one_types_and_nothing_starts() -> None:
    app = Host(TrainForm(catalogue(), start=lambda _: pytest.fail("started")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        form = app.screen
        form.query_one("#set-layers", Input).focus()
        await pilot.press("9")
        await pilot.pause()
        assert "at least 1, at most 8" in screen_text(app)
        assert form.query_one("#start", Button).disabled
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert app.screen is form
        await pilot.press("backspace", "2")
        await pilot.pause()
        assert not form.query_one("#start", Button).disabled


@pytest.mark.parametrize("path", ["", "/no/such/text"])
async def test_starting_leads_to_the_fault_that_is_told(path: str) -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#opt-keep"))
        for key, value in (("validation", "2"), ("set-hidden", "0"), ("path", path)):
            app.screen.query_one(f"#{key}", Input).value = value
        told = "your data: " if path else "hidden: "
        await until(pilot, lambda: told in str(app.screen.query_one("#summary", Static).visual))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen.focused is app.screen.query_one("#path" if path else "#set-hidden"))


async def test_a_size_fills_the_fields_and_an_own_figure_makes_it_own() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        size = app.screen.query_one("#size", Choice)
        size.value = "large"
        await until(pilot, lambda: app.screen.query_one("#set-hidden", Input).value == "512")
        assert app.screen.query_one("#set-layers", Input).value == "2"
        app.screen.query_one("#set-hidden", Input).value = "300"
        await until(pilot, lambda: size.value == "own")


def row_of(app: App[object], label: str) -> str:
    return next((line for line in screen_text(app).splitlines() if label in line), "")


@pytest.mark.parametrize("folder", ["", "a-folder-with-a-rather-long-name/" * 4])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_text_given_is_in_the_form_and_its_end_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], folder: str
) -> None:
    text = tmp_path / folder / "book.txt"
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text("x" * 100)
    monkeypatch.chdir(tmp_path)
    app = Host(TrainForm(catalogue(), data=f"{folder}book.txt"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "book.txt " in row_of(app, "your data"))
        await until(pilot, lambda: "$ grnn-tui train" in screen_text(app))
        command = screen_text(app).partition("$ grnn-tui train")[2]
        assert "book.txt " in command
        assert "--preset standard --seconds 180" in command
        await pilot.press("home")
        await until(pilot, lambda: "book.txt " not in row_of(app, "your data") or not folder)
        await pilot.press("down")
        await until(pilot, lambda: "book.txt " in row_of(app, "your data"))


async def test_ones_own_text_comes_first_and_a_corpus_stands_in_for_it() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "train tales" in screen_text(app))
        assert form_has_focus(app, "path")
        assert "→ completes a path" in screen_text(app)
        await pilot.press(*"/no/such")
        await until(pilot, lambda: "your data: there is no such file" in screen_text(app))
        assert "not used" in row_of(app, "or a corpus")
        await pilot.press(*["backspace"] * 8)
        await until(pilot, lambda: "train tales" in screen_text(app))
        assert "small stories" in row_of(app, "or a corpus")


def test_words_bring_their_limit_into_the_command() -> None:
    chosen = replace(entries(), unit="word", vocabulary_limit="5000")
    request = request_of(chosen, LSTM, CORPORA)
    assert (request.data.unit, request.data.vocabulary_limit) == ("word", 5000)
    assert request.command.endswith("--unit word --vocabulary-limit 5000")
    letters = request_of(replace(chosen, unit="character", vocabulary_limit="none"), LSTM, CORPORA)
    assert letters.command == request_of(entries(), LSTM, CORPORA).command


async def test_the_limit_of_a_vocabulary_is_asked_for_with_words_alone() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "train tales" in screen_text(app))
        assert "vocabulary" not in screen_text(app)
        app.screen.query_one("#unit", Choice).focus()
        await pilot.press("right", "right")
        await until(pilot, lambda: "--unit word" in screen_text(app))
        assert "10000" in row_of(app, "vocabulary")
        app.screen.query_one("#limit", Input).value = "1"
        await until(pilot, lambda: "vocabulary: at least 3" in screen_text(app))


async def test_a_choice_is_turned_by_arrows_or_taken_from_a_list() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        form = app.screen
        await pilot.press("down", "left")
        await until(pilot, lambda: "ar1-gaussian" in row_of(app, "or a corpus"))
        assert form.query_one("#data", Choice)._rows[0][0].role == "accent"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChoiceList))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        assert "ar1-gaussian" in row_of(app, "or a corpus")
        await pilot.press("enter", *["up"] * 4, "enter")
        await until(pilot, lambda: app.screen is form and "manual" in row_of(app, "or a corpus"))
        await until(pilot, lambda: "train manual" in screen_text(app))


async def test_a_note_without_room_is_cut_between_words_and_told_in_full_where_the_keys_are() -> None:
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        assert "recurrent layers, each reading the…" in row_of(app, "layers  ")
        app.screen.query_one("#set-layers").focus()
        await until(pilot, lambda: " recurrent layers, each reading the one below " in screen_text(app))


@given(st.text(st.sampled_from("ab,é漢 "), max_size=60), st.integers(2, 40))
@example("one two, three", 9)
def test_words_are_never_cut(text: str, cells: int) -> None:
    safe = sanitise(text)
    cut = cut_at_word(safe, cells, "…")
    assert cell_width(cut) <= cells
    words = cut.removesuffix("…").split()
    assert safe.split()[: len(words)][:-1] == words[:-1]
    assert cut == safe or cut.endswith("…")
    assert cut_at_word(sanitise("one two, three"), 9, "…") == "one two…"


async def test_starting_does_not_make_keys_wait_and_a_failure_is_told() -> None:
    gate = threading.Event()

    def start(request: RunRequest) -> Path:
        gate.wait(20)
        raise RunError("the disk [bold]is full")

    app = Host(TrainForm(catalogue(), start=start))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#set-hidden"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "starting" in screen_text(app))
        app.screen.query_one("#name", Input).focus()
        await pilot.press("a", "b")
        assert app.screen.query_one("#name", Input).value == "ab"
        gate.set()
        await until(pilot, lambda: "the disk [bold]is full" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.answer is None)


def test_the_command_of_a_request_holds_its_words_apart() -> None:
    request = request_of(entries(), LSTM, CORPORA)
    odd = msgspec.structs.replace(request, data=msgspec.structs.replace(request.data, sources=("/a b/c'd.txt",)))
    assert shlex.split(command_of(odd))[2] == "/a b/c'd.txt"


async def test_the_model_of_the_standard_preset_begins_with_what_it_sets() -> None:
    standard = PRESETS[STANDARD]
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: f"train tales --preset {STANDARD}" in screen_text(app))
        begun = app.screen.query_one(FormFields).entries()
        assert begun.backend == standard.backend
        for name, value in standard.settings.items():
            assert begun.settings[name] == typed(value)
        app.screen.query_one("#opt-lr", Input).value = "0.02"
        app.screen.query_one("#backend", Choice).value = "gru"
        await until(pilot, lambda: "train tales --backend gru" in screen_text(app))
        other = app.screen.query_one(FormFields).entries()
        untouched = {name: typed(getattr(TrainingOptions(), name)) for name in standard.training if name != "lr"}
        assert other.training["lr"] == "0.02"
        assert {name: other.training[name] for name in untouched} == untouched
