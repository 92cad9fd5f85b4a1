"""A text being written with a model: a tree of branches, a cursor, and states that make every step back cheap.

States are values, so stepping, forking and returning cost O(1) in the length of the text: they are kept every
`INTERVAL` positions along each branch and everywhere near the cursor, and the few between are replayed. Positions are
characters, or bytes or words for a model of those. Characters the model does not know stay in the text as symbol -1;
the model is never shown them. Words it does not know stay too, with the symbol `<unk>`, which it is shown. A prompt is
split into words as it stands, whether or not its last word is complete.
"""

from __future__ import annotations

import time
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import UsageError
from grnn_tui.playing.branch import PREVIEW, Branch
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.outlook import BITS, Outlook, look
from grnn_tui.playing.sampling import Sampling, checked, draw_next
from grnn_tui.playing.states import ABSENT, REPLAY, Reading, States
from grnn_tui.playing.text import cells_of, common_prefix, mendable, text_of
from grnn_tui.playing.units import Units

MAX_LENGTH = 2_000_000
"""Positions of one text, at most."""


class Session:
    """One player, the ways its text has gone, and where in it we stand.

    After an operation that leaves text unread (`busy`), call `read` until it is done; only then is there an `outlook`
    and can symbols be written.
    """

    def __init__(self, player: Player[Any], vocabulary: Vocabulary, sampling: Sampling | None = None, seed: int = 0):
        self.vocabulary = vocabulary
        self.sampling = checked(sampling or Sampling())
        self.luck = Luck(seed)
        self.current = Branch(0, None, 0, 0, "", seed)
        self.branches = {0: self.current}
        self.cursor = 0
        self.listing = 0
        """Grows whenever the list of branches should be shown anew."""
        self._states = States(player)
        self._units: Units | None = None
        self._reading: Reading | None = None
        self._changed: int | None = None
        self._refigured: int | None = None

    @property
    def player(self) -> Player[Any]:
        """The model that plays."""
        return self._states.player

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def length(self) -> int:
        """Positions of the current branch."""
        return self.current.length

    @property
    def text(self) -> str:
        """Prompt and written text of the current branch."""
        return self.current.prompt_text + self.written

    @property
    def written(self) -> str:
        """What follows the prompt on the current branch."""
        branch = self.current
        return text_of(self.vocabulary, branch.labels_between(branch.prompt, branch.length))

    @property
    def busy(self) -> bool:
        """Whether text is still to be read before anything can be written."""
        return self._reading is not None

    @property
    def units(self) -> Units:
        """The hidden units along the current branch; kept up to date from the first look at them on."""
        if self._units is None:
            self._units = Units(self._states)
        return self._units

    def outlook(self) -> Outlook | None:
        """The distribution at the cursor and what stands there; None while the model has not read so far.

        Raises:
            ModelError: the prediction is not a number.
        """
        state = self._states.at(self.current, self.cursor)
        if state is ABSENT:
            return None
        chosen = self.current.symbols_between(self.cursor, min(self.cursor + 1, self.length))
        known = chosen[0] if chosen and chosen[0] >= 0 else None
        player = self.player
        return look(player.predict(state), self.sampling, self._recent(), known, player.components(state))

    def take_change(self) -> int | None:
        """From which position on text or figures differ from what was last taken; None: nowhere.

        New figures of a long text are told together, once they are all there.
        """
        changed = [] if self._changed is None else [self._changed]
        if self._refigured is not None and (not self.busy or self.length - self._refigured <= REPLAY):
            changed.append(self._refigured)
            self._refigured = None
        self._changed = None
        return min(changed, default=None)

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, seconds: float = float("inf")) -> None:
        """Let the model see what it has not seen, for about so long."""
        reading = self._reading
        if reading is None:
            return
        self._refigure(reading.position)
        reading.go_on(time.monotonic() + seconds)
        if reading.done:
            self._aim()

    def leave_unread(self) -> None:
        """Give up reading, because the model cannot; what is unread stays so until the text or the model changes."""
        self._reading = None

    def _aim(self) -> None:
        """Begin to read what still has to be: the first unread position on, or just enough to stand at the cursor."""
        self._reading = None
        unread = self.current.first_unread()
        if unread < self.length:
            self._reading = self._states.reading(self.current, unread, self.length, unread)
        elif self._states.at(self.current, self.cursor) is ABSENT:
            self._reading = self._states.reading(self.current, self.cursor, self.cursor)

    def _refigure(self, position: int) -> None:
        self._refigured = position if self._refigured is None else min(self._refigured, position)

    # --- the prompt ---------------------------------------------------------------------------------------------------

    def set_prompt(self, text: str) -> None:
        """The prompt is now `text`, the cursor at its end; what was written after the old one stays as a branch.

        Raises:
            UsageError: it is longer than `MAX_LENGTH`.
        """
        text = mendable(text)
        branch = self.current
        if text == branch.prompt_text:
            return
        labels, symbols = cells_of(self.vocabulary, text)
        self._check_room(len(labels))
        shared = common_prefix(branch.labels_between(0, branch.prompt), labels)
        if branch.length > branch.prompt or any(b.parent is branch and b.fork > shared for b in self.branches.values()):
            branch = self._open_branch(shared, len(labels))
        else:
            self._cut(branch, shared)
        branch.extend(labels[shared:], symbols[shared:])
        branch.prompt, branch.prompt_text, branch.seed = len(labels), text, self.luck.seed
        self._states.forget_after(shared)
        self._stand(branch, branch.prompt)
        self._change(shared)
        self.listing += 1

    def restore(self, prompt: str, written: str, cursor: int | None = None, forced: list[int] | None = None) -> None:
        """The text is now `prompt` and `written`, as another session left it.

        Words are split anew: where a model wrote one in parts, it is one position now; `cursor` may be further on.

        Raises:
            UsageError: it is longer than `MAX_LENGTH`.
        """
        labels, symbols = cells_of(self.vocabulary, mendable(written))
        self.set_prompt(prompt)
        branch = self.current
        self._check_room(branch.prompt + len(labels))
        if branch.length > branch.prompt:
            branch = self._open_branch(branch.prompt, branch.prompt)
        branch.extend(labels, symbols)
        branch.forced.update(p for p in forced or [] if branch.fork <= p < branch.length)
        self._stand(branch, branch.length if cursor is None else max(0, min(cursor, branch.length)))
        self._change(branch.prompt)
        self.listing += 1

    def _cut(self, branch: Branch, length: int) -> None:
        if length >= branch.fork:
            branch.truncate(length)
            return
        branch.truncate(branch.fork)
        assert branch.parent is not None
        branch.parent = branch.parent.state_owner(length)
        branch.fork = branch.read = length

    # --- settings -----------------------------------------------------------------------------------------------------

    def set_sampling(self, sampling: Sampling, seed: int) -> None:
        """From the very next symbol on.

        Raises:
            UsageError: a setting out of its bounds.
        """
        luck = self.luck if seed == self.luck.seed else Luck(seed)
        self.sampling, self.luck = checked(sampling), luck

    def set_player(self, player: Player[Any], vocabulary: Vocabulary) -> None:
        """Another model takes over the same text, which it reads near the cursor; figures further off stay."""
        if vocabulary.unit != self.vocabulary.unit:
            self._change_unit(vocabulary)
        elif vocabulary.symbols != self.vocabulary.symbols:
            for branch in self.branches.values():
                branch.set_symbols(vocabulary.symbols_of(branch.labels).tolist())
        self.vocabulary, self._states, self._units = vocabulary, States(player), None
        for branch in self.branches.values():
            branch.states.clear()
        self._change(0)
        unread = self.current.first_unread()
        stop = self.length if unread < self.length else min(self.length, self.cursor + REPLAY)
        self._reading = None
        if self.length:
            self._reading = self._states.reading(self.current, min(unread, self.cursor), stop)

    def _change_unit(self, vocabulary: Vocabulary) -> None:
        """Between characters, bytes and words positions move: branches stay, each with the whole of its text."""
        at_cursor = text_of(self.vocabulary, self.current.labels_between(0, self.cursor))
        for branch in list(self.branches.values()):
            written = text_of(self.vocabulary, branch.labels_between(branch.prompt, branch.length))
            prompt_cells = cells_of(vocabulary, branch.prompt_text)
            own = Branch(branch.number, None, 0, len(prompt_cells[0]), branch.prompt_text, branch.seed)
            own.extend(*prompt_cells)
            own.extend(*cells_of(vocabulary, written))
            self.branches[branch.number] = own
        self.current = self.branches[self.current.number]
        self.cursor = min(len(cells_of(vocabulary, at_cursor)[0]), self.length)
        self.listing += 1

    # --- moving -------------------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Step along the current branch; stops at its ends."""
        self.cursor = max(0, min(self.cursor + by, self.length))
        if not self.busy:
            self._aim()

    def switch(self, number: int) -> None:
        """Stand at the end of another branch.

        Raises:
            UsageError: there is no such branch.
        """
        branch = self.branch(number)
        if branch is not self.current:
            parting = _parting(self.current, branch)
            self._states.forget_after(parting)
            self._change(parting)
        self._stand(branch, branch.length)
        self.listing += 1

    def branch(self, number: int) -> Branch:
        """The branch of this number.

        Raises:
            UsageError: there is no such branch.
        """
        if number not in self.branches:
            raise UsageError(f"there is no branch {number}; there are {len(self.branches)}")
        return self.branches[number]

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, count: int, seconds: float = float("inf")) -> int:
        """Draw up to `count` symbols at the cursor, for about so long; how many were written.

        The luck of each is counted from the end of the prompt. A symbol that already stands there is only passed.
        Standing inside the prompt, the prompt ends there from now on, on a branch of its own.

        Raises:
            ModelError: a prediction is not a number.
            UsageError: the text has reached `MAX_LENGTH`.
        """
        deadline = time.monotonic() + seconds
        state = self._states.at(self.current, self.cursor)
        if state is ABSENT:
            return 0
        if self.cursor < self.current.prompt:
            self._open_branch(self.cursor, self.cursor)
        player = self.player
        for done in range(count):
            prediction = player.predict(state)
            uniform = self.luck[self.cursor - self.current.prompt]
            symbol, bits = draw_next(prediction, self.sampling, self._recent(), uniform)
            self._put(symbol, bits, forced=False)
            state = player.advance(state, symbol)
            self._states.note(self.current, self.cursor, state)
            if time.monotonic() >= deadline:
                return done + 1
        return count

    def force(self, symbol: int) -> None:
        """Write `symbol` at the cursor, whatever the model would.

        Raises:
            UsageError: there is no such symbol, or the text before the cursor is still being read.
        """
        if not 0 <= symbol < self.vocabulary.size:
            raise UsageError(f"there is no symbol {symbol}; the model has {self.vocabulary.size}")
        state = self._states.at(self.current, self.cursor)
        if state is ABSENT:
            raise UsageError("the text before the cursor is still being read; try again in a moment")
        bits = -self.player.predict(state).log_prob(symbol) * BITS
        self._put(symbol, bits, forced=True)
        self._states.note(self.current, self.cursor, self.player.advance(state, symbol))

    def reroll(self, seed: int) -> None:
        """Stand at the end of the prompt again, with another seed, ready to write a new branch."""
        self.set_sampling(self.sampling, seed)
        branch = self.current
        if branch.length > branch.prompt:
            branch = self._open_branch(branch.prompt, branch.prompt)
        branch.seed = seed
        self._stand(branch, branch.prompt)

    def _put(self, symbol: int, bits: float, forced: bool) -> None:
        cursor, branch = self.cursor, self.current
        self._check_room(cursor + 1)
        if cursor < branch.length:
            if branch.symbols_between(cursor, cursor + 1) == [symbol]:
                self.cursor = cursor + 1
                return
            branch = self._open_branch(cursor, min(cursor, branch.prompt))
        branch.append(self.vocabulary.labels[symbol], symbol, bits)
        if forced:
            branch.forced.add(cursor)
        else:
            branch.seed = self.luck.seed
        if branch.read == cursor:
            branch.read = cursor + 1
        self.cursor = cursor + 1
        self._change(cursor)
        if self.cursor - branch.fork <= PREVIEW:
            self.listing += 1

    def _open_branch(self, fork: int, prompt: int) -> Branch:
        """A new current branch that leaves the current way at `fork`, empty from there on; the cursor stands there."""
        old = self.current
        text = old.prompt_text
        if prompt != old.prompt:
            text = text_of(self.vocabulary, old.labels_between(0, min(prompt, fork)))
        number = max(self.branches) + 1
        branch = Branch(number, old.state_owner(fork), fork, prompt, text, self.luck.seed)
        self.branches[number] = branch
        self._states.forget_after(fork)
        self._stand(branch, fork)
        self._change(fork)
        self.listing += 1
        return branch

    def _recent(self) -> list[int]:
        """What the repetition penalty sees: the last symbols before the cursor that the model has seen."""
        window = self.sampling.repetition_window
        if self.sampling.repetition_penalty == 1.0 or window == 0:
            return []
        reach = window
        while True:
            start = max(0, self.cursor - reach)
            seen = [s for s in self.current.symbols_between(start, self.cursor) if s >= 0]
            if len(seen) >= window or start == 0:
                return seen[-window:]
            reach *= 2

    def _stand(self, branch: Branch, cursor: int) -> None:
        self.current, self.cursor = branch, cursor
        self._aim()

    def _change(self, position: int) -> None:
        self._changed = position if self._changed is None else min(self._changed, position)
        if self._units is not None:
            self._units.forget_after(position)

    def _check_room(self, length: int) -> None:
        if length > MAX_LENGTH:
            raise UsageError(f"a text can have at most {MAX_LENGTH} positions; shorten the prompt")


def _parting(a: Branch, b: Branch) -> int:
    """Where two ways through the tree part."""
    forks = {}
    branch: Branch | None = a
    stop = a.length
    while branch is not None:
        forks[branch.number] = stop
        stop = min(stop, branch.fork)
        branch = branch.parent
    branch, stop = b, b.length
    while branch is not None:
        if branch.number in forks:
            return min(forks[branch.number], stop)
        stop = min(stop, branch.fork)
        branch = branch.parent
    return 0
