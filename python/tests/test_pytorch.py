"""Files of PyTorch: read as they are, checkpoints and data of the original."""

import json
import pickle
import zipfile

import kenyon
import numpy as np
import pytest
import torch_files
from conftest import REPOSITORY

FILES = REPOSITORY / "crates" / "pytorch" / "tests" / "files"


NARROW = {"float16": "float32", "bfloat16": "float32"}


def agrees(found, described):
    """Whether a value is what the JSON of the test files says."""
    if "tensor" in described:
        name = described["tensor"]
        numbers = np.array(described["values"], float)
        same = found.dtype.name == NARROW.get(name, name) and list(found.shape) == described["shape"]
        return same and np.array_equal(found.ravel().astype(float), numbers, equal_nan=True)
    ((kind, expected),) = described.items()
    if kind == "none":
        return found is None
    if kind == "dict":
        return [str(key) for key in found] == [key for key, _ in expected] and all(
            agrees(value, described) for value, (_, described) in zip(found.values(), expected)
        )
    if kind in ("list", "tuple"):
        same = type(found).__name__ == kind and len(found) == len(expected)
        return same and all(agrees(*pair) for pair in zip(found, expected))
    if kind == "bytes":
        return found == bytes(expected)
    if kind == "bool":
        return found is (expected == "true")
    return type(found).__name__ == kind and found == type(found)(expected)


@pytest.mark.skipif(not FILES.exists(), reason="the files are not here")
@pytest.mark.parametrize("kind", ["containers", "numbers", "training"])
def test_files_are_read_as_pytorch_wrote_them(kind):
    files = sorted(FILES.glob(f"{kind}-*.pt"))
    assert len(files) > 3
    for file in files:
        expected = json.loads((FILES / f"{file.name.split('-protocol')[0]}.json").read_text())
        assert agrees(kenyon.read_pytorch(file), expected), file


def test_arrays_have_type_and_shape(tmp_path):
    numbers = np.arange(24.0).reshape(2, 3, 4)
    content = {
        "a": numbers,
        "again": numbers,
        7: [numbers.astype(np.float32), numbers.astype(np.int64)],
        "single": np.array(2.5),
        "empty": np.zeros((0, 3)),
    }
    torch_files.save(content, tmp_path / "some.pt")
    read = kenyon.read_pytorch(tmp_path / "some.pt")
    assert list(read) == list(content)
    for found, expected in [(read["a"], numbers), *zip(read[7], content[7]), (read["empty"], content["empty"])]:
        assert found.dtype == expected.dtype and found.shape == expected.shape
        assert (found == expected).all()
    assert read["single"].shape == () and read["single"] == 2.5
    # Tied weights stay tied, so that a small file stays small.
    assert np.shares_memory(read["a"], read["again"])


def test_sharing_does_not_fill_the_memory(tmp_path):
    # 300,000 times 4 MB would be 1.2 TB.
    large = np.zeros(1_000_000, np.float32)
    torch_files.save([large] * 300_000 + [b"x" * 1_000_000] * 300_000, tmp_path / "shared.pt")
    read = kenyon.read_pytorch(tmp_path / "shared.pt")
    assert len(read) == 600_000 and read[0] is read[299_999]


class _Command:
    def __reduce__(self):
        import os

        return os.system, ("touch executed",)


