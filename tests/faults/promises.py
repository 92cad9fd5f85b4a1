"""What a person may rely on, and the figure that shows it. SECURITY.md tells the figures that were reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """A promise; the tests that keep it carry `@pytest.mark.promise(number)`."""

    number: int
    text: str
    goal: str


PROMISES = (
    Promise(1, "a crash costs at most one save interval", "0 mixed or unreadable in 200 kills or more"),
    Promise(2, "the save after a crash works", "100 %"),
    Promise(3, "damage is found, named and skipped", "0 silent; older step 100 %"),
    Promise(4, "loading runs no code", "0 `pickle.find_class`, 0 runs"),
    Promise(5, "no file is a memory bomb", "0 crashes or hangs; peak at most twice the file"),
    Promise(6, "a resumed run is the run that was not interrupted", "identical bytes"),
    Promise(7, "the test of that can fail", "5 of 5 losses caught"),
    Promise(8, "a full disk loses nothing", "trains on; alarm within 2 s; 0 good steps lost"),
    Promise(9, "a torn line of metrics hides nothing", "at most 1 row lost, 0 glued, 0 past the resume"),
    Promise(10, "data cannot drive the terminal", "0 foreign sequences, 0 OSC 52"),
    Promise(11, "text shows as itself", "0 MarkupError, 0 lost, 0 actions"),
    Promise(12, "the layout survives Unicode", "borders 100 %; 0 bidi out"),
    Promise(13, "the death of the screen harms no training", "0 lost steps; rate within 5 %"),
    Promise(14, "losing SSH harms no training", "rate within 5 %; screen gone within 2 s, 0 % CPU"),
    Promise(15, "the terminal is given back", "settings equal; every mode left: 100 %"),
    Promise(16, "attaching is quick and true", "at most 1 s for 100,000 steps; points equal the log"),
    Promise(17, "a run has one writer", "1 winner; 0 false breaks; stale freed within 5 s"),
    Promise(18, "no process is left behind", "gone within 5 s"),
    Promise(19, "a process that hangs is noticed", "message within 30 s, checkpoint intact"),
    Promise(20, "a clean stop saves", "exit 0 within 10 s; 0 steps lost"),
    Promise(21, "only the owner reads or steers", "modes 0700 and 0600; others refused"),
    Promise(22, "no open port", "0 listeners beyond loopback; one process: 0"),
    Promise(23, "no network, no telemetry", "0 connections beyond this machine"),
    Promise(24, "bad settings never crash", "100 % a result or one line"),
    Promise(25, "what is not a number cannot poison a run", "noticed within one log interval; never newest or best"),
    Promise(26, "any corpus is read or refused", "9 of 9; 10 GB: under 1 GB of memory"),
    Promise(27, "refusals are polite", "no terminal, dumb: status 2, 1 line, 0 escapes; the rest usable"),
    Promise(28, "clock jumps do no harm", "no negative rate; steps in order"),
    Promise(29, "two processes train as one", "ranks and repeats identical; within 1e-5 of one process"),
    Promise(30, "a process that is lost is started again", "10 of 10 within 30 s, from the last checkpoint"),
    Promise(31, "a run can be handed to a cluster", "torchrun follows as 29; 0 extra packages"),
    Promise(32, "deleting is undoable and never follows a link", "0 files lost outside; undone 100 %"),
    Promise(33, "a full store stays quick", "1,000 runs, 50 alive, 10 M rows: list within 1 s"),
)
