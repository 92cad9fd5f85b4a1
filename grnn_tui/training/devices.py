"""Where and with how many threads to train, and how to make that repeat itself."""

from __future__ import annotations

import contextlib
import os

import torch

from grnn_tui.errors import UsageError
from grnn_tui.runs.request import Device, Precision
from grnn_tui.training.randomness import seed_all


def choose_device(wanted: Device, local: int | None = None) -> torch.device:
    """The device to train on; `auto` takes a CUDA device if there is one, else the processor.

    Of several processes on one machine, number `local` takes the CUDA device of that number.

    Raises:
        UsageError: it is not there.
    """
    cuda = torch.cuda.is_available()
    if wanted == "cuda" and not cuda:
        raise UsageError("there is no CUDA device here; use --device cpu")
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise UsageError("there is no MPS device here; use --device cpu")
    device = torch.device(wanted if wanted != "auto" else "cuda" if cuda else "cpu")
    if local is None or device.type != "cuda":
        return device
    if local >= torch.cuda.device_count():
        raise UsageError(
            f"there are {torch.cuda.device_count()} CUDA devices here, one for each process: use fewer processes,"
            " or --device cpu"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def choose_threads(wanted: int, processes: int = 1) -> int:
    """`wanted`, or all cores but one shared among `processes`: the screen, the engine and the person need one too."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wanted or max(1, (cores - 1) // processes)


def prepare(device: torch.device, threads: int, seed: int, precision: Precision = "float32") -> None:
    """Set threads, seed and deterministic kernels for this process; call before anything runs on the device.

    On CUDA, products and cuDNN's recurrences of float32 are rounded to TF32 where `precision` asks for it, and only
    there: torch's own default would do so within cuDNN.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:2")
    torch.set_num_threads(threads)
    with contextlib.suppress(RuntimeError):  # only settable before the first parallel work
        torch.set_num_interop_threads(1)
    if device.type == "cuda":
        torch.use_deterministic_algorithms(True, warn_only=True)
        products = "tf32" if precision == "tf32" else "ieee"
        torch.backends.cuda.matmul.fp32_precision = products
        torch.backends.cudnn.rnn.fp32_precision = products  # type: ignore[attr-defined]
    seed_all(seed)


def memory_in_use(device: torch.device) -> int:
    """Bytes held: on a CUDA device by tensors there, else resident in this process (0 if unknown)."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  read four times a second
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
