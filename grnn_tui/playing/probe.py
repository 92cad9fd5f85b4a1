"""A linear probe: how well a linear classifier tells the labels from some representation of the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grnn_tui.errors import DataError

DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)
"""Weight decays tried; the one that does best on a fifth of the training rows is taken."""


def probe_accuracy(
    train: NDArray[np.floating],
    train_labels: NDArray[np.integer],
    test: NDArray[np.floating],
    labels: NDArray[np.integer],
) -> float:
    """The share of `test` [m, units] whose `labels` [m] multinomial logistic regression on `train` [n, units] finds.

    Features are standardised by those of `train`.

    Raises:
        DataError: fewer than two labels, or hardly any rows.
    """
    classes = int(max(train_labels.max(initial=0), labels.max(initial=0))) + 1
    if np.unique(train_labels).size < 2 or train.shape[0] < 10 or test.shape[0] < 1:
        raise DataError("a probe needs rows of at least two labels, ten to train on and one to test")
    mean, scale = train.mean(0), train.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    a, b = (train - mean) / scale, (test - mean) / scale
    order = np.random.Generator(np.random.PCG64(0)).permutation(a.shape[0])
    cut = max(1, a.shape[0] * 4 // 5)
    fit, held = order[:cut], order[cut:]
    if held.size:
        found = [_accuracy(a[fit], train_labels[fit], a[held], train_labels[held], classes, w) for w in DECAYS]
        decay = DECAYS[int(np.argmax(found))]
    else:
        decay = DECAYS[1]
    return _accuracy(a, train_labels, b, labels, classes, decay)


def _accuracy(
    x: NDArray[np.floating],
    y: NDArray[np.integer],
    test: NDArray[np.floating],
    labels: NDArray[np.integer],
    classes: int,
    decay: float,
) -> float:
    import torch
    from torch.nn.functional import cross_entropy

    inputs, targets = torch.from_numpy(x).float(), torch.from_numpy(y).long()
    weight = torch.zeros(classes, x.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = cross_entropy(inputs @ weight.t() + bias, targets) + decay * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        guess = (torch.from_numpy(test).float() @ weight.t() + bias).argmax(1).numpy()
    return float((guess == labels).mean())
