"""Checkpoints, rows, a full disk, the end, what is no number, the clock: one process that trains."""

from __future__ import annotations

from tests.faults.mutations import Mutation

KILLS = "tests/faults/test_killed_saves.py::test_a_kill_at_any_call_of_a_save_costs_that_save_alone"
DAMAGE = "tests/faults/test_damage.py::test_every_flipped_bit_and_every_cut_is_found"
EXACT = "tests/training/test_exact_resume.py::test_interrupted_runs_end_with_the_same_bytes"
TORN = "tests/training/test_torn_lines.py::test_a_run_goes_on_after_rows_cut_at_any_byte"
POISON = "tests/training/test_faults.py::test_what_is_not_a_number_stops_the_run_and_is_never_saved"
CLOCK = "tests/faults/test_trainers.py::test_the_time_of_day_jumps_while_training_and_between"


def _mutation(promise: int, breaks: str, file: str, old: str, new: str, test: str) -> Mutation:
    return Mutation(promise=promise, breaks=breaks, file=file, old=old, new=new, test=test)


MUTATIONS = (
    _mutation(
        1,
        "a checkpoint is written where readers look",
        "runs/checkpoint.py",
        'temporary = final.with_name(f"{final.name}.tmp")',
        "temporary = final",
        f"{KILLS}[plain]",
    ),
    _mutation(
        1,
        "a checkpoint is removed where readers look",
        "runs/checkpoint.py",
        'aside = path.with_name(f"{path.name}.gone")',
        "aside = path",
        f"{KILLS}[pruning]",
    ),
    _mutation(
        2,
        "what a killed save left is not removed",
        "runs/checkpoint.py",
        "if _LEFT.fullmatch(name):",
        "if False:",
        f"{KILLS}[plain]",
    ),
    _mutation(
        2,
        "a damaged checkpoint is not moved aside",
        "runs/checkpoint.py",
        "        set_aside(final)\n",
        "",
        f"{KILLS}[damaged]",
    ),
    _mutation(
        3,
        "the SHA-256 of a file is not compared",
        "runs/checkpoint.py",
        "if digest.hexdigest() != fact.sha256:",
        "if False:",
        DAMAGE,
    ),
    _mutation(
        3,
        "the SHA-256 of a manifest is not compared",
        "runs/checkpoint.py",
        "if not whole:",
        "if False:",
        DAMAGE,
    ),
    _mutation(
        3,
        "the SHA-256 of what was asked for is not compared",
        "runs/directory.py",
        "if not whole:",
        "if False:",
        DAMAGE,
    ),
    _mutation(
        3,
        "the CRC-32 of a line is not compared",
        "runs/seals.py",
        'return content if b"%08x" % zlib.crc32(content) == line[-10:-2] else None',
        "return content",
        DAMAGE,
    ),
    _mutation(
        3,
        "a checkpoint that is a link is followed",
        "runs/checkpoint.py",
        "if path.is_symlink():",
        "if False:",
        "tests/faults/test_damage.py::test_a_checkpoint_that_is_a_link_is_not_followed",
    ),
    _mutation(
        6,
        "the optimiser is not restored",
        "training/checkpointing.py",
        'moving.optimiser.load_state(_under(arrays, "optimiser/"))',
        "pass",
        EXACT,
    ),
    _mutation(
        6,
        "the shift of the text is not restored",
        "training/streams.py",
        "cursor.epoch, cursor.window, cursor.shift",
        "cursor.epoch, cursor.window, 0",
        EXACT,
    ),
    _mutation(
        8,
        "a checkpoint that cannot be written ends the run",
        "training/saving.py",
        "            fault = error.strerror or str(error)\n",
        "            raise\n",
        "tests/training/test_faults.py::test_a_full_disk_costs_no_step_and_is_told",
    ),
    _mutation(
        8,
        "a log that cannot be written ends the run",
        "training/journal.py",
        "        except OSError:\n            return\n",
        "        except OSError:\n            raise\n",
        "tests/training/test_faults.py::test_a_log_on_a_full_disk_costs_no_training",
    ),
    _mutation(
        8,
        "rows that cannot be written are dropped",
        "runs/metrics.py",
        "            return False\n        self.fault = None",
        "            self._waiting.clear()\n            return False\n        self.fault = None",
        "tests/training/test_faults.py::test_rows_that_cannot_be_written_wait",
    ),
    _mutation(
        8,
        "nobody is told that rows wait",
        "training/journal.py",
        "        self._mind_the_disk(row.step)\n",
        "",
        "tests/faults/test_trainers.py::test_a_full_disk_is_told_at_once",
    ),
    _mutation(
        9,
        "a torn line is not ended before the next",
        "runs/files.py",
        "self._torn = self._ends_torn()",
        "self._torn = False",
        TORN,
    ),
    _mutation(
        9,
        "rows past the step gone on from count",
        "runs/metrics.py",
        "rows[:] = [earlier for earlier in rows if earlier.step <= row.step]",
        "pass",
        TORN,
    ),
    _mutation(
        16,
        "points past the step gone on from are shown",
        "runs/view.py",
        "            curve.truncate_after(row.step)\n",
        "            pass\n",
        "tests/runs/test_attaching.py::test_the_screen_takes_it_in_by_portions_and_shows_the_same",
    ),
    _mutation(
        20,
        "a signal is forgotten",
        "training/signals.py",
        "self.asked = signal.Signals(number).name",
        "pass",
        "tests/cli/test_train.py::test_term_saves_and_ends_well",
    ),
    _mutation(
        20,
        "a validation goes on after a signal",
        "training/signals.py",
        "            raise CutShortError(self.asked)\n",
        "            pass\n",
        "tests/training/test_faults.py::test_a_signal_cuts_a_validation_short",
    ),
    _mutation(
        25,
        "nobody is told that a loss was no number",
        "training/optimising.py",
        "            self._bad.fill_(1)\n",
        "            pass\n",
        "tests/training/test_optimising.py::test_a_bad_step_changes_nothing_and_is_told",
    ),
    _mutation(
        25,
        "a carried state that is no number is saved",
        "training/checkpointing.py",
        "    _check_finite(tensors)\n",
        "",
        POISON,
    ),
    _mutation(
        25,
        "a validation that is no number goes unnoticed",
        "training/loop.py",
        "if not math.isfinite(measured.nats):",
        "if False:",
        "tests/training/test_faults.py::test_a_validation_that_is_not_a_number_is_never_newest_or_best",
    ),
    _mutation(
        28,
        "seconds of training are told by the time of day",
        "training/clock.py",
        "now: Callable[[], float] = time.monotonic",
        "now: Callable[[], float] = lambda: time.time()",
        CLOCK,
    ),
    _mutation(
        28,
        "a list stands still until the clock has caught up",
        "ui/screens/runs.py",
        "if not 0 <= now - self._loaded_at < self._pause:",
        "if now - self._loaded_at >= self._pause:",
        "tests/ui/test_clock_jumps.py::test_the_list_of_runs_is_read_again_after_the_clock_has_jumped",
    ),
    _mutation(
        28,
        "a state stands still until the clock has caught up",
        "ui/panes/training/followed.py",
        "if changed or not 0 <= now - self._status_at < STATUS_EVERY:",
        "if changed or now - self._status_at >= STATUS_EVERY:",
        "tests/ui/test_clock_jumps.py::test_a_trainer_that_dies_is_noticed_after_the_clock_has_jumped",
    ),
)
