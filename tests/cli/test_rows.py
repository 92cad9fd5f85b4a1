"""What one can do with a density, on the command line: draw, score, complete, detect, classify, features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grnn_tui.data.tables import open_table
from tests.support.command import Command

STROKES = ("strokes", "--data-size", "400")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def grnn(run: Command, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line, with models of images and of numbers that have been trained for a moment."""
    monkeypatch.setenv("GRNN_TUI_RUNS", str(runs))
    if not list(runs.iterdir()):
        small = ("--batch", "20", "--seed", "1", "--threads", "1")
        digits = ("--hidden", "20", "--steps", "120", "--lr", "2e-2", *small)
        assert run("train", *STROKES, "--condition", "label", "--name", "digits", *digits).status == 0
        numbers = ("--hidden", "12", "--components", "3", "--steps", "60", *small)
        assert run("train", "ar1-gaussian", "--data-size", "400", "--name", "numbers", *numbers).status == 0
    return run


def test_images_are_drawn_and_the_same_seed_draws_the_same(grnn: Command) -> None:
    first = grnn("generate", "digits", "--count", "3", "--seed", "4", "--label", "circle")
    assert first.status == 0
    assert any(glyph in first.out for glyph in "█▀▄")
    assert max(map(len, first.out.splitlines())) <= 3 * 16 + 2 * 2
    assert "3 images" in first.err
    assert grnn("generate", "digits", "--count", "3", "--seed", "4", "--label", "circle").out == first.out
    assert grnn("generate", "digits", "--count", "3", "--seed", "4", "--label", "7").out != first.out


def test_rows_as_objects_and_in_files(grnn: Command, tmp_path: Path) -> None:
    drawn = grnn("generate", "numbers", "--count", "5", "--seed", "1", "--json").json
    values = np.array([row["values"] for row in drawn["rows"]])
    assert values.shape == (5, 8)
    for name in ("x.npz", "x.npy", "x.csv"):
        assert grnn("generate", "numbers", "--count", "5", "--seed", "1", "--out", tmp_path / name).status == 0
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), values)
    np.testing.assert_allclose(np.load(tmp_path / "x.npz")["x"], values)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "x.csv", delimiter=","), values, rtol=1e-5)
    assert grnn("generate", "digits", "--count", "5", "--out", tmp_path / "x.png").status == 0
    from PIL import Image

    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size[0] % 8 == 0
    refused = grnn("generate", "numbers", "--out", tmp_path / "x.png")
    assert refused.status == 2
    assert ".csv" in refused.err


def test_score_tells_per_row_and_per_value_and_in_their_own_units(grnn: Command) -> None:
    scored = grnn(
        "score", "numbers", "ar1-gaussian", "--data-seed", "5", "--data-size", "300", "--json", "--per-row"
    ).json
    assert scored["rows"] == len(scored["per_row_nats"]) == len(scored["per_row_percentile"]) == 300
    assert scored["nats_per_row"] == pytest.approx(np.mean(scored["per_row_nats"]))
    assert scored["nats_per_row"] > scored["exact_nats_per_row"] - 4 * scored["standard_error"]
    shown = grnn("score", "digits", *STROKES)
    assert shown.status == 0
    assert "nats per image" in shown.out
    assert "percentile" in shown.out


def test_orderings_and_their_ensemble(grnn: Command) -> None:
    def nats(*words: str) -> float:
        scored = grnn("score", "digits", "strokes", "--data-size", "20", "--json", *words)
        assert scored.status == 0, scored.err
        return float(scored.json["nats_per_row"])

    assert nats("--ordering", "raster") == pytest.approx(nats())
    assert nats("--ordering", "spiral") != pytest.approx(nats())
    alone = [nats("--ordering", f"random:{seed}") for seed in (0, 1)]
    assert nats("--ensemble", "2") < np.mean(alone)
    refused = grnn("score", "digits", "strokes", "--ordering", "zigzag")
    assert refused.status == 2
    assert "centre-out" in refused.err


