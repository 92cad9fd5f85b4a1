"""What an engine would say there is."""

from __future__ import annotations

from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, CorpusInfo, Field

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
NGRAM = [Field(name="order", kind="int", default=5, help="symbols of context", low=0, high=32)]


def catalogue() -> CatalogueRead:
    return CatalogueRead(
        models=[],
        backends=[
            BackendInfo(name="gru", summary="gated recurrent unit", fields=RECURRENT, gates=(3, 3)),
            BackendInfo(name="lstm", summary="long short-term memory", fields=RECURRENT, gates=(4, 4)),
            BackendInfo(name="nade", summary="a sum over the last symbols", fields=NADE),
            BackendInfo(name="ngram", summary="counts of what followed the last symbols", fields=NGRAM),
        ],
        corpora=[
            CorpusInfo(name="tales", summary="small stories", ready=True, floor_nats=0.801),
            CorpusInfo(name="manual", summary="prose of the interpreter's manual", ready=True),
            CorpusInfo(name="tinyshakespeare", summary="plays", ready=False),
        ],
    )
