from __future__ import annotations

from tests.faults.mutations import Mutation

MUTATIONS = (
    Mutation(
        promise=3,
        breaks="the SHA-256 of a file is not compared",
        file="runs/checkpoint.py",
        old="if digest.hexdigest() != fact.sha256:",
        new="if False:",
        test="tests/faults/test_damage.py::test_every_flipped_bit_and_every_cut_is_found",
    ),
)
