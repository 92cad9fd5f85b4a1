from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.engine.framing import FrameError, Rejected, encode, event_decoder, request_decoder
from grnn_tui.engine.protocol import (
    MAX_FRAME_BYTES,
    ForceSymbol,
    Generate,
    MoveCursor,
    RestoreText,
    SetPrompt,
    SetSampling,
    Splice,
)
from grnn_tui.playing.sampling import Sampling

any_text = st.text(st.characters(codec=None, categories=None))
requests = st.one_of(
    st.builds(SetPrompt, any_text),
    st.builds(RestoreText, any_text, any_text, st.none() | st.integers(0, 100), st.lists(st.integers(0, 9))),
    st.builds(Generate, st.integers(0, 10**9), st.floats(0, 1e6)),
    st.builds(MoveCursor, st.integers(-(2**40), 2**40)),
    st.builds(SetSampling, st.just(Sampling(top_k=3)), st.integers(0, 2**63 - 1)),
)


@given(st.lists(requests, max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_whatever_is_sent_arrives_however_the_stream_is_cut(sent: list[SetPrompt], cuts: list[int]) -> None:
    stream = b"".join(encode(message) for message in sent)
    decoder, received, i = request_decoder(), [], 0
    while stream:
        size = cuts[i % len(cuts)]
        received += decoder.feed(stream[:size])
        stream, i = stream[size:], i + 1
    assert received == sent


@given(st.lists(st.characters(codec=None, categories=None)))
def test_labels_that_are_no_text_arrive_as_they_were(labels: list[str]) -> None:
    splice = Splice(start=0, text=[*labels, "\udc80", "\U0010fffd"], symbols=[], bits=[])
    body = encode(SetPrompt("".join(splice.text)))
    assert request_decoder().feed(body) == [SetPrompt("".join(splice.text))]


@given(st.binary(max_size=200))
def test_garbage_ends_in_a_frame_error_or_waits_but_never_in_another_fault(data: bytes) -> None:
    for decoder in (request_decoder(), event_decoder()):
        try:
            decoder.feed(data)
            decoder.feed(len(data).to_bytes(4, "big") + data)
        except FrameError:
            pass


def test_a_length_over_the_limit_is_refused_before_anything_is_kept() -> None:
    with pytest.raises(FrameError, match="limit"):
        request_decoder().feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))


@pytest.mark.parametrize(
    "content",
    [["Unknown"], ["SetPrompt", 3], ["SetPrompt"], {"a": 1}, 7, ["SetSampling", {"temperature": -1.0}, 0], []],
)
def test_a_frame_that_is_no_message_is_rejected_and_the_next_is_read(content: object) -> None:
    body = msgspec.msgpack.encode(content)
    rejected, good = request_decoder().feed(len(body).to_bytes(4, "big") + body + encode(ForceSymbol(1)))
    assert isinstance(rejected, Rejected)
    assert good == ForceSymbol(1)


def test_a_message_over_the_limit_is_not_sent() -> None:
    with pytest.raises(FrameError):
        encode(SetPrompt("x" * (MAX_FRAME_BYTES + 1)))
