"""What the pages say can be typed, and what they point at is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from benchmarks.__main__ import BY_NAME
from benchmarks.__main__ import PARTS as MEASURED
from benchmarks.published import PARTS
from grnn_tui.backends.registry import backend_named, backends
from grnn_tui.cli.main import LazyGroup, cli
from grnn_tui.cli.options import settings_of

ROOT = Path(__file__).parent.parent
FAMILIES = sorted((ROOT / "grnn_tui" / "backends").glob("*/README.md"))
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *FAMILIES]


def where(page: Path) -> str:
    return str(page.relative_to(ROOT))


def fenced(text: str) -> Iterator[str]:
    """The lines within fences."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield from block.splitlines()


def commands(page: Path) -> list[list[str]]:
    """The words of every command of ours, on a line of its own or in a line of text, up to a pipe or a comment."""
    text = page.read_text("utf-8")
    lines = [line for line in fenced(text) if line.startswith("grnn-tui")]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines += re.findall(r"`(grnn-tui [^`]+)`", prose)
    found = []
    for line in lines:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
        lexer.whitespace_split = True
        words = list(lexer)
        end = next((i for i, word in enumerate(words) if set(word) <= set("|>&;")), len(words))
        found.append(words[1:end])
    return found


def parse(words: list[str]) -> click.Context:
    """What click makes of a command, which is not run; one that is only named has no words to check.

    Raises:
        click.ClickException: a command, an option or a value that does not exist.
    """
    group = cli.make_context("grnn-tui", list(words), resilient_parsing=False)
    assert isinstance(cli, LazyGroup)
    rest = [*group._protected_args, *group.args]
    name, command, arguments = cli.resolve_command(group, rest)
    assert command is not None
    with click.Context(command, info_name=name) as named:
        return command.make_context(name, arguments, parent=group) if arguments else named


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_command_can_be_typed(page: Path) -> None:
    for words in commands(page):
        try:
            context = parse(words)
            if context.info_name == "train" and context.params["data"]:
                check_settings(context.params)
        except click.exceptions.Exit:
            continue  # --help and --version are answered while they are parsed
        except Exception as error:
            raise AssertionError(f"grnn-tui {shlex.join(words)}: {error}") from error


def check_settings(given: dict[str, object]) -> None:
    """The settings are those of the backend that is trained; without a name, of any."""
    if (name := given["backend"]) is None:
        return
    backend = backend_named(str(name))
    every = {field for other in backends().values() for field in other.settings.__struct_fields__}
    backend.parse_settings(settings_of(backend, {field: given[field] for field in every}))


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    assert links
    for link in links:
        if not re.match(r"\w+:", link):
            assert (page.parent / link).is_file(), link


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_benchmark_named_exists(page: Path) -> None:
    for part in re.findall(r"python -m benchmarks published (\w+)", page.read_text("utf-8")):
        assert part in {*PARTS, "PART"}
    for part in re.findall(r"make bench-(\w+)", page.read_text("utf-8")):
        assert part in {*MEASURED, *BY_NAME}


def test_every_backend_has_a_page_with_a_command_for_it() -> None:
    ours = {name: backend for name, backend in backends().items() if backend.player.startswith("grnn_tui.")}
    for name, backend in ours.items():
        page = backend.page()
        assert page is not None, name
        assert re.search(rf"train .*--backend {name}\b", page) or name in page.splitlines()[0], name
        assert "log p(x" in page or "log p(v" in page, name