def test_completion_keeps_what_is_known(grnn: Command, tmp_path: Path) -> None:
    mask = np.zeros((16, 16), bool)
    mask[3:9, 2:12] = True
    np.save(tmp_path / "mask.npy", mask)
    original = open_table("strokes", size=3).rows[2]
    where = ("complete", "digits", "strokes", "--row", "2", "--seed", "3", "--count", "3", "--json")
    assert grnn("complete", "digits", "strokes", "--known", "missing.npy").status == 2
    for known, expected in (("top-half", 128), (tmp_path / "mask.npy", int(mask.sum()))):
        done = grnn(*where, "--known", known).json
        rows, known_mask = np.array(done["rows"]), np.array(done["known"])
        assert done["exact"] == (known == "top-half")
        assert known_mask.sum() == expected
        assert (rows[:, known_mask] == original[known_mask]).all()
        assert (rows[0] != rows[1]).any()
    numbers = grnn("complete", "numbers", "ar1-gaussian", "--known", "0,5", "--json").json
    assert np.unique(np.array(numbers["rows"])[:, 5]).size == 1
    (tmp_path / "empty.npy").write_bytes(b"")
    for known in ("top-half", "nothing", tmp_path / "empty.npy", tmp_path / "missing.npy"):
        refused = grnn("complete", "numbers", "ar1-gaussian", "--known", known)
        assert (refused.status, refused.err.count("\n")) == (2, 1)


def test_anomalies_come_first(grnn: Command, tmp_path: Path) -> None:
    rows = np.concatenate([np.random.default_rng(0).integers(2, size=(5, 16, 16)), np.zeros((20, 16, 16), int)])
    np.savez(tmp_path / "odd.npz", x=rows.astype(np.uint8), y=np.array([1] * 5 + [0] * 20))
    found = grnn("detect", "digits", tmp_path / "odd.npz", "--anomaly", "1", "--json").json
    assert found["area_under_curve"] == 1
    assert [row["label"] for row in found["ranked"][:6]] == ["1"] * 5 + ["0"]
    drawn = grnn("score", "digits", tmp_path / "odd.npz", "--label", "3", "--json").json
    assert drawn["rows"] == 25
    ranked = grnn("detect", "numbers", "ar1-gaussian", "--data-size", "30", "--top", "4", "--json").json
    nats = [row["nats"] for row in ranked["ranked"]]
    assert nats == sorted(nats, reverse=True)
    assert ranked["area_under_curve"] is None


