"""What an engine would say there is."""

from __future__ import annotations

from typing import Any

from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, CorpusInfo, Field
from grnn_tui.runs.scale import LossScale

HIDDEN = Field(name="hidden", kind="int", default=256, help="hidden units in each layer", low=1, high=8192)
RECURRENT = [
    HIDDEN,
    Field(name="layers", kind="int", default=1, help="recurrent layers, each reading the one below", low=1, high=8),
    Field(name="dropout", kind="float", default=0.0, help="share of units dropped in training", low=0, high=0.999),
    Field(name="embedding", kind="int", default=64, help="width of the input embedding", low=0, high=8192),
    Field(name="tied", kind="bool", default=False, help="use the embedding as output weights too"),
]
NADE = [
    Field(name="window", kind="int", default=12, help="how many of the last symbols it sees", low=1, high=512),
    HIDDEN,
    Field(
        name="activation",
        kind="choice",
        default="relu",
        help="nonlinearity of the hidden units",
        choices=["relu", "tanh", "sigmoid"],
    ),
]
BINARY_NADE = [
    HIDDEN,
    Field(name="layers", kind="int", default=1, help="hidden layers; more need order_agnostic", low=1, high=3),
    Field(name="tied", kind="bool", default=False, help="use the input weights as output weights too"),
    Field(name="order_agnostic", kind="bool", default=False, help="train under random orderings"),
]
ANY = ["binary", "levels", "text"]
NGRAM = [Field(name="order", kind="int", default=5, help="symbols of context", low=0, high=32)]


def backend(name: str, summary: str, fields: list[Field], *fits: str, **facts: Any) -> BackendInfo:
    return BackendInfo(name=name, summary=summary, fields=fields, fits=list(fits), **facts)


def catalogue() -> CatalogueRead:
    return CatalogueRead(
        models=[],
        backends=[
            BackendInfo(
                name="gru", summary="gated recurrent unit", fields=RECURRENT, gates=(3, 3), fits=ANY, conditional=True
            ),
            BackendInfo(
                name="lstm",
                summary="long short-term memory",
                fields=RECURRENT,
                gates=(4, 4),
                fits=ANY,
                conditional=True,
            ),
            BackendInfo(name="nade", summary="a sum over the last symbols", fields=NADE),
            BackendInfo(name="ngram", summary="counts of what followed the last symbols", fields=NGRAM),
            backend("binary-nade", "NADE over bits", BINARY_NADE, "binary", conditional=True),
            backend("markov", "counts of a row", NGRAM, "binary", "levels"),
            backend("rowlstm", "Row LSTM", [HIDDEN], "binary", "levels", conditional=True, images=True),
            backend("rnade", "RNADE", [HIDDEN], "real", conditional=True),
        ],
        corpora=[
            CorpusInfo(name="tales", summary="small stories", ready=True, floor_nats=0.801),
            CorpusInfo(name="manual", summary="prose of the interpreter's manual", ready=True),
            CorpusInfo(name="tinyshakespeare", summary="plays", ready=False),
            CorpusInfo(name="names", summary="invented names", ready=True, classes=["elvish", "dwarvish"]),
            CorpusInfo(
                name="strokes",
                summary="digits and shapes drawn by an unsteady hand, 16x16",
                ready=True,
                kind="binary",
                shape=[16, 16],
                classes=[str(i) for i in range(15)],
                size=20_000,
                scale=LossScale("pixel", 256, "image"),
            ),
            CorpusInfo(
                name="ar1-gaussian",
                summary="8 real numbers, each 0.9 of the one before and noise",
                ready=True,
                floor_nats=0.6945,
                kind="real",
                shape=[8],
                size=20_000,
                scale=LossScale("dimension", 8, "row"),
            ),
        ],
    )
