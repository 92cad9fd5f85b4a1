"""Which test keeps which promise, how much harm is done, and the table that tells the figures reached.

`@pytest.mark.promise(3)` says that a test keeps promise 3 of `tests/faults/promises.py`. Through the fixture `reached`
it tells what it found (`reached(flips=1000, silent=0)`); what several tests tell under one word is put together: counts
are added, seconds and other fractions become the largest. `harm(quick, complete)` chooses how much is tried: with
`--complete` (`make faults`) all of it, and the table is printed at the end. Figures that the clock decides are measured
alone: while a test with the mark `alone` runs, all other workers wait.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.faults.promises import PROMISES

Told = int | float | str


class Reached(Protocol):
    def __call__(self, **facts: Told) -> None:
        """Tell what was found."""


class Harm(Protocol):
    def __call__(self, quick: int, complete: int) -> int:
        """How much is tried."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--complete", action="store_true", help="do all the harm, and print the table of promises")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(*numbers): keeps these promises of tests/faults/promises.py")
    config.addinivalue_line("markers", "mutation: breaks a mechanism and sees that its test notices")
    config.addinivalue_line("markers", "complete: harm that takes long, done with --complete only")
    config.addinivalue_line(
        "markers", "alone: with --complete, no other test runs meanwhile; of the xdist group `alone` too"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="takes long: `make faults` runs it")
    for item in items:
        for mark in item.iter_markers("promise"):
            item.user_properties.extend(("promise", number) for number in mark.args)
        if item.get_closest_marker("mutation"):
            item.user_properties.append(("mutation", True))
        if not config.getoption("--complete") and item.get_closest_marker("complete"):
            item.add_marker(skip)


@pytest.fixture
def reached(request: pytest.FixtureRequest) -> Reached:
    """Tell what was found, for the table of promises."""

    def tell(**facts: Told) -> None:
        request.node.user_properties.append(("reached", facts))

    return tell


@pytest.fixture
def harm(request: pytest.FixtureRequest) -> Harm:
    """How much is tried: `harm(quick, complete)`."""
    everything = bool(request.config.getoption("--complete"))
    return lambda quick, complete: complete if everything else quick


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests and their fixtures run beside one another, but for those that are to run alone, which nobody overtakes."""
    folder = _shared(item.config)
    if folder is None:
        return (yield)
    how = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
    with (folder / "next").open("w") as next_one, (folder / "running").open("w") as running:
        fcntl.flock(next_one, fcntl.LOCK_EX)
        fcntl.flock(running, how)
        fcntl.flock(next_one, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(running, fcntl.LOCK_UN)  # whoever was forked meanwhile has it too


def _shared(config: pytest.Config) -> Path | None:
    """A folder of all workers; None where there is one, or nothing is measured by the clock."""
    if not hasattr(config, "workerinput") or not config.getoption("--complete"):
        return None
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return factory.getbasetemp().parent


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--complete"):
        return
    terminalreporter.write_sep("=", "promises")
    terminalreporter.write_line("\n".join(table(terminalreporter.stats)))


def table(stats: dict[str, list[Any]]) -> list[str]:
    """The table of promises, from the reports of a whole run."""
    lines = ["| # | promise | to reach | reached | |", "|-|-|-|-|-|"]
    for promise in PROMISES:
        passed, failed, facts = 0, 0, dict[str, Told]()
        for report in _reports(stats):
            properties = report.user_properties
            if ("promise", promise.number) not in properties:
                continue
            failed += report.failed
            if report.when == "call":
                passed += report.passed
                for told in (value for name, value in properties if name == "reached"):
                    _add(facts, told)
        kept = "BROKEN" if failed else "kept" if passed else "not tried"
        found = ", ".join(f"{_figure(value)} {name.replace('_', ' ')}" for name, value in facts.items())
        tests = f"{passed} {'test' if passed == 1 else 'tests'}"
        lines.append(f"| {promise.number} | {promise.text} | {promise.goal} | {found or tests} | {kept} |")
    broken = [r for r in _reports(stats) if r.when == "call" and ("mutation", True) in r.user_properties]
    noticed = sum(report.passed for report in broken)
    return [
        *lines,
        "",
        f"{noticed} of {len(broken)} mechanisms that were broken on purpose were noticed by their test.",
    ]


def _reports(stats: dict[str, list[Any]]) -> Iterator[Any]:
    for kind in ("passed", "failed", "error", "skipped", ""):
        yield from (report for report in stats.get(kind, []) if hasattr(report, "user_properties"))


def _add(facts: dict[str, Told], told: dict[str, Told]) -> None:
    for name, value in told.items():
        known = facts.get(name)
        if known is None:
            facts[name] = value
        elif isinstance(value, str) or isinstance(known, str):
            facts[name] = known if str(value) in str(known) else f"{known}; {value}"
        elif isinstance(value, float) or isinstance(known, float):
            facts[name] = max(known, value)
        else:
            facts[name] = known + value


def _figure(value: Told) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2g}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"
