from __future__ import annotations

from tests.faults.mutations import Mutation

_RANKS = "tests/training/test_ranks.py::"
_LAUNCHER = "tests/runs/test_processes.py::"
_FAULTS = "tests/faults/test_processes.py::"

MUTATIONS = (
    Mutation(
        promise=30,
        breaks="the alarm of a loss lasts until the next start only",
        file="runs/processes.py",
        old="at = last.step if step is None else step",
        new="at = 10**9",
        test=f"{_FAULTS}test_killed_processes_cost_nothing",
    ),
    Mutation(
        promise=29,
        breaks="gradients are not added up over the processes",
        file="training/ranks.py",
        old="            dist.all_reduce(flat)",
        new="            pass",
        test=f"{_FAULTS}test_two_processes_follow_one",
    ),
    Mutation(
        promise=29,
        breaks="every process takes the whole batch",
        file="training/ranks.py",
        old="return slice(batch * self.rank // self.of, batch * (self.rank + 1) // self.of)",
        new="return slice(0, batch)",
        test=f"{_RANKS}test_shares_are_even_and_make_up_the_batch",
    ),
    Mutation(
        promise=29,
        breaks="processes that drifted apart are saved",
        file="training/checkpointing.py",
        old="if not np.array_equal(part[_WEIGHTS], first[_WEIGHTS]):",
        new="if False:",
        test=f"{_RANKS}test_processes_that_drifted_apart_are_not_saved",
    ),
    Mutation(
        promise=30,
        breaks="a lost process ends the run",
        file="runs/processes.py",
        old="            if lost is None:",
        new="            if True:",
        test=f"{_LAUNCHER}test_a_lost_process_is_started_again_until_it_is_lost_over_and_over",
    ),
    Mutation(
        promise=30,
        breaks="a checkpoint holds the carried state of the first process only",
        file="training/checkpointing.py",
        old="arrays[name] = np.concatenate([part[name] for part in parts])",
        new="arrays[name] = np.concatenate([first[name] for _ in parts])",
        test=f"{_FAULTS}test_killed_processes_cost_nothing",
    ),
    Mutation(
        promise=30,
        breaks="the generators of the other processes are not saved",
        file="training/checkpointing.py",
        old='arrays |= {f"rank/{rank}/{name}": array for name, array in part.items() if name.startswith("random/")}',
        new="pass",
        test=f"{_RANKS}test_each_process_gets_back_its_own_streams_and_generators",
    ),
    Mutation(
        promise=18,
        breaks="a process does not die with the one that started it",
        file="runs/place.py",
        old="ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)",
        new="pass",
        test=f"{_LAUNCHER}test_a_process_dies_with_the_one_that_started_it",
    ),
    Mutation(
        promise=19,
        breaks="silence is not noticed",
        file="training/heartbeat.py",
        old="if self._heard[other][1] >= SILENT:",
        new="if False:",
        test=f"{_RANKS}test_a_process_that_stands_still_is_noticed_and_one_that_beats_is_not",
    ),
    Mutation(
        promise=20,
        breaks="a wish to stop is not passed on",
        file="runs/processes.py",
        old="            self.leader.send_signal(signal.SIGTERM)",
        new="            pass",
        test=f"{_LAUNCHER}test_a_signal_is_a_wish_to_stop_for_rank_0[15]",
    ),
    Mutation(
        promise=20,
        breaks="a run whose output nobody reads any more fails",
        file="training/journal.py",
        old='            self.unheard = "nobody reads what it prints"',
        new="            raise",
        test="tests/training/test_faults.py::test_a_pipe_that_nobody_reads_any_more_stops_the_run_saved",
    ),
    Mutation(
        promise=22,
        breaks="the processes of one machine talk over any interface",
        file="training/ranks.py",
        old='os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = LOOPBACK',
        new="pass",
        test=f"{_FAULTS}test_killed_processes_cost_nothing",
    ),
    Mutation(
        promise=31,
        breaks="workers of torchrun begin a run each",
        file="cli/train.py",
        old="    if Place.found() is not None:",
        new="    if False:",
        test=f"{_FAULTS}test_a_new_run_is_not_begun_by_every_worker_of_torchrun",
    ),
)
