from __future__ import annotations

from pydoc_data.topics import topics

from grnn_tui.data.builtin.manual import make_manual


def test_the_manual_holds_every_topic_of_the_running_python() -> None:
    text = make_manual(0, 10_000_000)
    words = text.split()
    assert words == " ".join(body for _, body in sorted(topics.items())).split()


def test_no_line_ends_in_a_space() -> None:
    assert not any(row.endswith(" ") for row in make_manual(0, 100_000).split("\n"))


def test_it_stops_after_a_whole_topic() -> None:
    short, whole = make_manual(0, 1_000), make_manual(0, 10_000_000)
    assert 1_000 <= len(short) < len(whole)
    assert whole.startswith(short)
    assert short.endswith("\n\n")
