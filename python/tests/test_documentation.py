"""Docstrings, stubs, the guide's chapter and the tour say what is true."""

import doctest
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import kenyon
import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
TOUR = HERE.parent / "tour.ipynb"
CHAPTER = HERE.parents[1] / "docs" / "guide" / "src" / "python.md"


def documented():
    for name in kenyon.__all__:
        thing = getattr(kenyon, name)
        if not callable(thing):
            continue
        yield name, thing
        if inspect.isclass(thing) and not issubclass(thing, BaseException):
            for member, value in vars(thing).items():
                if not member.startswith("_"):
                    yield f"{name}.{member}", getattr(value, "__func__", value)


def test_everything_is_documented():
    missing = [name for name, thing in documented() if not (thing.__doc__ or "").strip()]
    assert not missing
    assert "shape" in kenyon.__doc__


def test_examples_of_docstrings_are_true(data):
    names = {"kenyon": kenyon, "np": np, "data": data}
    names["circuit"] = kenyon.Circuit.larva()
    names["network"] = kenyon.Network(data)
    names["model"] = kenyon.Model.untrained(data)
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner()
    for name, thing in [("kenyon", kenyon), *documented()]:
        if thing.__doc__:
            runner.run(parser.get_doctest(thing.__doc__, dict(names), name, None, None))
    assert runner.summarize(verbose=False).failed == 0
    assert runner.summarize(verbose=False).attempted > 25


def test_the_chapter_of_the_guide_is_true(tmp_path, monkeypatch):
    if not CHAPTER.exists():
        pytest.skip("the guide is not here")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", CHAPTER.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 3
    names = {}
    for block in blocks:
        exec(compile(block, str(CHAPTER), "exec"), names)


def test_stubs_agree_with_the_module(tmp_path):
    pytest.importorskip("mypy")
    # The list of names that PyO3 adds to a module; that of the package is checked.
    (tmp_path / "allowed").write_text(r"kenyon\._kenyon\.__all__")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "kenyon", "--concise", "--allowlist", str(tmp_path / "allowed")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_stubs_are_enough_for_a_strict_program(tmp_path):
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", HERE / "usage.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # And the stubs are stubs: something else than Any.
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import kenyon\nkenyon.statistical_larva('3').populations + 1\n")
    command[-1] = wrong
    done = subprocess.run(command, capture_output=True, text=True)
    assert "arg-type" in done.stdout and "operator" in done.stdout, done.stdout


def test_the_strict_program_runs():
    done = subprocess.run([sys.executable, HERE / "usage.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tour_runs(tmp_path, monkeypatch):
    # The notebook shows its pictures itself.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(TOUR, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "the tour is kept without outputs"
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 4
    if "KENYON_TOUR" in os.environ:
        nbformat.write(notebook, os.environ["KENYON_TOUR"])
