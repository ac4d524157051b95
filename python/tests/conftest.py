"""What tests share: a statistical larva, a model of two epochs, and the command line if it is built."""

import json
import os
import subprocess
from pathlib import Path

import kenyon
import pytest

SEED = 3
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def data():
    return kenyon.statistical_larva(SEED)


@pytest.fixture(scope="session")
def run(data, tmp_path_factory):
    """Folder of a training of two epochs, and its model."""
    folder = tmp_path_factory.mktemp("run") / "run"
    model = kenyon.train(data, epochs=2, teacher_epochs=2, out=folder)
    return folder, model


@pytest.fixture(scope="session")
def model(run):
    return run[1]


@pytest.fixture(scope="session")
def binary():
    """Calls the command line and returns the JSON of its last line."""
    named = os.environ.get("KENYON_BINARY")
    places = [Path(named)] if named else []
    places += [REPOSITORY / "target" / profile / "kenyon" for profile in ("release", "debug")]
    program = next((place for place in places if place.is_file()), None)
    if program is None:
        pytest.skip("the program `kenyon` is not built; name it in KENYON_BINARY")

    def call(*arguments):
        command = [program, *map(str, arguments), "--statistical-larva", str(SEED), "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return call