HOSTILE = {
    "executes": lambda path: torch_files.save_pickle(pickle.dumps(_Command(), 2), path),
    "truncated": lambda path: torch_files.save_pickle(pickle.dumps([1, 2, 3], 2)[:-3], path),
    "nothing": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no archive"),
    "folder": lambda path: path.mkdir(),
    "nested": lambda path: torch_files.save_pickle(b"\x80\x02" + 5000 * b"]" + 4999 * b"a" + b".", path),
    "bomb": lambda path: torch_files.save(np.zeros(10_000_000), path, zipfile.ZIP_DEFLATED),
    "classes": lambda path: torch_files.save_pickle(pickle.dumps({1, 2}, 2), path),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_errors(kind, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "hostile.pt"
    HOSTILE[kind](file)
    with pytest.raises(kenyon.DataError, match="hostile.pt"):
        kenyon.read_pytorch(file)
    with pytest.raises(kenyon.ModelError):
        kenyon.Model.load(file, data)
    assert not (tmp_path / "executed").exists()
    with pytest.raises(kenyon.DataError, match="gone.pt"):
        kenyon.read_pytorch(tmp_path / "gone.pt")


@pytest.fixture(scope="module")
def checkpoint(data, model, tmp_path_factory):
    """A model as the original would have stored it; equal to one of ours in float32."""
    file = tmp_path_factory.mktemp("original") / "model_seed7.pt"
    torch_files.save(torch_files.state_dictionary(model, data), file)
    return file


def test_checkpoints_of_the_original_are_models(data, model, checkpoint, tmp_path):
    read = kenyon.Model.load(checkpoint, data)
    assert read.digest == model.digest and read.run_id != model.run_id
    assert (read.settings["seed"], read.epochs) == (7, 0) and "PyTorch" in repr(read)
    one, other = (it.simulate(odour=5, trials=4)["counts"]["KC"] for it in (read, model))
    assert (one == other).all()
    changed = read.with_parameters({"KC.threshold": -0.045})
    assert changed.run_id != read.run_id and "PyTorch" not in repr(changed)
    read.save(tmp_path / "model.safetensors")
    again = kenyon.Model.load(tmp_path / "model.safetensors", data)
    assert (again.digest, again.run_id) == (read.digest, read.run_id)
    state = torch_files.state_dictionary(model, data)
    state["antennal_lobe.orn_pn.connectivity"][0] += 1
    torch_files.save(state, tmp_path / "shuffled.pt")
    with pytest.raises(kenyon.ModelError, match="antennal_lobe.orn_pn.connectivity.*wiring"):
        kenyon.Model.load(tmp_path / "shuffled.pt", data)


def test_checkpoints_are_the_same_as_for_the_command_line(binary, data, checkpoint, tmp_path):
    read = kenyon.Model.load(checkpoint, data)
    assert read.evaluate(repeats=3) == binary("evaluate", checkpoint, "--repeats", 3)
    done = binary("pytorch", "convert", checkpoint, "--out", tmp_path / "theirs.safetensors")
    read.save(tmp_path / "ours.safetensors")
    assert (done["digest"], done["sha256"]) == (read.digest, read.run_id)
    assert (tmp_path / "ours.safetensors").read_bytes() == (tmp_path / "theirs.safetensors").read_bytes()


def test_checkpoints_that_are_none(data, model, tmp_path):
    state = torch_files.state_dictionary(model, data)
    for wrong, message in [
        ({key: value for key, value in state.items() if key != "decoder.bias"}, "decoder.bias"),
        ({**state, "decoder.bias": np.zeros(3)}, "decoder.bias"),
        ([state], "no dictionary"),
    ]:
        torch_files.save(wrong, tmp_path / "wrong.pt")
        with pytest.raises(kenyon.ModelError, match=message):
            kenyon.Model.load(tmp_path / "wrong.pt", data)


def test_the_data_folder_of_the_original_is_a_source(data, tmp_path):
    torch_files.save_data_folder(data, tmp_path)
    read = kenyon.load(tmp_path)
    assert read.populations == data.populations and read.hash != data.hash
    assert np.allclose(read.responses(), data.responses(), rtol=1e-6)
    one, other = kenyon.Network(read), kenyon.Network(data)
    for name in other.pathways:
        for column, expected in other.pathway(name).items():
            assert np.array_equal(one.pathway(name)[column], expected), (name, column)
    (tmp_path / "winding2023" / "pn_to_kc.pt").unlink()
    with pytest.raises(kenyon.DataError, match="pn_to_kc.pt is missing"):
        kenyon.load(tmp_path)
