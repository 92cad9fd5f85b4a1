"""Scripts that train a run elsewhere: with torchrun on one or more hosts, and as a Slurm job.

They need nothing but torch and this package where they run, and a file system on which all hosts see the run directory
and its data under the same paths. What they write is the run directory, to be watched and prompted as ever.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from grnn_tui.runs.directory import Run

RESTARTS = 3
SECONDS_TO_SAVE = 120
"""How long before its time is up a Slurm job is told to save and end."""


@dataclass(frozen=True)
class Hosts:
    """On what a run is trained."""

    nodes: int = 1
    processes: int = 1
    """On each of them."""
    gpu: bool = False
    """Whether each process takes a GPU of its own."""


def torchrun_script(run: Run, hosts: Hosts, name: str = "torchrun.sh") -> str:
    """A shell script called `name`, to be started on every host; environment variables change its settings."""
    return f"""#!/usr/bin/env bash
# Trains a run of grnn-tui with torchrun. Start it on every host: the same script, with the same settings.
#
#   bash {name}                                       one host
#   NODES=2 MASTER_ADDR=first-host bash {name}        on each of two hosts
#
# All hosts must see the run directory and its data under the same paths, and trust the network between them:
# torchrun and torch.distributed open ports that ask for no password. To outlive a terminal, start it in tmux or with
# setsid. TERM lets the run finish its step, save and end; started again, it goes on from its newest checkpoint.
set -euo pipefail
: "${{NODES:={hosts.nodes}}}" "${{PROCESSES:={hosts.processes}}}" "${{RESTARTS:={RESTARTS}}}"
: "${{MASTER_ADDR:=127.0.0.1}}" "${{MASTER_PORT:=29461}}"
HERE={shlex.quote(sys.executable)}
: "${{PYTHON:=$HERE}}"
RUN={shlex.quote(str(run.path))}
ID={shlex.quote(f"grnn-tui-{safe_name(run)}")}
# Without this, workers that were started again cannot find one another.
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
export PYTHONSAFEPATH=1 # no module of the current directory stands in for another
export OMP_NUM_THREADS="${{OMP_NUM_THREADS:-1}}"
if [ "$NODES" = 1 ]; then
  : "${{LOCAL_ADDR:=127.0.0.1}}"
  export GLOO_SOCKET_IFNAME="${{GLOO_SOCKET_IFNAME:-lo}}"
fi
exec "$PYTHON" -m torch.distributed.run \\
  --nnodes "$NODES" --nproc-per-node "$PROCESSES" --max-restarts "$RESTARTS" \\
  --rdzv-backend c10d --rdzv-endpoint "$MASTER_ADDR:$MASTER_PORT" --rdzv-id "$ID" \\
  ${{LOCAL_ADDR:+--local-addr "$LOCAL_ADDR"}} \\
  -m grnn_tui train --resume "$RUN" "$@"
"""


def slurm_script(run: Run, hosts: Hosts, torchrun: Path, name: str = "slurm.sbatch") -> str:
    """A batch script for `sbatch`, called `name`, that starts the script `torchrun` on every host it is given."""
    gpus = f"\n#SBATCH --gpus-per-node={hosts.processes}" if hosts.gpu else ""
    return f"""#!/usr/bin/env bash
# Trains a run of grnn-tui as a Slurm job: sbatch {name}. Add your partition, account and time.
#SBATCH --job-name=grnn-tui-{safe_name(run)}
#SBATCH --nodes={hosts.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={hosts.processes}{gpus}
#SBATCH --signal=TERM@{SECONDS_TO_SAVE}
#SBATCH --requeue
set -euo pipefail
export NODES="$SLURM_JOB_NUM_NODES"
MASTER_ADDR="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)"
MASTER_PORT="$((20000 + SLURM_JOB_ID % 20000))"
export MASTER_ADDR MASTER_PORT
srun bash {shlex.quote(str(torchrun))}
"""


def safe_name(run: Run) -> str:
    """The run's name, if it can stand in a script as it is; a directory may be called anything."""
    from grnn_tui.runs.store import is_name

    return run.name if is_name(run.name) else "run"


def write_scripts(run: Run, hosts: Hosts, folder: Path) -> list[Path]:
    """Write both scripts into `folder`, in place of those that were there.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torchrun, slurm = (folder.absolute() / f"{safe_name(run)}-{kind}" for kind in ("torchrun.sh", "slurm.sbatch"))
    torchrun.write_bytes(os.fsencode(torchrun_script(run, hosts, torchrun.name)))
    slurm.write_bytes(os.fsencode(slurm_script(run, hosts, torchrun, slurm.name)))
    return [torchrun, slurm]
