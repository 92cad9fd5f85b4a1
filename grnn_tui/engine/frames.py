"""From a session to the frames the screen is told."""

from __future__ import annotations

from grnn_tui.backends.distribution import Components
from grnn_tui.engine.protocol import Bar, BranchInfo, BranchRead, Particle, Prediction, Splice, Totals
from grnn_tui.playing.branch import PREVIEW, Branch
from grnn_tui.playing.outlook import BITS, Outlook
from grnn_tui.playing.session import Session

BARS = 64


def prediction(outlook: Outlook) -> Prediction:
    """The most probable symbols, and the chosen one wherever it ranks."""
    top = outlook.top(BARS)
    bars = [Bar(symbol, rank, float(outlook.raw[symbol]), float(outlook.used[symbol])) for rank, symbol in top]
    components = outlook.components
    return Prediction(
        bars=bars,
        size=outlook.raw.size,
        entropy=outlook.entropy,
        used_entropy=outlook.used_entropy,
        removed=outlook.removed,
        removed_mass=outlook.removed_mass,
        chosen=outlook.chosen,
        chosen_bits=outlook.chosen_bits,
        particles=[] if components is None else particles(components, [symbol for _, symbol in top]),
        effective=1.0 if components is None else components.effective,
    )


def particles(components: Components, symbols: list[int]) -> list[Particle]:
    """What each part says of `symbols`, and how well it has foretold the text."""
    return [
        Particle(part.probs[symbols].tolist(), part.entropy() * BITS, float(responsibility))
        for part, responsibility in zip(components.parts, components.responsibilities, strict=True)
    ]


def splice(branch: Branch, start: int) -> Splice:
    """Everything from position `start` on."""
    stop = branch.length
    return Splice(
        start=start,
        text=branch.labels_between(start, stop),
        symbols=branch.symbols_between(start, stop),
        bits=branch.bits_between(start, stop),
        forced=branch.forced_between(start, stop),
    )


def totals(session: Session) -> Totals:
    """Of the text up to the cursor."""
    branch = session.current
    symbols, bits = branch.sums(session.cursor)
    prompt_symbols, prompt_bits = branch.sums(min(branch.prompt, session.cursor))
    return Totals(symbols, bits, prompt_symbols, prompt_bits)


def branch_info(branch: Branch) -> BranchInfo:
    """One line of the list of branches."""
    _, bits = branch.sums(branch.length)
    _, prompt_bits = branch.sums(min(branch.prompt, branch.length))
    start = min(branch.fork, branch.length)
    return BranchInfo(
        branch=branch.number,
        parent=None if branch.parent is None else branch.parent.number,
        fork=branch.fork,
        length=branch.length,
        seed=branch.seed,
        bits=bits - prompt_bits,
        preview="".join(branch.labels_between(start, start + PREVIEW)),
    )


def branch_read(branch: Branch) -> BranchRead:
    """The whole text of one branch."""
    return BranchRead(
        info=branch_info(branch),
        text=branch.labels_between(0, branch.length),
        bits=branch.bits_between(0, branch.length),
    )


def listing(session: Session) -> list[BranchInfo]:
    """All branches that hold anything, and the one we stand on."""
    return [branch_info(b) for b in session.branches.values() if b.length > b.fork or b is session.current]
