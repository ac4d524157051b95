"""Writes a folder laid out like the published model's `data`, and a checkpoint with its keys.

    python published.py SOURCE OUT

SOURCE is a JSON file that the test `published` writes from real data (see there); OUT becomes
OUT/data/... and OUT/model_seed42.pt. The data are third-party: nothing of this is committed.
"""

import json
import pathlib
import sys
from collections import OrderedDict

import torch


def tensor(entry):
    types = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64}
    return torch.tensor(entry["values"], dtype=types[entry["type"]]).reshape(entry["shape"])


def main():
    source, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    content = json.loads(source.read_text())
    for name, entry in content["data"].items():
        path = out / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(tensor(entry), path)
    state = OrderedDict((key, tensor(entry)) for key, entry in content["state"])
    torch.save(state, out / "model_seed42.pt")
    torch.save({"epoch": 300, "model_state_dict": state}, out / "wrapped.pt")


main()
