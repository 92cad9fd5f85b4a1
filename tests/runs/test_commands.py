from __future__ import annotations

from pathlib import Path

from grnn_tui.runs.commands import (
    MAX_POLL_BYTES,
    Command,
    CommandReader,
    PauseRun,
    ResumeRun,
    SaveCheckpoint,
    SetRate,
    StopRun,
    append_command,
)


def test_every_command_arrives_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    reader = CommandReader(path)
    asked: list[Command] = [PauseRun(), ResumeRun(), SetRate(3e-4), SaveCheckpoint(), StopRun()]
    for command in asked:
        append_command(path, command)
    assert reader.poll() == asked
    assert reader.poll() == []


def test_what_was_asked_of_an_earlier_sitting_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    append_command(path, StopRun())
    reader = CommandReader(path)
    assert reader.poll() == []
    append_command(path, PauseRun())
    assert reader.poll() == [PauseRun()]


def test_what_is_no_command_is_counted_and_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    reader = CommandReader(path)
    path.write_bytes(b'{"do":"set","lr":-1}\n{"do":"explode"}\nnoise\n{"do":"stop","x":1}\n{"do":"pause"}\n{"do":"st')
    assert reader.poll() == [PauseRun()]
    assert reader.bad == 4


def test_a_flood_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    reader = CommandReader(path)
    path.write_bytes(b"x" * (3 * MAX_POLL_BYTES) + b'\n{"do":"pause"}\n')
    found: list[Command] = []
    for _ in range(5):
        found += reader.poll()
    assert found == [PauseRun()]
