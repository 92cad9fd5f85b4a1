from __future__ import annotations

from tests.faults.mutations import Mutation

FOREIGN = "tests/faults/test_foreign_text.py"
RETURNED = "tests/faults/test_terminal_returned.py"

MUTATIONS = (
    Mutation(
        promise=10,
        breaks="what is written to a terminal is not made safe",
        file="safetext.py",
        old="    if not stream.isatty():\n        return text",
        new="    return text",
        test=f"{FOREIGN}::test_what_is_asked_for_comes_back_harmless_in_one_line",
    ),
    Mutation(
        promise=10,
        breaks="what an experiment says of a model's name is shown raw",
        file="cli/lab.py",
        old="description=sanitise(what)",
        new="description=what",
        test=f"{FOREIGN}::test_the_bar_of_an_experiment_drives_no_terminal",
    ),
    Mutation(
        promise=10,
        breaks="what a command says on a terminal is shown raw",
        file="cli/reporting.py",
        old='    return for_terminal(line.replace("\\n", " "), sys.stdout)',
        new='    return for_terminal("", sys.stdout) + line',
        test="tests/faults/test_commands_on_terminal.py::test_no_line_of_a_command_drives_the_terminal_it_is_on",
    ),
    Mutation(
        promise=13,
        breaks="the trainer stays in the session of its terminal",
        file="runs/launch.py",
        old="os.setsid()\n",
        new="",
        test="tests/faults/test_screen_dies.py::test_a_trainer_outlives_the_terminal_it_was_started_on",
    ),
    Mutation(
        promise=11,
        breaks="what is pasted is shown raw",
        file="ui/typed_ahead.py",
        old="            event.text = clean(event.text)",
        new="            pass",
        test=f"{FOREIGN}::test_no_screen_is_driven_by_what_it_shows",
    ),
    Mutation(
        promise=12,
        breaks="a size that comes back is taken for no change",
        file="ui/app.py",
        old="if event.size == self._cells_size and self.screen_stack:",
        new="if False:",
        test="tests/faults/test_layout.py::test_a_size_that_comes_back_at_once_is_painted_anew",
    ),
    Mutation(
        promise=14,
        breaks="a terminal that is gone is not noticed",
        file="ui/app.py",
        old="        if self._terminal_gone():",
        new="        if False:",
        test=f"{RETURNED}::test_a_screen_without_its_terminal_ends_and_its_engine_too",
    ),
    Mutation(
        promise=15,
        breaks="what waits to be shown keeps the terminal from being given back",
        file="ui/terminal.py",
        old="            termios.tcflush(2, termios.TCOFLUSH)\n",
        new="",
        test=f"{RETURNED}::test_a_terminal_that_takes_nothing_is_given_back",
    ),
    Mutation(
        promise=15,
        breaks="a byte that is no text ends the screen",
        file="ui/driver.py",
        old='getincrementaldecoder("utf-8")("replace")',
        new='getincrementaldecoder("utf-8")("strict")',
        test=f"{RETURNED}::test_neither_bytes_that_are_no_text_nor_a_dead_engine_end_it",
    ),
    Mutation(
        promise=27,
        breaks="a terminal that cannot draw is drawn on",
        file="ui/start.py",
        old='in ("dumb", "unknown", ""):',
        new="in ():",
        test="tests/faults/test_refusals.py::test_a_terminal_that_cannot_draw_is_one_line",
    ),
    Mutation(
        promise=27,
        breaks="one without a home is told a traceback",
        file="places.py",
        old="    except RuntimeError:",
        new="    except ZeroDivisionError:",
        test="tests/faults/test_refusals.py::test_commands_work_where_nothing_can_be_kept",
    ),
)
