"""Files from anybody: each is read or refused in one line; no code runs, nothing hangs, no memory is filled."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grnn_tui.data.row_domain import RowDomain
from tests.backends.row_cases import BITS, COLOUR, PICTURE, REAL
from tests.faults.cases import corpora, fuzzing, models, rows
from tests.faults.cases.opening import ROOT, Kind, Opened, Thing, faults, open_all
from tests.support.models import LETTERS, WORDS, make_model, make_row_model
from tests.support.promises import Harm, Reached

MEGABYTE = 1 << 20
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "yaml"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound files and models of each kind, to be damaged."""
    folder = tmp_path_factory.mktemp("sound")
    fuzzing.make_files(folder)
    make_model(folder / "gru", "gru", LETTERS)
    make_model(folder / "words", "lstm", WORDS)
    make_model(folder / "mingru", "mingru", LETTERS)
    make_model(folder / "nade", "nade", LETTERS)
    make_model(folder / "ngram", "ngram", LETTERS)
    for name, domain, settings in (
        ("markov", BITS, {"order": 1}),
        ("binary-nade", PICTURE, {"hidden": 6, "activation": "relu"}),
        ("rnade", REAL, {"hidden": 6, "components": 2}),
        ("rowlstm", COLOUR, {"hidden": 3, "layers": 1, "head": 4}),
    ):
        assert isinstance(domain, RowDomain)
        make_row_model(folder / name, name, domain, **settings)
    return folder


def judge(made: dict[str, Path], kind: Kind, folder: Path, unpacked: dict[str, int]) -> list[Opened]:
    """Open all as `kind`; `unpacked` are megabytes that some may take beyond what others may."""
    opened = open_all([Thing(kind, str(path)) for path in made.values()], folder)
    pairs = zip(made, opened, strict=True)
    broken = {name: wrong for name, one in pairs if (wrong := faults(one, unpacked.get(name, 0) * MEGABYTE))}
    assert not broken
    assert not list(folder.rglob(models.TOUCHED))
    assert not (ROOT / models.TOUCHED).exists()
    return opened


@pytest.mark.promise(4, 5)
def test_no_evil_model_runs_code_or_fills_memory(sound: Path, tmp_path: Path, reached: Reached) -> None:
    made = models.make_all(sound / "gru", tmp_path / "evil")
    # A `model.json` of at most 16 MB may take twenty times its size.
    headers = {
        name: 20 * (path / "model.json").stat().st_size // MEGABYTE for name, path in made.items() if is_small(path)
    }
    opened = judge(made, "model", tmp_path, headers)
    assert len(opened) >= 20
    reached(evil_files=len(opened), runs=sum(len(one.ran) for one in opened))


def is_small(model: Path) -> bool:
    header = model / "model.json"
    return header.is_file() and header.stat().st_size <= 16 * MEGABYTE


@pytest.mark.promise(4, 5)
def test_no_evil_file_of_rows_runs_code_or_fills_memory(tmp_path: Path, harm: Harm, reached: Reached) -> None:
    made = rows.make_all(tmp_path / "evil", heavy=bool(harm(0, 1)))
    opened = judge(made, "rows", tmp_path, {name: 2 * size for name, size in rows.UNPACKED.items()})
    # Pictures that are to be made small are unpacked whole: at most 2^25 pixels of 16 bytes.
    pictures = {name: path for name, path in made.items() if path.suffix == ".png"}
    opened += judge(pictures, "pictures", tmp_path, dict.fromkeys(pictures, 512))
    reached(evil_files=len(opened), runs=sum(len(one.ran) for one in opened))


@pytest.mark.promise(4, 5, 26)
@pytest.mark.parametrize("kind", ["text", "words"])
def test_no_evil_text_hangs_or_fills_memory(kind: Kind, tmp_path: Path, harm: Harm, reached: Reached) -> None:
    made = corpora.make_all(tmp_path / "evil", heavy=bool(harm(0, 1)))
    opened = judge(made, kind, tmp_path, {})
    reached(evil_files=len(opened), runs=sum(len(one.ran) for one in opened))


@pytest.mark.promise(5)
def test_random_damage_ends_in_one_line_or_in_what_was_there(
    sound: Path, tmp_path: Path, harm: Harm, reached: Reached
) -> None:
    parts = harm(1, 8)
    for seed in range(parts):
        seconds = harm(60, 30)
        found = fuzzing.fuzz(tmp_path / str(seed), sound, seed=seed, count=harm(300, 10**9), seconds=seconds)
        assert not found.broken, f"seed {seed}"
        assert 0 < found.read < found.tried
        reached(damaged_files=found.tried, crashes_or_hangs=len(found.broken), MB_beyond=found.grown / MEGABYTE)


@pytest.mark.promise(4)
def test_no_source_names_what_runs_code(reached: Reached) -> None:
    files = sorted((ROOT / "grnn_tui").rglob("*.py"))
    found = [
        f"{path}:{node.lineno}: {wrong}" for path in files for node, wrong in forbidden(ast.parse(path.read_bytes()))
    ]
    assert not found
    assert len(files) > 200
    reached(source_files=len(files))


def forbidden(tree: ast.AST) -> list[tuple[ast.expr | ast.stmt, str]]:
    """What of a source may run code that a file holds."""
    found: list[tuple[ast.expr | ast.stmt, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [(node, name) for name in names if name.partition(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            found.append((node, node.func.id))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += [(node, wrong) for wrong in [_forbidden_call(node, ast.unparse(node.func))] if wrong]
    return found


def _forbidden_call(node: ast.Call, name: str) -> str:
    if name in ("np.load", "numpy.load"):
        pickles = [key.value for key in node.keywords if key.arg == "allow_pickle"]
        never = pickles and isinstance(pickles[0], ast.Constant) and pickles[0].value is False
        return "" if never else f"{name} without allow_pickle=False"
    shell = any(key.arg == "shell" for key in node.keywords)
    unsafe = name in ("torch.load", "torch.jit.load", "torch.hub.load", "os.system", "os.popen", "builtins.exec")
    return name if unsafe or shell or name.startswith("os.spawn") else ""


@pytest.mark.parametrize(
    "source",
    [
        *("import pickle", "from marshal import loads", "torch.load(f)", "np.load(f)", "np.load(f, allow_pickle=True)"),
        *("eval(x)", "os.system(x)", "subprocess.run(x, shell=True)"),
    ],
)
def test_the_look_at_the_sources_finds_what_it_looks_for(source: str) -> None:
    assert forbidden(ast.parse(source))
