from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from grnn_tui.cli.main import cli
from grnn_tui.errors import GrnnError
from grnn_tui.runs.directory import Run
from grnn_tui.runs.files import read_tail
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.presets import PRESETS
from grnn_tui.runs.rows import Trained
from grnn_tui.runs.store import find_run, list_runs
from tests.support.command import Command
from tests.support.waiting import wait_for

SMALL = ("--hidden", "8", "--embedding", "4", "--batch", "4", "--length", "16")


class Shell:
    """Runs `grnn-tui` as a person would, in a home of its own: in this process, or `apart` in one that is started."""

    def __init__(self, home: Path, here: Command) -> None:
        self.home = home
        self.here = here
        self.environment = os.environ | {
            "GRNN_TUI_RUNS": str(home / "runs"),
            "GRNN_TUI_CACHE": str(home / "cache"),
            "OMP_NUM_THREADS": "1",
        }

    def start(self, *words: str, **options: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "grnn_tui", *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        return subprocess.Popen(command, cwd=self.home, env=self.environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def __call__(self, *words: str, status: int = 0) -> tuple[str, str]:
        ran = self.here(*words)
        assert ran.status == status, ran.err
        assert "Traceback" not in ran.err
        return ran.out, ran.err

    def apart(self, *words: str, status: int = 0) -> tuple[str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, err
        assert "Traceback" not in err
        return out, err

    def refused(self, *words: str, apart: bool = False) -> str:
        out, err = (self.apart if apart else self)(*words, status=2)
        assert out == ""
        return err.splitlines()[-1]


@pytest.fixture
def shell(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the cat sat on the mat and saw ten dogs\n" * 150)
    yield Shell(tmp_path, run)
    for line in list_runs():
        if line.pid is not None:
            os.kill(line.pid, signal.SIGKILL)


def end_of(run: Run) -> dict[str, bytes]:
    step = run.newest()
    assert step is not None
    return {name: step.read(name) for name in ("model.safetensors", "trainer.safetensors")}


def test_training_in_a_pipe_prints_lines_and_leaves_a_run_that_plays(shell: Shell) -> None:
    out, err = shell.apart("train", "text.txt", "--backend", "gru", *SMALL, "--steps", "60", "--name", "mine")
    assert "\x1b" not in out + err
    assert out.splitlines()[-1].startswith("finished at step 60")
    assert "validation" in out
    assert find_run("mine").request.command.startswith("grnn-tui train text.txt --backend gru")
    text, _ = shell("generate", "mine", "--prompt", "the", "--length", "20", "--seed", "1")
    assert text.startswith("the")


def test_the_loss_that_is_told_is_the_loss_that_score_takes(shell: Shell) -> None:
    out, _ = shell("train", "text.txt", "--backend", "lstm", *SMALL, "--steps", "60", "--name", "mine", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows[0]["type"] == "run"
    assert {row["type"] for row in rows} >= {"started", "train", "validation", "checkpoint", "event", "result"}
    text = (shell.home / "text.txt").read_text()
    (shell.home / "held.txt").write_text(text[int(len(text) * 0.9) :])
    scored, _ = shell("score", "mine", "held.txt", "--json")
    score = json.loads(scored)
    assert score["nats"] / score["symbols"] == pytest.approx(rows[-1]["validation_nats"], abs=1e-4)


def test_a_bound_is_called_one_wherever_it_is_told(shell: Shell) -> None:
    out, _ = shell("train", "text.txt", *SMALL, "--noise", "0.1", "--steps", "20", "--name", "noisy")
    assert "loss" not in out
    assert "bound K " in out
    assert "validation bound K " in out.splitlines()[-1]
    told = json.loads(shell("score", "noisy", "text.txt", "--json")[0])
    assert told["bound_nats_per_symbol"] > 0
    listed = json.loads(shell("runs", "--json")[0])["runs"][0]
    assert listed["bound"]
    assert f"K {listed['validation_nats']:.4f}" in shell("runs")[0]
    assert "K " in next(line for line in shell("models")[0].splitlines() if line.startswith("noisy"))
    shell("export", "noisy", "out")
    assert "| bound K on held-out text |" in (shell.home / "out" / "README.md").read_text()
    assert "loss on held-out" not in (shell.home / "out" / "README.md").read_text()


@pytest.mark.promise(6)
def test_a_run_that_was_interrupted_ends_with_the_same_bytes(shell: Shell) -> None:
    model = ("--backend", "gru", *SMALL, "--dropout", "0.2", "--seed", "3", "--steps", "120")
    shell.apart("train", "text.txt", *model, "--name", "straight")
    shell.apart("train", "text.txt", *model, "--name", "paused", "--until", "90")  # the second epoch has begun
    out, _ = shell.apart("train", "--resume", "paused")
    assert "going on from step 90" in out
    assert end_of(find_run("paused")) == end_of(find_run("straight"))


@pytest.mark.promise(20)
def test_term_saves_and_ends_well(shell: Shell) -> None:
    process = shell.start("train", "text.txt", *SMALL, "--steps", "10000000", "--name", "mine")
    run = Run(shell.home / "runs" / "mine")
    wait_for(lambda: read_rows(run.metrics).rows and run.steps())
    wait_for(lambda: isinstance(read_rows(run.metrics).rows[-1], Trained))
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert run.status().state == "stopped"
    last = [row for row in read_rows(run.metrics).rows if isinstance(row, Trained)][-1]
    assert run.steps()[-1] == last.step


def test_in_a_terminal_there_is_a_bar(shell: Shell) -> None:
    leader, follower = pty.openpty()
    process = shell.start("train", "text.txt", *SMALL, "--seconds", "2", "--name", "mine", stdout=follower)
    os.close(follower)
    seen = b""
    try:
        while chunk := os.read(leader, 65536):
            seen += chunk
    except OSError:
        pass
    os.close(leader)
    process.communicate(timeout=60)
    assert process.returncode == 0
    text = seen.decode()
    assert "━" in text
    assert "tok/s" in text
    assert "bits/char" in text
    assert "left" in text
    assert "finished at step" in text.rstrip().splitlines()[-1]


def test_a_detached_run_outlives_whoever_started_it(shell: Shell) -> None:
    out, err = shell.apart("train", "text.txt", *SMALL, "--steps", "10000000", "--name", "mine", "--detach")
    assert out == "mine\n"
    assert "grnn-tui watch mine" in err
    run = find_run("mine")
    status = run.status()
    assert status.state == "alive"
    assert status.pid is not None
    assert os.getsid(status.pid) != os.getsid(0)
    assert Path(f"/proc/{status.pid}/fd/0").resolve() == Path("/dev/null") or not Path("/proc").exists()
    wait_for(lambda: any(isinstance(row, Trained) for row in read_rows(run.metrics).rows))
    assert "being trained already" in shell.refused("train", "--resume", "mine", "--detach")
    assert "being trained by process" in shell.refused("train", "--resume", "mine")
    shell("stop", "mine")
    wait_for(lambda: run.status().state == "stopped")


@pytest.mark.promise(1, 2)
def test_a_killed_trainer_loses_at_most_what_was_not_saved(shell: Shell) -> None:
    endless = ("--steps", "10000000", "--checkpoint-steps", "20")
    shell.apart("train", "text.txt", *SMALL, *endless, "--name", "mine", "--detach")
    run = find_run("mine")
    wait_for(lambda: len(run.steps()) >= 3)
    pid = run.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run.status().state == "died", 10)
    newest = run.newest()
    assert newest is not None
    out, _ = shell("train", "--resume", "mine", "--steps", str(newest.number + 10))
    assert f"going on from step {newest.number:,}" in out
    assert run.status().state == "finished"


def test_a_detached_trainer_that_cannot_begin_says_why(shell: Shell) -> None:
    shell("train", "text.txt", *SMALL, "--steps", "20", "--name", "mine")
    run = find_run("mine")
    (run.path / "run.json").write_bytes(b"{}")
    assert "damaged" in shell.refused("train", "--resume", "mine", "--detach", apart=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train",), "no data given"),
        (("train", "nothing.txt"), "does not exist"),
        (("train", "text.txt", "--backend", "transformer"), "no backend is called 'transformer'"),
        (("train", "text.txt", "--backend", "nade", "--tied"), "nade has no --tied; it has"),
        (("train", "text.txt", "--hidden", "0"), "Expected `int` >= 1"),
        (("train", "text.txt", "--lr", "nan"), "not a finite number"),
        (("train", "text.txt", "--tied", "--hidden", "8"), "set embedding to 8"),
        (("train", "text.txt", "--val", "1.5"), "between 0 and 1"),
        (("train", "text.txt", "--val", "nan"), "between 0 and 1"),
        (("train", "text.txt", "--name", "../x"), "cannot be a run's name"),
        (("train", "text.txt", "--name", "x", "--run", "y"), "not both"),
        (("train", "--resume", "nobody"), "there is no run 'nobody'"),
        (("train", "--resume", "nobody", "--hidden", "8"), "leave out --hidden"),
        (("train", "text.txt", "--encoding", "klingon"), "klingon"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_makes_no_run(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises((GrnnError, click.ClickException)) as refusal:
        cli.main(list(words), standalone_mode=False)
    message = refusal.value.format_message() if isinstance(refusal.value, click.ClickException) else str(refusal.value)
    assert said in message
    assert "\n" not in message
    assert list_runs() == []


def test_without_a_limit_it_says_how_long_it_will_train(shell: Shell) -> None:
    process = shell.start("train", "text.txt", *SMALL, "--name", "mine")
    assert process.stderr is not None
    assert "training for 180 s" in process.stderr.readline()
    process.kill()
    process.communicate()


def test_a_validation_text_of_its_own_leaves_the_whole_corpus_to_train_on(shell: Shell) -> None:
    (shell.home / "held.txt").write_text("the dogs saw the cat\n" * 9)
    options = ("--val", "held.txt", "--steps", "5", "--name", "mine", "--json")
    out, _ = shell("train", "text.txt", *SMALL, *options)
    started = next(row for row in map(json.loads, out.splitlines()) if row["type"] == "started")
    assert started["train_symbols"] == 6000
    assert started["validation_symbols"] == 189


def test_a_file_of_labels_is_found_from_any_directory(shell: Shell) -> None:
    (shell.home / "bits.csv").write_text("0,1,1\n1,0,1\n" * 20)
    (shell.home / "y.txt").write_text("cat\ndog\n" * 20)
    shell("train", "bits.csv", "--backend", "markov", "--labels", "y.txt", "--val", "0.1", "--name", "mine")
    rows = find_run("mine").request.data.rows
    assert rows is not None
    assert rows.labels == str(shell.home / "y.txt")


def test_the_log_of_a_detached_trainer_stays_short(shell: Shell) -> None:
    shell.apart("train", "text.txt", *SMALL, "--seconds", "3", "--name", "mine", "--detach")
    run = find_run("mine")
    wait_for(lambda: run.status().state == "finished")
    lines = read_tail(run.log)
    assert b"finished" in lines[-1]
    assert len(lines) < 12


def test_a_text_without_a_model_is_trained_by_the_preset_for_its_time(shell: Shell) -> None:
    for words, name in ((("--steps", "1"), "standard"), (("--seconds", "600", "--until", "1"), "long")):
        shell("train", "text.txt", "--lr", "1e-3", "--hidden", "8", *words, "--name", name)
        request = find_run(name).request
        preset = PRESETS[name]
        assert request.backend == preset.backend
        assert request.settings["dropout"] == preset.settings["dropout"]
        assert (request.settings["hidden"], request.training.lr) == (8, 1e-3)
        assert request.training.weight_decay == preset.training["weight_decay"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("strokes", "--data-size", "100", "--preset", "standard"), "is for a text"),
        (("text.txt", "--backend", "gru", "--preset", "standard"), "is of lstm"),
        (("text.txt", "--backend", "nade", "--precision", "bf16"), "float32 alone"),
    ],
)
def test_what_a_preset_or_a_precision_does_not_fit_is_refused_before_there_is_a_run(
    shell: Shell, words: tuple[str, ...], fault: str
) -> None:
    assert fault in shell.refused("train", *words, "--steps", "1")
    assert not list_runs()
