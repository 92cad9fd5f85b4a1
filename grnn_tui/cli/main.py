"""`grnn-tui`: the table of commands, each imported only when it is asked for."""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import sys
from typing import Any, TextIO

import click

from grnn_tui import __version__
from grnn_tui.errors import GrnnError

COMMANDS = {
    "generate": ("grnn_tui.cli.play:generate", "Write text, or draw images and rows, with a model."),
    "next": ("grnn_tui.cli.play:next_symbol", "Show the distribution of the next symbol."),
    "score": ("grnn_tui.cli.play:score", "Say how surprised a model is by a text, or by rows."),
    "complete": ("grnn_tui.cli.completing:complete", "Fill in the rest of an image of which a part is known."),
    "detect": ("grnn_tui.cli.rows:detect", "Rank rows by how unlikely a model finds them."),
    "classify": ("grnn_tui.cli.rows:classify", "Tell labels by Bayes' rule."),
    "features": ("grnn_tui.cli.rows:features", "Write what a model makes of each row, as a vector."),
    "units": ("grnn_tui.cli.units:units", "Rank the hidden units of a model by what they do along a text."),
    "models": ("grnn_tui.cli.listing:models", "List the models that can be played."),
    "describe": ("grnn_tui.cli.describing:describe", "Say what rows are, and how far simple models get with them."),
    "corpora": ("grnn_tui.cli.listing:corpora", "List the corpora that can be named."),
    "backends": (
        "grnn_tui.cli.listing:backends",
        "List the kinds of model that can be trained, or print the page of one.",
    ),
    "runs": ("grnn_tui.cli.listing:runs", "List the runs, alive and past."),
    "delete": ("grnn_tui.cli.deleting:delete", "Delete a run; it can be brought back for a week."),
    "undelete": ("grnn_tui.cli.deleting:undelete", "Bring back a deleted run, or list those that can be."),
    "fetch": ("grnn_tui.cli.data:fetch", "Bring a classic corpus from its public address."),
    "train": ("grnn_tui.cli.train:train", "Train a model on a text or on rows, or go on with a run."),
    "watch": ("grnn_tui.cli.steer:watch", "Follow a run line by line."),
    "pause": ("grnn_tui.cli.steer:pause", "Let a run wait."),
    "resume": ("grnn_tui.cli.steer:resume", "Let a waiting run go on."),
    "stop": ("grnn_tui.cli.steer:stop", "Let a run finish its step, save and end."),
    "checkpoint": ("grnn_tui.cli.steer:checkpoint", "Save a run now."),
    "export": ("grnn_tui.cli.export:export", "Write a model to a directory of its own, with a card."),
    "export-run": (
        "grnn_tui.cli.export_run:export_run",
        "Write scripts that train a run with torchrun or Slurm.",
    ),
    "lab": ("grnn_tui.cli.lab:lab", "Try a claim of the field in a small experiment."),
    "set": ("grnn_tui.cli.steer:set_value", "Change a run's learning rate."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A first word that is no command names what the screen opens: a model, a run or a text file."""
        if args and args[0] not in COMMANDS:
            if len([word for word in args if not word.startswith("-")]) > 1:
                close = difflib.get_close_matches(args[0], COMMANDS, n=1)
                hint = f"did you mean {close[0]}?" if close else "`grnn-tui --help` lists them"
                raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
            return "open", open_screen, args
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="[MODEL | RUN | TEXTFILE] | COMMAND ...",
)
@click.version_option(__version__, prog_name="grnn-tui")
@click.option(
    "--markers",
    type=click.Choice(["braille", "blocks", "ascii"]),
    help="Glyphs the screen draws with; by itself it asks the locale.",
)
@click.pass_context
def cli(ctx: click.Context, markers: str | None) -> None:
    """A terminal playground for generative recurrent networks.

    Without a command it opens the screen: type a prompt, watch the next symbol, let the model write, bend it,
    step back, branch, and train a model of your own in the background.
    """
    ctx.obj = markers
    if ctx.invoked_subcommand is None:
        ctx.invoke(open_screen)


@click.command("open", hidden=True)
@click.argument("what", required=False)
@click.pass_obj
def open_screen(markers: str | None, what: str | None = None) -> None:
    """Open the screen with a model, a run or a text."""
    from grnn_tui.ui.start import open_screen as start

    sys.exit(start(what, markers))


def main() -> None:
    """Run the command line: one line and status 2 for what a user can mend, 130 after Ctrl-C."""
    try:
        cli.main(standalone_mode=False, prog_name="grnn-tui")
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except GrnnError as error:
        _fail(str(error), error.exit_status)
    except MemoryError:
        _fail("there is not enough memory for that", 1)
    except BrokenPipeError:
        _silence(sys.stdout)
        sys.exit(0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        _silence(sys.stdout)
        _fail(f"cannot write {error.filename or 'what there is to say'}: {error.strerror}", 1)


def _silence(stream: TextIO) -> None:
    """Let what is still to be written to `stream` go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fail(message: str, status: int) -> Any:
    from grnn_tui.safetext import for_terminal

    sys.stderr.write(for_terminal(f"grnn-tui: {message}".replace("\n", " "), sys.stderr) + "\n")
    sys.exit(status)
