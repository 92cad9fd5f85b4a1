"""The playing path: the state is the last symbol, or None."""

import numpy as np

from grnn_tui.backends.contract import Arrays, Player, Settings
from grnn_tui.backends.distribution import Categorical
from grnn_tui.data.vocabulary import Vocabulary


class EchoPlayer(Player[int | None]):
    """log p(x | last) from one learned number."""

    def __init__(self, settings: Settings, vocabulary: Vocabulary, arrays: Arrays) -> None:
        self.size = vocabulary.size
        self.echo = float(1 / (1 + np.exp(-arrays["odds"][0])))

    def start(self) -> int | None:
        """Nothing seen."""
        return None

    def predict(self, state: int | None) -> Categorical:
        """Uniform, with the echo's mass on the last symbol."""
        rest = 1.0 if state is None else 1 - self.echo
        p = np.full(self.size, rest / self.size)
        if state is not None:
            p[state] += self.echo
        return Categorical(np.log(p))

    def advance(self, state: int | None, symbol: int) -> int | None:
        """The last symbol is all there is to remember."""
        return symbol