def test_features_that_a_model_is_told_reach_it_as_they_are(grnn: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(5, 2, 200)
    table = np.stack([size, size + rng.normal(0, 0.1, 200), rng.normal(0, 1, 200)], 1)
    np.savetxt(tmp_path / "told.csv", table, delimiter=",", header="size,x,y", comments="")
    how = ("--features", "size", "--condition", "features", "--hidden", "8", "--components", "1")
    limits = ("--steps", "150", "--batch", "50", "--lr", "3e-2", "--threads", "1", "--name", "told")
    trained = grnn("train", tmp_path / "told.csv", *how, *limits)
    assert trained.status == 0, trained.err

    def nats(*words: str) -> float:
        scored = grnn("score", "told", tmp_path / "told.csv", "--features", "size", "--json", *words)
        assert scored.status == 0, scored.err
        return float(scored.json["nats_per_row"])

    assert nats() < nats("--label", "5.0") < nats("--label", "11")


def test_what_is_for_texts_is_refused_for_rows_and_the_other_way_round(grnn: Command) -> None:
    for words in (
        ("train", "strokes", "--unit", "byte"),
        ("train", "tales", "--shape", "8x8"),
        ("train", "names", "--condition", "features"),
        ("score", "tales-gru", "README.md", "--ensemble", "3"),
    ):
        refused = grnn(*words)
        assert (refused.status, refused.err.count("\n")) == (2, 1), refused.err


def test_labels_by_bayes_rule_beat_guessing(grnn: Command) -> None:
    told = grnn("classify", "digits", "strokes", "--data-seed", "9", "--data-size", "150", "--json").json
    assert told["accuracy"] > 0.3
    assert len(told["labels"]) == 150
    refused = grnn("classify", "numbers", "ar1-gaussian")
    assert refused.status == 2
    assert "--condition label" in refused.err


def test_lines_of_text_are_classified_and_written_as_told(grnn: Command, tmp_path: Path) -> None:
    small = ("--hidden", "24", "--embedding", "8", "--batch", "16", "--steps", "150", "--lr", "1e-2", "--threads", "1")
    trained = grnn("train", "names", "--data-size", "30000", "--condition", "label", "--backend", "gru", *small,
                   "--name", "tongues")  # fmt: skip
    assert trained.status == 0, trained.err
    told = grnn("classify", "tongues", "names", "--data-seed", "8", "--json").json
    assert told["accuracy"] > 0.5
    (tmp_path / "some.txt").write_text("hopeli\nbrugrosk\n")
    assert [row["label"] for row in grnn("classify", "tongues", tmp_path / "some.txt", "--json").json["labels"]] == [
        "kaimu",
        "drosk",
    ]
    written = grnn("generate", "tongues", "--label", "kaimu", "--length", "60", "--seed", "1")
    assert written.out != grnn("generate", "tongues", "--label", "drosk", "--length", "60", "--seed", "1").out
    refused = grnn("generate", "tongues", "--label", "klingon")
    assert (refused.status, "kaimu" in refused.err) == (2, True)


def test_rows_are_described_with_parameters_against_likelihood(grnn: Command) -> None:
    described = grnn("describe", "strokes", "--data-size", "400", "--model", "digits", "--json").json
    models = {model["name"]: model for model in described["models"]}
    assert models["full joint"]["parameters"].startswith("2^256 - 1")
    assert models["independent"]["parameters"] == 256
    assert models["Markov chain"]["parameters"] == models["Chow-Liu tree"]["parameters"] == 511
    assert models["digits"]["parameters"] > 511
    assert models["Chow-Liu tree"]["nats_per_row"] < models["independent"]["nats_per_row"]
    shown = grnn("describe", "ar1-gaussian", "--data-size", "200")
    assert shown.status == 0
    assert "one Gaussian" in shown.out
    assert "exact entropy: 5.5389" in shown.out


def test_pieces_are_drawn_moment_after_moment(grnn: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    moments = (rng.random((60, 5)) < 0.4).astype(np.uint8)
    np.savez(tmp_path / "rolls.npz", x=moments, x_lengths=np.array([20, 12, 28]))
    small = ("--hidden", "4", "--state", "4", "--batch", "2", "--steps", "3", "--threads", "1", "--name", "roll")
    trained = grnn("train", tmp_path / "rolls.npz", "--val", "0.4", "--backend", "rnn-nade", *small)
    assert trained.status == 0, trained.err
    drawn = grnn("generate", "roll", "--length", "9", "--seed", "2", "--json").json
    assert np.array(drawn["moments"]).shape == (9, 5)
    shown = grnn("generate", "roll", "--length", "9", "--seed", "2")
    assert "9 moments" in shown.err
    assert len(shown.out.splitlines()) <= 3
    longer = grnn("generate", "roll", "--length", "20", "--seed", "2", "--json").json
    assert longer["moments"][:9] == drawn["moments"]


def test_features_are_written_and_probed(grnn: Command, tmp_path: Path) -> None:
    out = tmp_path / "f.npz"
    found = grnn("features", "digits", "strokes", "--data-size", "200", "--out", out, "--probe", "--json").json
    with np.load(out) as arrays:
        assert arrays["features"].shape == (200, 20)
        assert arrays["labels"].shape == (200,)
    assert 0 < found["probe_features"] <= 1
    assert 0 < found["probe_values"] <= 1


@pytest.mark.parametrize(
    "words",
    [
        ("train", "strokes", "--backend", "nade"),
        ("train", "ar1-gaussian", "--backend", "rowlstm"),
        ("train", "ising", "--condition", "label"),
        ("train", "strokes", "--shape", "9by9"),
        ("train", "tales", "--condition", "label"),
        ("train", "missing.npz"),
        ("score", "tales-gru", "strokes", "--ensemble", "0"),
        ("detect", "tales-gru", "strokes"),
        ("complete", "tales-gru", "strokes", "--known", "top-half"),
        ("generate", "numbers", "--label", "3"),
        ("score", "digits", "ising"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_in_one_line(grnn: Command, words: tuple[str, ...], tmp_path: Path) -> None:
    refused = grnn(*words)
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "Traceback" not in refused.err
