from __future__ import annotations

from itertools import combinations
from math import isclose, sqrt

import numpy as np
import pytest

from grnn_tui.data.builtin.names import (
    ENDINGS,
    TONGUES,
    grammar,
    labelled,
    log_prob,
    make_names,
    names_exact,
)


def test_the_ending_tells_the_tongue() -> None:
    """Names of two tongues cannot be equal if no ending of one is the end of an ending of the other."""
    for one, other in combinations(TONGUES, 2):
        for a in ENDINGS[one]:
            for b in ENDINGS[other]:
                assert not a.endswith(b), (a, b)
                assert not b.endswith(a), (a, b)


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_name_has_one_derivation_and_an_ending_of_its_tongue(tongue: str) -> None:
    names = [name for label, name in labelled(1, 3000) if label == tongue]
    assert len(names) > 400
    for name in names:
        assert name.endswith(ENDINGS[tongue])
        assert grammar(tongue).readings(name + "\n").count == 1


def test_the_exact_entropy_is_that_of_samples() -> None:
    names = make_names(2, 100_000).splitlines(keepends=True)
    surprisal = np.array([-log_prob(name) for name in names])
    length = np.array([len(name) for name in names], dtype=float)
    exact = names_exact()
    for sample, expected in ((surprisal, exact.record_entropy), (length, exact.record_length)):
        assert abs(sample.mean() - expected) < 4 * sample.std() / sqrt(len(sample))


def test_a_name_belongs_to_its_own_tongue_in_the_mixture() -> None:
    for tongue, name in labelled(3, 50):
        alone = grammar(tongue).log_prob(name + "\n")
        assert isclose(log_prob(name + "\n"), alone - np.log(len(TONGUES)), rel_tol=1e-9)
    assert log_prob("nobody-of-any-tongue\n") == float("-inf")


def test_the_text_is_the_labelled_names_without_their_labels() -> None:
    text = make_names(4, 2_000)
    names = [name for _, name in labelled(4, text.count("\n"))]
    assert text == "".join(f"{name}\n" for name in names)
    assert text == text.lower()
