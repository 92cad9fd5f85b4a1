"""PixelRNN: nothing of the future leaks, however small; the walks are the walks; the scan is its equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from grnn_tui.backends.pixelrnn.masks import REACH, centre, groups, neighbourhood
from grnn_tui.backends.pixelrnn.network import PixelNetwork
from grnn_tui.backends.pixelrnn.planes import MAX_ONE_HOT, encoding
from grnn_tui.backends.pixelrnn.scan import walked_lstm
from grnn_tui.backends.pixelrnn.walk import Walk, diagonals, rows
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError
from tests.backends.row_cases import CLASSES, RowCase, some_rows
from tests.backends.test_row_contract import forced, played

NAMES = ("rowlstm", "diagonal")
SMALL = {"hidden": 6, "layers": 2, "head": 6}
WALKS = {
    "rows": rows(3, 3, 3),
    "wide rows": rows(2, 3, 5),
    "lone rows": rows(3, 2, 1),
    "narrow rows": rows(3, 2, 7),
    "right": diagonals(2, 4),
    "left": diagonals(3, 2, leftward=True),
    "column": diagonals(3, 1),
    "line": diagonals(1, 3, leftward=True),
}
SHAPES = ((4, 5), (5, 4), (1, 6), (6, 1), (1, 1), (2, 2, 3), (1, 3, 3))


def case(name: str, shape: tuple[int, ...], levels: int = 2, told: bool = False, **settings: Any) -> RowCase:
    domain = RowDomain(
        kind="binary" if levels == 2 else "levels", shape=shape, levels=levels, condition=CLASSES if told else None
    )
    return RowCase(name, domain, {**SMALL, **settings})


def network_of(row_case: RowCase) -> PixelNetwork:
    network = row_case.network()
    assert isinstance(network, PixelNetwork)
    return network


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_no_conditional_has_a_gradient_in_its_own_value_or_a_later_one(name: str, shape: tuple[int, ...]) -> None:
    network = network_of(case(name, shape, head=30)).double()
    C = network.channels
    seen = torch.rand(2 * C, network.height, network.width, 1, dtype=torch.float64).requires_grad_()
    scores = network.scores(seen, ()).permute(4, 2, 3, 0, 1).reshape(-1)
    for d in range(scores.numel()):
        (slope,) = torch.autograd.grad(scores[d], seen, retain_graph=True)
        slopes = slope.view(C, 2, network.height, network.width).permute(2, 3, 0, 1).reshape(-1, 2)
        assert not slopes[d:].any()
        if C == 3 and d % 3:
            assert slopes[d - d % 3 : d].all(), "a channel reads those before it in its own pixel"


@pytest.mark.parametrize(("height", "width"), [(4, 5), (5, 3)])
def test_a_diagonal_layer_sees_every_pixel_before_but_the_end_of_the_last_row(height: int, width: int) -> None:
    network = network_of(case("diagonal", (height, width), layers=1, head=30)).double()
    seen = torch.rand(2, height, width, 1, dtype=torch.float64).requires_grad_()
    scores = network.scores(seen, ()).flatten()
    for d in range(scores.numel()):
        (slope,) = torch.autograd.grad(scores[d], seen, retain_graph=True)
        i, j = divmod(d, width)
        unseen = {i * width - 1} if i and j + REACH < width - 1 else set()
        assert set(range(d)) - set(slope.abs().sum((0, 3)).flatten().nonzero().flatten().tolist()) == unseen


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_images_of_one_row_one_column_and_in_colour_play_as_they_train(name: str, shape: tuple[int, ...]) -> None:
    row_case = case(name, shape, levels=3 if len(shape) == 3 else 2, told=True)
    network = row_case.network()
    player, told, images = row_case.player(network), row_case.condition(1), some_rows(row_case.domain, 3)
    for image, nats in zip(images, forced(network, images, told), strict=True):
        np.testing.assert_allclose(played(player, image, told), nats, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_many_levels_play_as_they_train(name: str) -> None:
    row_case = case(name, (3, 4, 3), levels=256)
    network = row_case.network()
    (image,) = some_rows(row_case.domain, 1)
    np.testing.assert_allclose(played(row_case.player(network), image), forced(network, image[None])[0], atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_resumes_where_it_was_kept(name: str) -> None:
    row_case = case(name, (4, 4))
    network = row_case.network()
    player, (one, other) = row_case.player(network), some_rows(row_case.domain, 2)
    state, nats = player.start(), forced(network, np.concatenate([one[:9], other[9:]])[None])[0]
    for symbol in one[:9].tolist():
        state = player.advance(state, symbol)
    kept = state
    for symbol in one[9:].tolist():
        state = player.advance(state, symbol)
    again = kept
    for d in range(9, 16):
        assert player.predict(again).log_prob(int(other[d])) == pytest.approx(nats[d], abs=1e-5)
        again = player.advance(again, int(other[d]))


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_a_walk_visits_every_cell_once(walk: Walk) -> None:
    visited: dict[tuple[int, int], int] = {}
    for t, step in enumerate(walk.steps):
        for n, place in enumerate(range(step.lo, step.hi)):
            visited[t, place] = step.first + n * step.stride
    assert sorted(visited.values()) == list(range(walk.cells))


@pytest.mark.parametrize("leftward", [False, True])
def test_taps_of_a_diagonal_are_the_cell_above_and_the_cell_beside(leftward: bool) -> None:
    height, width = 4, 6
    walk = diagonals(height, width, leftward)
    cell = {(t, s.lo + n): s.first + n * s.stride for t, s in enumerate(walk.steps) for n in range(s.hi - s.lo)}
    for (t, place), here in cell.items():
        i, j = divmod(here, width)
        above, beside = (cell.get((t - 1, place + tap)) for tap in walk.taps)
        before = j + 1 if leftward else j - 1
        assert above == ((i - 1) * width + j if i else None)
        assert beside == (i * width + before if 0 <= before < width else None)


def written_out(m: Tensor, W: Tensor, b: Tensor, U: Tensor, h0: Tensor, c0: Tensor, walk: Walk) -> Tensor:
    """The equation a cell at a time, under autograd."""
    h: dict[tuple[int, int], Tensor] = {}
    c: dict[tuple[int, int], Tensor] = {}
    out: list[Tensor] = [m.new_zeros(0)] * walk.cells
    for t, step in enumerate(walk.steps):
        for n, p in enumerate(range(step.lo, step.hi)):
            where = step.first + n * step.stride
            z = b
            for Wj, back in zip(W, walk.beside, strict=False):
                if back <= n:
                    z = z + Wj @ m[:, where - back]
            for Uk, tap in zip(U, walk.taps, strict=True):
                z = z + Uk @ h.get((t - 1, p + tap), h0)
            i, f, o, g = z.chunk(4)
            c[t, p] = torch.sigmoid(f) * c.get((t - 1, p), c0) + torch.sigmoid(i) * torch.tanh(g)
            h[t, p] = out[where] = torch.sigmoid(o) * torch.tanh(c[t, p])
    return torch.stack(out, 1)


def scanned(walk: Walk) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """m, W, b, U, h0 and c0 of 2 units, maps of 3 and a batch of 3."""
    torch.manual_seed(0)

    def leaf(*size: int) -> Tensor:
        return torch.randn(*size, dtype=torch.float64).requires_grad_()

    m, W = leaf(3, walk.cells, 3), leaf(len(walk.beside), 8, 3)
    return m, W, leaf(8, 3), leaf(len(walk.taps), 8, 2), leaf(2, 3), leaf(2, 3)


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_the_scan_is_its_equation_with_autograds_gradients(walk: Walk) -> None:
    given = scanned(walk)
    ours, theirs = walked_lstm(*given, walk), written_out(*given, walk)
    torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)
    weight = torch.randn_like(ours)
    for mine, plain in zip(
        torch.autograd.grad(ours, given, weight), torch.autograd.grad(theirs, given, weight), strict=True
    ):
        torch.testing.assert_close(mine, plain, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("walk", [WALKS["wide rows"], WALKS["left"]], ids=["rows", "left"])
def test_gradients_are_the_finite_differences(walk: Walk) -> None:
    assert torch.autograd.gradcheck(lambda m, W, b, U, h0, c0: walked_lstm(m, W, b, U, h0, c0, walk), scanned(walk))


def test_colours_stand_in_even_groups_and_read_only_earlier_ones() -> None:
    np.testing.assert_array_equal(groups(7, 3), [0, 0, 0, 1, 1, 2, 2])
    R, G, B = np.eye(3, dtype=bool)
    np.testing.assert_array_equal(centre(groups(3, 3), groups(3, 3), first=True), [R & G, R, R | G])
    np.testing.assert_array_equal(centre(groups(3, 3), groups(3, 3), first=False), [R, R | G, R | G | B])
    assert len(neighbourhood(1)) == 24
    assert neighbourhood(3) == (*neighbourhood(1), (0, 0))


def test_every_value_stands_apart_from_nothing() -> None:
    for levels in (2, MAX_ONE_HOT, MAX_ONE_HOT + 1, 256):
        table = encoding(levels)
        assert table.shape[0] == levels == len(np.unique(table, axis=0))
        assert table.any(axis=1).all()


@pytest.mark.parametrize("name", NAMES)
def test_features_are_the_mean_of_the_last_map(name: str) -> None:
    network = network_of(case(name, (3, 4), told=True))
    images = torch.from_numpy(some_rows(RowDomain(kind="binary", shape=(3, 4)), 5))
    maps: list[Tensor] = []
    network.layers[-1].register_forward_hook(lambda layer, given, m: maps.append(m))
    many = network.features(images)
    assert many.shape == (5, 12)
    torch.testing.assert_close(many, maps[0].mean((1, 2)).t())
    assert not torch.equal(many[0], many[1])
    assert not torch.equal(network.features(images, network.start(5, torch.eye(3)[[1]].expand(5, -1))), many)


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_that_all_rows_of_an_image_are_alike(name: str) -> None:
    torch.manual_seed(1)
    network = backend_named(name).build_network(
        backend_named(name).parse_settings({"hidden": 8, "layers": 1, "head": 8}),
        RowDomain(kind="binary", shape=(4, 3)),
    )
    images = torch.randint(2, (256, 1, 3)).expand(-1, 4, -1).reshape(256, 12)
    adam = torch.optim.Adam(network.parameters(), lr=1e-2)
    for start in range(60):
        batch = images[start % 8 * 32 :][:32]
        loss = -network.log_prob(batch)[0].sum(1).mean()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    nats = -network.log_prob(images)[0].sum(1).mean().item()
    assert 3 * np.log(2) - 0.1 < nats < 3 * np.log(2) + 0.2


def test_what_it_is_told_has_to_have_the_size_it_was_trained_with() -> None:
    row_case = case("rowlstm", (2, 2), told=True)
    with pytest.raises(UsageError, match="told 3 numbers, not 2"):
        row_case.player(row_case.network()).start(np.zeros(2, np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_vectors_and_real_numbers_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="models images"):
        backend_named(name).check_fit(RowDomain(kind="binary", shape=(7,)))
    with pytest.raises(UsageError, match="not real numbers"):
        backend_named(name).check_fit(RowDomain(kind="real", shape=(2, 2)))
    with pytest.raises(UsageError, match="kernel"):
        backend_named("rowlstm").parse_settings({"kernel": 4})
