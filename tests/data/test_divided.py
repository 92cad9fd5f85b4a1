from __future__ import annotations

from pathlib import Path

import numpy as np

from grnn_tui.data.divided import divide
from grnn_tui.data.row_form import RowForm


def test_a_file_of_labels_is_for_the_rows_trained_on_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.eye(4, dtype=int))
    (tmp_path / "y.txt").write_text("a\nb\nb\na\n")
    np.save(tmp_path / "same.npy", np.eye(4, dtype=int)[::-1])
    np.savez(tmp_path / "beside.npz", x=np.eye(4, dtype=int)[:2], y=np.array(["b", "a"]))
    form = RowForm(labels=str(tmp_path / "y.txt"))
    bare, labelled = (
        divide([str(tmp_path / "x.npy")], form=form, share=0.1, file=str(tmp_path / name))
        for name in ("same.npy", "beside.npz")
    )
    assert bare.training.classes == ("a", "b")
    assert bare.held.labels is None
    assert labelled.held.labels is not None
    assert [labelled.held.classes[code] for code in labelled.held.labels] == ["b", "a"]


def test_a_column_of_labels_is_one_in_both_files(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("0,1,x\n1,0,y\n")
    divided = divide([str(tmp_path / "a.csv")], form=RowForm(labels="last"), share=0.1, file=str(tmp_path / "b.csv"))
    assert divided.held.classes == ("x", "y")
