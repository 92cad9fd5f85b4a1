"""The sampling settings as command-line options: names, bounds and help are those of the settings themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--temperature", "-t", type=float, default=1.0, show_default=True, help="Divide logits; 0: greedy."),
    click.option("--top-k", type=int, default=0, help="Keep the K most probable symbols; 0 keeps all."),
    click.option("--top-p", type=float, default=1.0, help="Keep the fewest symbols that reach P together; 1: all."),
    click.option("--min-p", type=float, default=0.0, help="Drop symbols below P times the most probable; 0: none."),
    click.option("--repetition-penalty", type=float, default=1.0, help="Above 1: avoid recent symbols."),
    click.option("--repetition-window", type=int, default=64, show_default=True, help="How many are recent."),
)
_PROMPT = (
    click.option("--prompt", "-p", default=None, metavar="TEXT", help="What to go on from."),
    click.option(
        "--prompt-file", type=click.File("rb"), metavar="FILE|-", help="The same, from a file (UTF-8) or stdin."
    ),
)


def sampling_options(command: Command) -> Command:
    """Add the sampling options to a command; `sampling_from` makes settings of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def prompt_options(command: Command) -> Command:
    """Add `--prompt` and `--prompt-file` to a command; `prompt_from` reads them."""
    for option in reversed(_PROMPT):
        command = option(command)
    return command


def sampling_from(options: dict[str, Any]) -> Any:
    """The settings that the options give, checked.

    Raises:
        UsageError: one is out of its bounds.
    """
    from grnn_tui.playing.sampling import Sampling, checked

    names = Sampling.__struct_fields__
    return checked(Sampling(**{name: options.pop(name) for name in names}))


def prompt_from(options: dict[str, Any]) -> str:
    """The prompt, wherever it comes from.

    Raises:
        UsageError: both ways of giving one were used, or it cannot be read.
    """
    from grnn_tui.errors import UsageError

    prompt, file = options.pop("prompt"), options.pop("prompt_file")
    if file is None:
        return prompt or ""
    if prompt is not None:
        raise UsageError("give the prompt by --prompt or by --prompt-file, not by both")
    try:
        data: bytes = file.read()
    except OSError as error:
        raise UsageError(f"the prompt cannot be read: {error.strerror or error}") from None
    return data.decode("utf-8", "surrogateescape")


def one_blas_thread() -> None:
    """Before numpy is imported: one symbol at a time leaves a second thread nothing to do but to get in the way."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
