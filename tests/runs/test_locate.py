from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import Header, model_files, read_model, write_model
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import ModelError, RunError
from grnn_tui.runs.checkpoint import step_path, write_step
from grnn_tui.runs.locate import locate_model, models, open_model
from grnn_tui.runs.lock import RunLock
from tests.runs.conftest import MakeRun

HEADER = Header(backend="ngram", settings={"order": 0}, domain=Vocabulary(unit="character", symbols=("a", "b")))
ARRAYS = {
    "edges": np.zeros(0, np.int64),
    "followers": np.array([0, 1], np.int64),
    "counts": np.array([3, 1], np.int64),
}


def save(run: Path, step: int, validation: float | None = None) -> None:
    write_step(run, step, model_files(HEADER, ARRAYS), validation=validation)


def test_a_run_means_its_newest_step_and_others_can_be_named(make_run: MakeRun) -> None:
    run = make_run("mine")
    for step, loss in ((100, 1.0), (200, 2.0), (300, None)):
        save(run.path, step, loss)
    assert locate_model("mine").step == 300
    assert locate_model("mine@best").step == 100
    assert locate_model("mine@200").path == step_path(run.path, 200)
    assert locate_model(str(run.path)).step == 300
    assert locate_model(f"{run.path}@best").step == 100
    assert locate_model(str(step_path(run.path, 200))).path == step_path(run.path, 200)


def test_a_damaged_newest_step_is_passed_over(make_run: MakeRun) -> None:
    run = make_run("mine")
    save(run.path, 1)
    save(run.path, 2)
    (step_path(run.path, 2) / "model.json").write_bytes(b"{}")
    located, model = open_model("mine")
    assert located.step == 1
    assert "000000002/model.json is damaged" in located.passed_over
    assert model.header.vocabulary == HEADER.vocabulary
    save(run.path, 3)
    assert not locate_model("mine").passed_over


def test_a_damaged_best_step_is_passed_over_and_named(make_run: MakeRun) -> None:
    run = make_run("mine")
    for step in (1, 2, 3):
        save(run.path, step, float(step))
    (step_path(run.path, 1) / "model.json").write_bytes(b"{}")
    located = locate_model("mine@best")
    assert located.step == 2
    assert "000000001/model.json is damaged" in located.passed_over
    assert not locate_model("mine").passed_over


def test_a_run_of_nothing_but_damage_is_told_from_one_that_has_just_begun(make_run: MakeRun) -> None:
    run = make_run("mine")
    with pytest.raises(RunError, match="has no complete checkpoint yet"):
        locate_model("mine")
    save(run.path, 1)
    (step_path(run.path, 1) / "model.json").write_bytes(b"{}")
    with pytest.raises(RunError, match=r"has no complete checkpoint: .*model.json is damaged"):
        locate_model("mine")


def test_only_the_newest_step_of_a_run_that_is_trained_is_live(make_run: MakeRun) -> None:
    run = make_run("mine")
    save(run.path, 1)
    assert not locate_model("mine").live
    with RunLock(run.path):
        assert locate_model("mine").live
        assert not locate_model("mine@1").live


@pytest.mark.parametrize("wanted", ["7", "x", "-1", "1.5", "9" * 30, "٣"])
def test_a_step_that_is_not_there_is_refused(make_run: MakeRun, wanted: str) -> None:
    run = make_run("mine")
    save(run.path, 1)
    with pytest.raises(RunError, match="there are: 1"):
        locate_model(f"mine@{wanted}")


def test_a_run_without_a_checkpoint_says_so(make_run: MakeRun) -> None:
    make_run("mine")
    with pytest.raises(RunError, match="no complete checkpoint yet"):
        locate_model("mine")


def test_models_are_found_by_name_and_by_directory(root: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "own", HEADER, ARRAYS)
    assert locate_model("own").path == tmp_path / "models" / "own"
    assert locate_model(str(tmp_path / "models" / "own")).name == "own"
    assert "own" in {model.name for model in models()}


def test_what_is_not_there_is_refused_with_names_that_sound_alike(root: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "sonnets", HEADER, ARRAYS)
    with pytest.raises(ModelError, match="did you mean sonnets"):
        locate_model("sonets")
    with pytest.raises(ModelError, match="neither a model directory"):
        locate_model(str(tmp_path))
    for odd in ("", "@", "@best", "/", "\0", "x" * 5000):
        with pytest.raises((ModelError, RunError)):
            locate_model(odd)


def test_a_step_pruned_while_it_is_opened_is_looked_up_again(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("mine")
    save(run.path, 1)

    def prune_first(path: Path) -> object:
        if path == step_path(run.path, 1):
            save(run.path, 2)
            path.rename(path.with_name("000000001.gone"))
        return read_model(path)

    monkeypatch.setattr("grnn_tui.runs.locate.read_model", prune_first)
    located, _ = open_model("mine")
    assert located.step == 2
